"""The official table of categories, imported: three columns of names, or codes with names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.scope.api import Actor
from yanzhen.kernel.trail import api as trail
from yanzhen.matters import actions
from yanzhen.matters.models import Category


@dataclass(frozen=True, slots=True)
class Counted:
    """``classes``: rows of the table; ``created``, ``known``: categories on all three levels (known ones once a row)."""

    classes: int
    created: int
    known: int


@transaction.atomic
def import_categories(*, actor: Actor, now: datetime, rows: Iterable[Sequence[str]], codes: Sequence[str] | None = None) -> Counted:
    """Bring a three-level table in: each row the names of its levels (``codes``: code of each row's last class, if the
    table has its own). Safe to repeat: what is there is found by its path and keeps its code.

    DomainError for an empty table or a row without names.
    """
    held = {row.full_name: row for row in Category.objects.all()}
    place: dict[str, int] = {}
    created = known = classes = 0
    for at, cells in enumerate(rows):
        names = [name.strip() for name in cells if name and name.strip()][:3]
        if not names:
            raise DomainError("matters.category.row", "类别表第 {n} 行没有名称。", n=at + 1)
        classes += 1
        above: Category | None = None
        for level, name in enumerate(names, 1):
            path = " / ".join(names[:level])
            found = held.get(path)
            key = above.code if above else ""
            place.setdefault(key, Category.objects.filter(parent=above).count())
            if found is None:
                place[key] += 1
                own = codes[at] if codes is not None and level == len(names) else f"{key}{place[key]:02d}"
                found = Category.objects.create(
                    code=own, name=name[:60], parent=above, level=level, full_name=path[:200], position=place[key]
                )
                held[path] = found
                created += 1
            else:
                known += 1
            above = found
    if not classes:
        raise DomainError("matters.category.empty", "类别表是空的。")
    trail.record(
        actor=actor, now=now, action=actions.CATEGORIES_IMPORTED, kind="category", subject_id="table",
        after={"classes": classes, "created": created},
    )  # fmt: skip
    return Counted(classes, created, known)
