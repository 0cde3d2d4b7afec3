"""What a phone in the field needs: own open work, the places one can name, a copy of a matter to read without signal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from yanzhen.kernel.scope.api import Actor, UnitRef, system
from yanzhen.matters.domain.loop import ACTS, Act
from yanzhen.matters.models import Matter
from yanzhen.matters.selectors import limits as rules
from yanzhen.matters.selectors.lines import line
from yanzhen.matters.selectors.one import Contact, TimelineItem, acts_for, contact_for, matter_for, timeline_for
from yanzhen.matters.selectors.pages import Filters, Row, page_for, rows_of
from yanzhen.registry.api import territory_below

#: Acts that make sense standing in the field, in the order of their buttons.
FIELD_ACTS = ("accept", "contact", "progress", "assist_done", "answer")


@dataclass(frozen=True, slots=True)
class Carried:
    """One matter as it is carried along."""

    row: Row
    matter: Matter
    acts: tuple[Act, ...]
    entries: tuple[TimelineItem, ...]
    contact: Contact


def own_open(viewer: Actor, now: datetime, most: int = 100) -> list[Row]:
    """Open matters that wait for the viewer's unit or in which it assists, the most urgent first."""
    found: dict[int, Row] = {}
    for tab in ("todo", "assist"):
        for row in page_for(viewer, Filters(tab=tab), limit=most, now=now, counted=False).rows:
            found[row.id] = row
    endless = max((row.received_at for row in found.values()), default=now).replace(year=9999)
    return sorted(found.values(), key=lambda row: (row.step_due_at or endless, row.id))[:most]


def carried(viewer: Actor, matter: Matter, now: datetime, last: int = 20) -> Carried:
    """A matter from :func:`matter_for` with what can be done to it in the field."""
    may = {act.code for act in acts_for(viewer, matter, now)}
    acts = tuple(ACTS[code] for code in FIELD_ACTS if code in may)
    entries = tuple(timeline_for(viewer, matter)[-last:])
    return Carried(rows_of([matter.pk], viewer, now)[0], matter, acts, entries, contact_for(viewer, matter))


def carry(viewer: Actor, now: datetime, more: list[int], most: int) -> list[Carried]:
    """Own open work and whatever else was marked, as far as the viewer sees it."""
    ids = [row.id for row in own_open(viewer, now, most)]
    ids += [each for each in more if each not in ids]
    found = []
    for each in ids[:most]:
        row = next(iter(rows_of([each], viewer, now)), None)
        if row is not None and (each not in more or _seen(viewer, each)):
            found.append(carried(viewer, matter_for(viewer, each), now))
    return found


def _seen(viewer: Actor, matter_id: int) -> bool:
    """Whether the viewer sees a matter at all."""
    from yanzhen.matters.selectors.scope import matters

    return matters(viewer).filter(pk=matter_id).exists()


def report_places(viewer: Actor, now: datetime, most: int = 400) -> list[UnitRef]:
    """Places that one can name from the viewer's post: its own and those directly below; from a grid also its village."""
    if viewer.unit is None:
        return []
    own = line(viewer.unit.id).place
    above = [line(own.id).division] if own.kind == "grid" else []
    below = territory_below(system("field places"), "units.view", own, rules.day_of(now))
    return [own, *above, *below][:most]
