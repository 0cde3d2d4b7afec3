"""What the staff pages ask besides: choices for forms, persons by name, figures of the township's board."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q

from yanzhen.democracy.domain.bodies import BODIES, adult_by
from yanzhen.democracy.domain.decisions import State as DecisionState
from yanzhen.democracy.domain.disclosure import State
from yanzhen.democracy.models import Decision, Disclosure, Objection
from yanzhen.democracy.selectors import rosters
from yanzhen.democracy.selectors.decisions import OPEN_STEPS, stuck_line
from yanzhen.democracy.selectors.disclosure import due_lines
from yanzhen.democracy.selectors.scope import villages_in
from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.scope.api import Actor, in_range, path_range
from yanzhen.registry.api import unit_for
from yanzhen.registry.models import Household, Person, Unit


def persons_named(unit: Unit, text: str) -> list[Person]:
    """Living persons of a village with this name; a year behind the name tells them apart."""
    name, _, year = text.rpartition(" ")
    found = Person.objects.filter(
        in_range(path_range(unit.path), "unit__path"), died_on__isnull=True, merged_into__isnull=True
    )
    apart = bool(name) and year.isdigit() and len(year) == 4
    found = found.filter(name=name, birth__year=int(year)) if apart else found.filter(name=text)
    return list(found.select_related("unit").order_by("birth", "pk")[:6])


def cadres_of(unit: Unit, on: date) -> list[tuple[int, str, str]]:
    """(person, name, duties) of those who are evaluated: both committees and those paid by the village."""
    found: dict[int, tuple[str, list[str]]] = {}
    for body in ("party_committee", "committee", "bookkeeping"):
        for seat in rosters.seats(unit, body, on):
            entry = found.setdefault(seat.person_id, (seat.person.name, []))
            entry[1].append(seat.duty or BODIES[body].words)
    return [(pk, name, "、".join(duties)) for pk, (name, duties) in found.items()]


def household_of(viewer: Actor, unit: Unit, household_id: int) -> Household:
    """A household of the village; :class:`NotFound` otherwise."""
    found = (
        Household.objects.filter(in_range(path_range(unit.path), "unit__path"), pk=household_id)
        .select_related("unit")
        .first()
    )
    if found is None or not villages_in(viewer).filter(pk=unit.pk).exists():
        raise NotFound("households.unknown", "没有找到这一户，或不在您的管辖范围内。")
    return found


def adults_of(household: Household, on: date) -> list[Person]:
    """Living adults of a household."""
    rows = household.members.filter(valid_to__isnull=True, person__died_on__isnull=True).select_related("person")
    return [row.person for row in rows if row.person.birth is None or row.person.birth <= adult_by(on)]


@dataclass(frozen=True, slots=True)
class BoardLine:
    """One unit of the board: decisions by step, stuck ones, notices late, objections open."""

    unit: Unit
    open: int
    steps: Counter[str]
    stuck: int
    carrying: int
    late: int
    due: int
    objections: int
    late_objections: int


def board(viewer: Actor, unit: Unit, today: date, now: datetime, *, most: int = 60) -> list[BoardLine]:
    """Each village below a unit (a township's), or each township of a county summed: decisions and disclosure now.

    The villages' calendars are read for the last quarter; a county reads them township by township only.
    """
    villages = list(villages_in(viewer, under=unit.path))
    groups: dict[int, list[Unit]] = {}
    heads: dict[int, Unit] = {}
    if len(villages) > most:
        parents = {u.path: u for u in Unit.objects.filter(path__in={v.path[:-4] for v in villages})}
        for village in villages:
            head = parents[village.path[:-4]]
            heads[head.pk] = head
            groups.setdefault(head.pk, []).append(village)
    else:
        heads = {village.pk: village for village in villages}
        groups = {village.pk: [village] for village in villages}
    return [_line(heads[key], part, today, now, calendars=len(villages) <= most) for key, part in groups.items()]


def _line(head: Unit, villages: list[Unit], today: date, now: datetime, *, calendars: bool) -> BoardLine:
    steps: Counter[str] = Counter()
    stuck = carrying = running = 0
    line = stuck_line(head, now, today)
    for state, step, since in Decision.objects.filter(unit__in=villages).values_list(
        "state", "step_words", "step_since"
    ):
        if state in OPEN_STEPS:
            running += 1
            steps[step or "—"] += 1
            stuck += since is not None and since < line
        carrying += state in (DecisionState.RESOLVED, DecisionState.CARRYING)
    late = due = 0
    if calendars:
        for village in villages:
            for each in due_lines(village, date(today.year, (today.month - 1) // 3 * 3 + 1, 1), today, today):
                due += 1
                late += each.lamp == "red"
    else:
        rows = Disclosure.objects.filter(unit__in=villages, due_on__lt=today)
        counts = rows.aggregate(
            n=Count("id"), late=Count("id", filter=Q(published_at__isnull=True) & ~Q(state=State.REPLACED))
        )
        due, late = counts["n"], counts["late"]
    waiting = Objection.objects.filter(disclosure__unit__in=villages, answered_at__isnull=True)
    return BoardLine(
        head, running, steps, stuck, carrying, late, due, waiting.count(), waiting.filter(due_at__lt=now).count()
    )


def own_unit(viewer: Actor, unit_id: int | None) -> Unit:
    """The unit of a board: the one asked for in scope, or the viewer's own; :class:`NotFound` otherwise."""
    if unit_id is not None:
        return unit_for(viewer, unit_id, "democracy.view")
    if viewer.unit is None:
        raise NotFound("democracy.village.unknown", "没有找到这个村，或不在您的管辖范围内。")
    return unit_for(viewer, viewer.unit.id, "democracy.view")


def persons_with(ids: list[int], known: dict[int, tuple[str, str]]) -> list[tuple[Person, str]]:
    """(person, duties) of chosen cadres, in the order of the form."""
    people = Person.objects.in_bulk(ids)
    return [(people[pk], known[pk][1]) for pk in ids if pk in people and pk in known]
