"""Lists: newest first, page after page, within the viewer's scope, at a cost that does not grow with what lies outside.

What a viewer sees has two sides: matters by their place (one walk of the level's index) and matters by taking part (one walk
of ``reach_by_unit``). Each side gives its newest rows, Python merges the two, one query fetches the page. Counts stop at
1,000. There is no OFFSET and no count over everything.
"""

from __future__ import annotations

import base64
import heapq
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from yanzhen.kernel.crypto.api import blind_index
from yanzhen.kernel.scope.api import Actor, UnitRef
from yanzhen.kernel.search import api as search
from yanzhen.kernel.worktime.api import BEIJING
from yanzhen.matters.domain import clock as clocks
from yanzhen.matters.domain.loop import OPEN, RUNNING, STATE_WORDS, State
from yanzhen.matters.domain.numbers import parse_number
from yanzhen.matters.models import Category, Matter, Participation
from yanzhen.matters.present import present
from yanzhen.matters.selectors import limits as rules
from yanzhen.matters.selectors.lines import covers_all, lines
from yanzhen.matters.selectors.rates import part_filter
from yanzhen.matters.selectors.scope import open_to, place_side

MOST = 1000
FOUND = 2000
_OPEN = sorted(OPEN)
_RUNNING = sorted(RUNNING)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to. ``tab``: all, todo (own unit must act), working (own unit leads), assist, done (own unit
    led or steered, ended), pressed, overdue, desk, open, answered, closed, secret, unlocated.

    ``place``/``lead``: unit ids; ``category``: id (with everything below it); ``received_from``/``received_to``: days, both
    included; ``words``: number, phone, or words of two characters and more.
    """

    tab: str = "all"
    state: str = ""
    category: int | None = None
    place: int | None = None
    urgency: str = ""
    channel: str = ""
    overdue: bool = False
    pressed: bool = False
    light: str = ""
    lead: int | None = None
    received_from: date | None = None
    received_to: date | None = None
    words: str = ""
    located: bool | None = None
    indicator: str = ""
    part: str = ""


@dataclass(frozen=True, slots=True)
class Bounded:
    """A count that stops: ``n`` above ``cap`` means "more than ``cap``"."""

    n: int
    cap: int = MOST

    def __str__(self) -> str:
        return f"{self.cap}+" if self.n > self.cap else str(self.n)

    def __int__(self) -> int:
        return self.n


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list."""

    id: int
    number: str
    title: str
    place_name: str
    category_name: str
    state: str
    state_words: str
    light: str
    light_words: str
    due_at: datetime | None
    received_at: datetime
    holder_name: str
    lead_name: str
    press_level: int
    voices: int
    secret: bool
    unread: bool
    urgency: str = "normal"
    channel: str = ""
    located: bool = True
    version: int = 0
    waiting: bool = False
    step_due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list. ``next``/``previous``: cursors, "" where the list ends."""

    rows: list[Row]
    next: str
    previous: str
    count: Bounded


Key = tuple[datetime, int]


def _encode(key: Key, back: bool = False) -> str:
    raw = json.dumps([key[0].isoformat(), key[1], int(back)])
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[Key, bool] | None:
    """The place in the list that a cursor names; None for "" and for anything that is no cursor."""
    try:
        at, row_id, back = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            return None
        return (moment, int(row_id)), bool(back)
    except (ValueError, TypeError):
        return None


# --- filters --------------------------------------------------------------------------------------------------------------


def _day_start(day: date) -> datetime:
    return datetime.combine(day, time(0), BEIJING)


def tab_filter(tab: str, unit: UnitRef | None, prefix: str = "") -> Q:
    """The rows of a tab."""

    def q(**given: Any) -> Q:
        return Q(**{prefix + name: value for name, value in given.items()})

    own = unit.id if unit else 0
    known = {
        "todo": q(holder_id=own, state__in=_OPEN),
        "desk": q(desk_id=own, state__in=_OPEN),
        "working": q(lead_id=own, state__in=_RUNNING),
        "done": (q(lead_id=own) | q(desk_id=own)) & q(state__in=sorted(set(State) - RUNNING)),
        "assist": q(
            participations__unit_id=own, participations__role=Participation.ASSIST, participations__ended_at__isnull=True,
            state__in=_OPEN,
        ),
        "open": q(state__in=_OPEN),
        "unlocated": q(located=False, state__in=_OPEN),
        "overdue": q(overdue=True),  # set with the clock: only what runs is overdue
        "pressed": q(press_level__gt=0, state__in=_OPEN),
        "answered": q(state=State.ANSWERED),
        "closed": q(state__in=sorted(set(State) - OPEN)),
        "secret": q(secret=True),
    }
    return known.get(tab, Q())


def _light_filter(light: str, now: datetime, prefix: str) -> Q:
    def q(**given: Any) -> Q:
        return Q(**{prefix + name: value for name, value in given.items()})

    running = q(state__in=_OPEN)
    if light == "stopped":
        return q(stopped=True) & running
    ticking = q(stopped=False) & running
    if light == "red":
        return ticking & q(step_due_at__lt=now)
    if light == "yellow":
        return ticking & q(step_due_at__gte=now) & q(yellow_at__lte=now)
    if light == "green":
        return ticking & q(step_due_at__gte=now) & q(yellow_at__gt=now)
    return q(step_due_at__isnull=True) | q(state__in=sorted(set(State) - OPEN)) if light == "none" else Q()


def narrowed(filters: Filters, unit: UnitRef | None, now: datetime, prefix: str = "") -> Q:
    """Filters as a condition on matters (``prefix``: path from another table). Words are looked up apart."""

    def q(**given: Any) -> Q:
        return Q(**{prefix + name: value for name, value in given.items()})

    found = tab_filter(filters.tab, unit, prefix) & _light_filter(filters.light, now, prefix)
    if filters.state:
        found &= q(state=filters.state)
    if filters.category:
        found &= q(category_id__in=category_ids(filters.category))
    if filters.urgency:
        found &= q(urgency=filters.urgency)
    if filters.channel:
        found &= q(channel=filters.channel)
    if filters.overdue:
        found &= tab_filter("overdue", unit, prefix)
    if filters.pressed:
        found &= tab_filter("pressed", unit, prefix)
    if filters.lead:
        found &= q(lead_id=filters.lead)
    if filters.located is not None:
        found &= q(located=filters.located)
    if filters.received_from:
        found &= q(received_at__gte=_day_start(filters.received_from))
    if filters.received_to:
        found &= q(received_at__lt=_day_start(filters.received_to) + timedelta(days=1))
    if filters.place:
        ref = lines([filters.place]).get(filters.place)
        found &= _prefixed(place_side(ref.ref), prefix) if ref else Q(pk__in=[])
    if filters.indicator:
        found &= _prefixed(part_filter(filters.indicator, filters.part, now), prefix)
    return found


def _prefixed(given: Q, prefix: str) -> Q:
    if not prefix:
        return given
    made = Q(_connector=given.connector, _negated=given.negated)
    made.children = [
        _prefixed(each, prefix) if isinstance(each, Q) else (prefix + each[0], each[1]) if isinstance(each, tuple) else each
        for each in given.children
    ]
    return made


def category_ids(category_id: int) -> list[int]:
    """A category and all below it (three levels)."""
    found = [category_id]
    layer = [category_id]
    for _ in range(2):
        layer = list(Category.objects.filter(parent_id__in=layer).values_list("pk", flat=True))
        found += layer
    return found


# --- the two sides ----------------------------------------------------------------------------------------------------------


def sides_for(viewer: Actor, filters: Filters, now: datetime, ids: Sequence[int] | None) -> list[tuple[QuerySet[Any], str, str]]:
    """The walks that together give the viewer's list: (rows, column of time, column of id)."""
    unit = viewer.unit
    chosen = Q() if ids is None else Q(pk__in=_written(ids))
    condition = narrowed(filters, unit, now) & chosen
    if unit is not None and unit.kind in ("division", "grid") and (filters.tab in _FLAGGED or filters.overdue or filters.pressed):
        condition_by_place = condition & _columns(unit)  # leads the small indexes of late and pressed matters
    else:
        condition_by_place = condition
    if viewer.is_system:
        return [(Matter.objects.filter(condition), "received_at", "pk")]
    if unit is None or not viewer.has("matters.view"):
        return []
    if filters.tab in _OWN:  # what a unit holds, leads or assists in is in its sight: it steers it or takes part
        return [(Matter.objects.filter(condition), "received_at", "pk")]
    sides: list[tuple[QuerySet[Any], str, str]] = []
    if unit.kind in ("division", "grid"):
        sides.append((Matter.objects.filter(place_side(unit) & open_to(unit) & condition_by_place), "received_at", "pk"))
    by_part = Matter.objects.filter(reaches__unit_id=unit.id).filter(condition)
    sides.append((by_part, "reaches__received_at", "reaches__matter_id"))
    return sides


