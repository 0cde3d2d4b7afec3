"""Near kin, interests, and which person an account is: what excludes people from deciding in their own affairs.

Near kin: spouse, parents, children, siblings, grandparents, grandchildren (《民法典》第一千零四十五条), and in-laws and partners as
far as they are entered. People of one household count as near, except non-relatives (GB/T 4761, code 99).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import Q

from yanzhen.kernel.scope.api import ancestors, path_range
from yanzhen.registry.models import Identity, Post, Relation, Residence, Unit
from yanzhen.registry.selectors.posts import valid_on

NOT_KIN = "99"


def near_to(person_ids: Iterable[int], on: date) -> set[int]:
    """Persons near to any of these on a day, these themselves included."""
    asked = set(person_ids)
    if not asked:
        return set()
    found = set(asked)
    pairs = Relation.objects.filter(valid_on(on)).filter(Q(person_id__in=asked) | Q(other_id__in=asked))
    for person, other in pairs.values_list("person_id", "other_id"):
        found |= {person, other}
    homes = list(
        Residence.objects.filter(valid_on(on), person_id__in=asked)
        .exclude(relation=NOT_KIN)
        .values_list("household_id", flat=True)
    )
    if homes:
        together = Residence.objects.filter(valid_on(on), household_id__in=homes).exclude(relation=NOT_KIN)
        found |= set(together.values_list("person_id", flat=True))
    return found


def related(person_id: int, other_id: int, on: date) -> str:
    """Why two persons are near: a relation's kind, "household", "self", or "" where they are not."""
    if person_id == other_id:
        return "self"
    pair = Q(person_id=person_id, other_id=other_id) | Q(person_id=other_id, other_id=person_id)
    found = Relation.objects.filter(valid_on(on)).filter(pair).values_list("kind", flat=True).first()
    if found:
        return str(found)
    return "household" if other_id in near_to([person_id], on) else ""


def person_of(account_id: int | None) -> int | None:
    """The person an account is, or None where nobody has said."""
    if account_id is None:
        return None
    return Identity.objects.filter(account_id=account_id).values_list("person_id", flat=True).first()


def accounts_of(person_ids: Iterable[int]) -> set[int]:
    """Accounts of these persons."""
    return set(Identity.objects.filter(person_id__in=list(person_ids)).values_list("account_id", flat=True))


def holders_at(unit: Unit, roles: Iterable[str], on: date) -> dict[str, set[int]]:
    """Role → accounts that hold it on a day at a unit, or at a body that is part of it (a bureau of the county)."""
    posts = (
        Post.objects.filter(
            valid_on(on), approved_at__isnull=False, account__is_active=True, role__code__in=list(roles),
            unit__path__gte=unit.path, unit__path__lt=path_range(unit.path).hi, unit__depth__lte=unit.depth + 1,
        )
        .filter(Q(unit_id=unit.pk) | ~Q(unit__kind__in=["division", "grid"]))
        .values_list("role__code", "account_id")
    )  # fmt: skip
    found: dict[str, set[int]] = {}
    for role, account in posts:
        found.setdefault(role, set()).add(account)
    return found


def division_of(path: str, level: str) -> Unit | None:
    """The unit itself or the one above it that is a division (or grid) of this level."""
    return Unit.objects.filter(path__in=list(ancestors(path)), level=level).first()
