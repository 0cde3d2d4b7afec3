"""Learning triage from the county's own history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.scope.api import Actor, system
from yanzhen.kernel.tasks.api import task
from yanzhen.kernel.trail import api as trail
from yanzhen.matters import actions
from yanzhen.matters.domain.triage import CategoryTable, Example, Note, TermWeights, train, train_units
from yanzhen.matters.models import Matter
from yanzhen.matters.present import present
from yanzhen.matters.selectors.lines import Line, line
from yanzhen.matters.selectors.triage import folder, table_rows

SEED = 20260101
MOST = 40_000  # newest matters read for learning


@dataclass(frozen=True, slots=True)
class Trained:
    """What was learned from: decided matters with a category, with a unit, and others read for their words."""

    county: str
    labelled: int
    with_unit: int
    read: int


def train_county(*, actor: Actor, now: datetime, county: int | None = None) -> Trained:
    """Learn categories, units and word weights from a county's matters and keep the models in the data folder.

    ``county``: id of a county; None: everything. DomainError without a category table.
    """
    rows = table_rows()
    if not rows:
        raise DomainError("matters.triage.no_table", "还没有类别表，请先导入类别表。")
    place: Line | None = line(county) if county is not None else None
    found = Matter.objects.all() if county is None else Matter.objects.filter(county_id=county)
    found = found.filter(secret=False).exclude(state__in=["withdrawn", "merged"])
    picked = found.order_by("-received_at", "-id").values_list("title", "text", "category__code", "lead__code")[:MOST]
    history = list(picked)[::-1]
    examples = [Example(text, title, code, unit) for title, text, code, unit in history if code]
    table = CategoryTable.from_rows((code, name, above or "") for code, name, above in rows)
    model = train(examples, [(title, text) for title, text, code, _unit in history if not code], table, SEED)
    units = train_units(
        [Example(text, title, code or "", unit) for title, text, code, unit in history if unit], model, SEED
    )
    home = folder(county)
    home.mkdir(parents=True, exist_ok=True)
    model.save(home / "categories.npz")
    units.save(home / "units.npz")
    if history:
        TermWeights.learn([Note(title, text) for title, text, _code, _unit in history]).save(home / "terms.npz")
    done = Trained(place.ref.name if place else "", model.examples, units.examples, len(history))
    trail.record(
        actor=actor, now=now, action=actions.TRAINED, kind="triage", subject_id=county or "all",
        after={"labelled": done.labelled, "with_unit": done.with_unit, "read": done.read},
        unit_path=place.ref.path if place else "",
    )  # fmt: skip
    return done


@task
def learn(county: int | None, account_id: int | None = None) -> None:
    """Learn triage anew, in the background."""
    now = present()
    done = train_county(actor=system("triage"), now=now, county=county)
    if account_id is not None:
        from yanzhen.kernel.notify.api import send

        title = f"研判模型已重新训练：学习 {done.labelled} 件"
        send(now=now, recipients=[account_id], kind="matters.trained", title=title, url="/matters/triage/")