_OWN = frozenset({"todo", "working", "assist"})
_FLAGGED = frozenset({"overdue", "pressed"})


def _written(ids: Sequence[int]) -> RawSQL:
    """Numbers written out in the statement: two thousand parameters cost more than the search they come from."""
    return RawSQL(",".join(str(int(each)) for each in ids) or "0", ())  # noqa: S611 -- integers only


def _columns(unit: UnitRef) -> Q:
    """The viewer's place and everything above it, column by column."""
    own = lines([unit.id])[unit.id]
    given = {f"{level}_id": own.level(level) for level in ("city", "county", "township", "village")}
    return Q(**{name: unit_id for name, unit_id in given.items() if unit_id is not None})


def _walk(rows: QuerySet[Any], at: str, row_id: str, edge: Key | None, back: bool, limit: int) -> list[Key]:
    """The next keys of one side: older than ``edge`` (``back``: newer, oldest first)."""
    if edge is not None:
        sign = "gt" if back else "lt"
        # The first condition bounds the index, the second settles equal moments.
        rows = rows.filter(**{f"{at}__{sign}e": edge[0]}).filter(
            Q(**{f"{at}__{sign}": edge[0]}) | Q(**{f"{row_id}__{sign}": edge[1]})
        )
    order = (at, row_id) if back else (f"-{at}", f"-{row_id}")
    return list(rows.order_by(*order).values_list(at, row_id)[:limit])


def _merged(walks: Iterable[Sequence[Key]], back: bool, limit: int) -> list[Key]:
    merged: list[Key] = []
    for key in heapq.merge(*walks, reverse=not back):
        if not merged or merged[-1] != key:
            merged.append(key)
        if len(merged) == limit:
            break
    return merged


def _after(keys: list[Key], edge: Key | None, back: bool, limit: int) -> list[Key]:
    """Of keys newest first: those after the edge (``back``: before it, oldest first)."""
    if edge is None:
        return keys[:limit]
    kept = [key for key in keys if (key > edge if back else key < edge)]
    return (kept[::-1] if back else kept)[:limit]


def page_for(
    viewer: Actor, filters: Filters, cursor: str = "", limit: int = 25, *, now: datetime | None = None, counted: bool = True
) -> Page:
    """A page of the viewer's matters, newest first."""
    now = present(now)
    limit = max(1, min(limit, 1000))
    ids = found_ids(viewer, filters.words, now) if filters.words.strip() else None
    sides = sides_for(viewer, filters, now, ids)
    decoded = _decode(cursor) if cursor else None
    edge, back = decoded if decoded else (None, False)
    if ids is None:
        keys, count = _merged([_walk(*side, edge, back, limit + 1) for side in sides], back, limit + 1), None
    else:  # few: read once, paged and counted here
        every = _merged([_walk(*side, None, False, len(ids)) for side in sides], False, len(ids))
        keys, count = _after(every, edge, back, limit + 1), Bounded(min(len(every), MOST + 1), MOST)
    more = len(keys) > limit
    keys = keys[:limit]
    if back:
        keys.reverse()
    has_next = bool(keys) and (back or more)
    has_previous = bool(keys) and (more if back else edge is not None)
    rows = rows_of([key[1] for key in keys], viewer, now)
    return Page(
        rows,
        _encode(keys[-1]) if has_next else "",
        _encode(keys[0], True) if has_previous else "",
        count or (count_for(sides) if counted else Bounded(len(keys) + more)),
    )


def count_for(sides: Sequence[tuple[QuerySet[Any], str, str]], most: int = MOST) -> Bounded:
    """How many, up to ``most``."""
    if len(sides) == 1:
        rows, _at, _id = sides[0]
        return Bounded(rows.order_by()[: most + 1].count(), most)
    ids: set[int] = set()
    for rows, _at, row_id in sides:
        ids.update(rows.order_by().values_list(row_id, flat=True)[: most + 1])
        if len(ids) > most:
            break
    return Bounded(min(len(ids), most + 1), most)


def ids_for(viewer: Actor, filters: Filters, now: datetime, most: int = 100_000) -> list[int]:
    """Every id of the list (exports, checks), newest first, up to ``most``."""
    ids = found_ids(viewer, filters.words, now) if filters.words.strip() else None
    sides = sides_for(viewer, filters, now, ids)
    return [key[1] for key in _merged([_walk(*side, None, False, most) for side in sides], False, most)]


# --- rows -------------------------------------------------------------------------------------------------------------------

_COLUMNS = (
    "id", "number", "title", "place_id", "category_id", "state", "stopped", "step_due_at", "yellow_at", "due_at",
    "received_at", "holder_id", "lead_id", "press_level", "voices", "secret", "urgency", "channel", "located", "version",
    "desk_id",
)  # fmt: skip


def rows_of(ids: Sequence[int], viewer: Actor, now: datetime) -> list[Row]:
    """Lines for ids, in their order: one query for the matters, one for categories, names from what is kept."""
    found = {each.pk: each for each in Matter.objects.filter(pk__in=ids).only(*_COLUMNS)}
    kept = [found[each] for each in ids if each in found]
    names = lines([unit for row in kept for unit in (row.place_id, row.holder_id, row.lead_id) if unit])
    wanted = {row.category_id for row in kept if row.category_id}
    categories = dict(Category.objects.filter(pk__in=wanted).values_list("pk", "name")) if wanted else {}
    calendar = rules.calendar(now, viewer.unit)
    fresh = _not_accepted(viewer, kept)
    return [_row(row, names, categories, calendar, fresh, now) for row in kept]


def _not_accepted(viewer: Actor, rows: Sequence[Matter]) -> set[int]:
    """Matters that the viewer's own unit has been given and nobody there has taken up yet."""
    if viewer.unit is None:
        return set()
    given = [row.pk for row in rows if row.state in (State.ASSIGNED, State.WORKING)]
    if not given:
        return {row.pk for row in rows if row.state == State.COLLECTED and row.holder_id == viewer.unit.id}
    unread = Participation.objects.filter(
        matter_id__in=given, unit_id=viewer.unit.id, accepted_at__isnull=True, ended_at__isnull=True
    ).values_list("matter_id", flat=True)
    return set(unread) | {row.pk for row in rows if row.state == State.COLLECTED and row.holder_id == viewer.unit.id}


def _row(row: Matter, names: Any, categories: Any, calendar: Any, fresh: set[int], now: datetime) -> Row:
    state = State(row.state)
    due = row.step_due_at if state in OPEN else None
    return Row(
        id=row.pk, number=row.number, title=row.title, place_name=names[row.place_id].words if row.place_id in names else "",
        category_name=categories.get(row.category_id, ""), state=row.state, state_words=STATE_WORDS[state],
        light=clocks.light(now, due, row.yellow_at, stopped=row.stopped and state in OPEN),
        light_words=clocks.light_words(now, due, calendar, stopped=row.stopped and state in OPEN), due_at=row.due_at,
        received_at=row.received_at, holder_name=names[row.holder_id].ref.name if row.holder_id in names else "",
        lead_name=names[row.lead_id].ref.name if row.lead_id in names else "", press_level=row.press_level,
        voices=row.voices, secret=row.secret, unread=row.pk in fresh, urgency=row.urgency, channel=row.channel,
        located=row.located, version=row.version, step_due_at=due,
    )  # fmt: skip


# --- words ------------------------------------------------------------------------------------------------------------------


def found_ids(viewer: Actor, words: str, now: datetime) -> list[int]:
    """Ids that words find: a number, a telephone number (blind index), or words within the viewer's scope, newest first.

    The caller applies the scope to the rows all the same.
    """
    words = words.strip()
    number = parse_number(words)
    if number:
        return list(Matter.objects.filter(number=number).values_list("pk", flat=True))
    digits = words.replace(" ", "").replace("-", "")
    if digits.isdigit() and len(digits) >= 7:
        if not viewer.has("matters.search"):
            return []
        index = blind_index(digits, "matter.phone")
        return list(
            Matter.objects.filter(phone_index=index).order_by("-received_at").values_list("pk", flat=True)[:FOUND]
        )
    everything = viewer.unit is None or covers_all(viewer.unit)  # its mark stands on every document
    marks = () if everything or viewer.unit is None else search.unit_marks([viewer.unit.id])
    return search.find("matter_words", words, marks, limit=FOUND)


def without_words(filters: Filters) -> Filters:
    """The same filters with nothing typed."""
    return replace(filters, words="")
