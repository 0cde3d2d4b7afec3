"""The workbench, tabs, choices for the forms, what waits for a decision."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Q, QuerySet

from yanzhen.kernel.notify.api import unread_count
from yanzhen.kernel.rulebook.api import value
from yanzhen.kernel.scope.api import Actor, UnitRef, ancestors, in_range, path_range
from yanzhen.matters.domain.guards import in_reach
from yanzhen.matters.domain.loop import OPEN, RUNNING
from yanzhen.matters.domain.numbers import parse_number
from yanzhen.matters.domain.standing import LADDER
from yanzhen.matters.models import Admission, Matter, Press, Request
from yanzhen.matters.present import present
from yanzhen.matters.selectors import limits as rules
from yanzhen.matters.selectors.lines import line, lines
from yanzhen.matters.selectors.pages import MOST, Bounded, Filters, Row, count_for, page_for, rows_of, sides_for
from yanzhen.matters.selectors.scope import matters
from yanzhen.matters.selectors.standing import parties_of, sees
from yanzhen.registry.api import valid_on
from yanzhen.registry.models import Unit

SHOWN = 50
_OPEN = sorted(OPEN)
_RUNNING = sorted(RUNNING)
BODIES = ("department", "team", "selfgov", "economic", "party", "social")


@dataclass(frozen=True, slots=True)
class Lights:
    """How many running matters of a unit are late, close, and in time."""

    unit: UnitRef
    red: int
    yellow: int
    green: int


@dataclass(frozen=True, slots=True)
class Pressed:
    """A pressing over a matter in sight."""

    id: int
    row: Row
    level: int
    letter: str
    by_name: str
    at: datetime
    reply_due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Workbench:
    """待办 · 督办 · 本单位红黄绿 · 通知."""

    todo: list[Row]
    todo_count: Bounded
    pressed: list[Pressed]
    lights: list[Lights]
    notices: int


def workbench_for(viewer: Actor, now: datetime | None = None) -> Workbench:
    """What the viewer's unit must do, soonest due first; what is pressed; the lights below; unread notices."""
    now = present(now)
    unread = unread_count(viewer.account_id) if viewer.account_id else 0
    if viewer.unit is None or not viewer.has("matters.view"):
        return Workbench([], Bounded(0), [], [], unread)
    mine = Matter.objects.filter(holder_id=viewer.unit.id, state__in=_OPEN)
    ids = list(mine.order_by(F("step_due_at").asc(nulls_last=True), "id").values_list("pk", flat=True)[:SHOWN])
    count = len(ids) if len(ids) < SHOWN else mine.order_by()[: MOST + 1].count()
    return Workbench(rows_of(ids, viewer, now), Bounded(count), pressed_for(viewer, now), lights_for(viewer, now), unread)


def pressed_for(viewer: Actor, now: datetime, limit: int = 10) -> list[Pressed]:
    """The newest pressing of each pressed matter that the viewer's unit holds, leads or steers."""
    if viewer.unit is None:
        return []
    own = viewer.unit.id
    flagged = Matter.objects.filter(
        Q(holder_id=own) | Q(lead_id=own) | Q(desk_id=own), press_level__gt=0, state__in=_OPEN
    )
    ids = list(flagged.order_by("-press_level", "step_due_at").values_list("pk", flat=True)[:limit])
    rows = {row.id: row for row in rows_of(ids, viewer, now)}
    found: dict[int, Press] = {}
    for each in Press.objects.filter(matter_id__in=ids, cleared_at__isnull=True).order_by("id"):
        found[each.matter_id] = each
    return [
        Pressed(
            found[key].pk, rows[key], found[key].level, found[key].letter, found[key].by_name, found[key].at,
            found[key].reply_due_at,
        )
        for key in ids
        if key in found and key in rows
    ]  # fmt: skip


_BELOW = {"city": "county_id", "county": "township_id", "township": "village_id", "village": "place_id"}


def lights_for(viewer: Actor, now: datetime) -> list[Lights]:
    """Red, yellow, green of running matters by the unit below (a body: of its own)."""
    unit = viewer.unit
    if unit is None:
        return []
    column = _BELOW.get(unit.level) if unit.kind == "division" else None
    running = Matter.objects.filter(state__in=_RUNNING, stopped=False, step_due_at__isnull=False)
    if column is None:
        rows = running.filter(holder_id=unit.id) if unit.kind != "grid" else running.filter(_within(unit))
        red, yellow, green = _lights(rows, now)
        return [Lights(unit, red, yellow, green)] if red or yellow or green else []
    grouped = (
        running.filter(_within(unit))
        .values_list(column)
        .annotate(
            red=Count("step_due_at", filter=Q(step_due_at__lt=now)),
            yellow=Count("step_due_at", filter=Q(step_due_at__gte=now, yellow_at__lte=now)),
            green=Count("step_due_at", filter=Q(step_due_at__gte=now, yellow_at__gt=now)),
        )
        .order_by(column)
    )
    counts = {unit_id or unit.id: (red, yellow, green) for unit_id, red, yellow, green in grouped}
    refs = lines(list(counts))
    found = [Lights(refs[unit_id].ref, *counts[unit_id]) for unit_id in counts if unit_id in refs]
    return sorted(found, key=lambda each: (-each.red, -each.yellow, each.unit.code))


def _lights(rows: QuerySet[Matter], now: datetime) -> tuple[int, int, int]:
    found = rows.aggregate(
        red=Count("step_due_at", filter=Q(step_due_at__lt=now)),
        yellow=Count("step_due_at", filter=Q(step_due_at__gte=now, yellow_at__lte=now)),
        green=Count("step_due_at", filter=Q(step_due_at__gte=now, yellow_at__gt=now)),
    )
    return found["red"], found["yellow"], found["green"]


def _within(unit: UnitRef) -> Q:
    """The place lies at or below the unit, led by the columns of ``matter_open``."""
    on_line = line(unit.id)
    given = {f"{level}_id": on_line.level(level) for level in ("city", "county", "township", "village")}
    kept = Q(**{name: unit_id for name, unit_id in given.items() if unit_id is not None})
    return kept & in_range(unit.scope, "place_path") if unit.kind == "grid" else kept


#: Tabs that carry a count.
COUNTED = ("todo", "working", "pressed", "assist", "overdue")


def tabs_for(viewer: Actor, now: datetime | None = None) -> dict[str, int]:
    """Counts of the tabs of work that waits, each at most 1,000."""
    now = present(now)
    return {
        tab: min(count_for(sides_for(viewer, Filters(tab=tab), now, None)).n, MOST) for tab in COUNTED
    }  # fmt: skip


def row_of(viewer: Actor, matter: Matter, now: datetime | None = None) -> Row:
    """The line of one matter, as in a list."""
    return rows_of([matter.pk], viewer, present(now))[0]


def number_in(viewer: Actor, words: str) -> int | None:
    """The id of the matter whose number was typed, if the viewer sees it."""
    number = parse_number(words)
    return matters(viewer).filter(number=number).values_list("pk", flat=True).first() if number else None


def search_for(viewer: Actor, words: str, now: datetime | None = None, *, limit: int = 20) -> list[Row]:
    """Lines that words find within the viewer's scope, newest first."""
    return page_for(viewer, Filters(words=words), limit=limit, now=now, counted=False).rows


# --- choices ------------------------------------------------------------------------------------------------------------


def desk_of(viewer: Actor, matter: Matter) -> UnitRef:
    """The division on whose behalf the viewer would hand the matter out."""
    if matter.state == "disputed":
        return line(matter.holder_id).ref
    if viewer.unit is not None and viewer.unit.kind == "division" and matter.desk_path in viewer.unit.scope:
        return viewer.unit
    return line(matter.desk_id).ref


def lead_choices(viewer: Actor, matter: Matter, words: str = "", *, limit: int = 200) -> list[Unit]:
    """Units that the viewer could give the matter to: departments within reach, divisions on the way to the place, grids
    of the place. The guards still decide (duty lists, admission). Departments first."""
    desk = desk_of(viewer, matter)
    now = present()
    whistle = str(value("matters.assign.whistle", desk, on=rules.day_of(now)))
    standing = Unit.objects.filter(valid_on(rules.day_of(now))).exclude(pk=desk.id)
    bodies = Q(kind__in=BODIES) & (in_range(desk.scope, "path") | _hangs_on(ancestors(desk.path)))
    below = Q(kind="division") & in_range(desk.scope, "path")
    below &= Q(path__in=ancestors(matter.place_path)) | Q(depth=len(desk.path) // Unit.steplen + 1)
    village = line(matter.place_id).level("village")
    grids = Q(pk__in=[])
    if village is not None:
        grids = Q(kind="grid") & in_range(path_range(line(village).ref.path), "path") & in_range(desk.scope, "path")
    found = standing.filter(bodies | below | grids)
    if words.strip():
        found = found.filter(Q(name__contains=words.strip()) | Q(initials__startswith=words.strip().lower()))
    units = sorted(found.order_by("path")[: limit * 2], key=lambda unit: (unit.kind not in BODIES, unit.path))
    targets = {unit_id: each.target() for unit_id, each in lines([unit.pk for unit in units]).items()}
    return [unit for unit in units if in_reach(targets[unit.pk], desk.path, desk.level, whistle, assist=True)][:limit]


def _hangs_on(paths: Iterable[str]) -> Q:
    """Bodies directly below one of these units."""
    found = Q(pk__in=[])
    for path in paths:
        found |= in_range(path_range(path), "path") & Q(depth=len(path) // Unit.steplen + 1)
    return found


def place_choices(viewer: Actor, matter: Matter, words: str = "", *, limit: int = 400) -> list[Unit]:
    """Places that an unlocated matter could be at: divisions and grids below the desk, the nearest levels first."""
    desk = line(matter.desk_id).ref
    reach = viewer.unit.scope if viewer.unit is not None and matter.desk_path in viewer.unit.scope else desk.scope
    found = Unit.objects.filter(valid_on(rules.day_of(present())), in_range(reach, "path"), kind__in=["division", "grid"])
    if words.strip():
        found = found.filter(name__contains=words.strip())
    return sorted(found.order_by("depth", "path")[:limit], key=lambda unit: unit.path)


def press_levels(viewer: Actor, matter: Matter, now: datetime | None = None) -> list[tuple[int, str]]:
    """Levels at which the viewer may press now, with their names."""
    on = rules.day_of(present(now))
    desk = line(matter.desk_id).ref
    least = rules.table("press.least", desk, on)
    own = line(viewer.unit.id).division.level if viewer.unit else ""
    rank = LADDER.index(own) if own in LADDER else len(LADDER)
    return [
        (int(level), name)
        for level, name in sorted(rules.table("press.levels", desk, on).items())
        if int(level) >= matter.press_level and rank <= LADDER.index(str(least.get(level, "village")))
    ]


def admissions_for_matter(viewer: Actor, matter: Matter, now: datetime | None = None) -> list[Admission]:
    """Admission rows in force that could cover this matter at its place."""
    on = rules.day_of(present(now))
    chain, category = [], matter.category
    while category is not None:
        chain.append(category.pk)
        category = category.parent
    rows = Admission.objects.filter(
        valid_on(on), Q(category_id__in=chain) | Q(category__isnull=True), state=Admission.State.IN_FORCE,
        scope_unit__path__in=ancestors(matter.place_path),
    )  # fmt: skip
    return list(rows.order_by("code"))


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that the viewer may decide."""

    request: Request
    row: Row


def requests_waiting_for(viewer: Actor, *, limit: int = 200) -> list[Request]:
    """Requests that wait for somebody at the viewer's desks, oldest first: not the viewer's own."""
    kinds = [Request.EXTENSION, Request.UNSOLVABLE] if viewer.has("matters.decide") else []
    kinds += [Request.EXCLUSION] if viewer.has("matters.review") else []
    kinds += [Request.DISPUTE] if viewer.has("matters.assign") else []
    if viewer.unit is None or not kinds:
        return []
    desk, holder = (in_range(viewer.unit.scope, f"matter__{side}_path") for side in ("desk", "holder"))
    mine = (desk & ~Q(kind=Request.DISPUTE)) | (holder & Q(kind=Request.DISPUTE))
    found = Request.objects.filter(mine, granted__isnull=True, kind__in=kinds).exclude(asked_by=viewer.account_id or 0)
    return list(found.select_related("matter", "asked_unit").order_by("asked_at", "id")[:limit])


def may_unmask(viewer: Actor, matter: Matter) -> bool:
    """Whether the viewer may see name and phone (with a purpose): staff who steer or handle it."""
    parties = parties_of(matter.pk)
    return sees(viewer, matter, parties) and involved(viewer, matter, [each.unit_path for each in parties])


def involved(viewer: Actor, matter: Matter, paths: Iterable[str]) -> bool:
    """Whether the viewer's unit steers the matter or takes part in it, and the post handles or weighs."""
    unit = viewer.unit
    if unit is None or not (viewer.has("matters.handle") or viewer.has("matters.rate") or viewer.has("matters.triage")):
        return False
    if matter.desk_path in unit.scope:
        return True
    return any(path == unit.path or (unit.kind != "division" and path in unit.scope) for path in paths)


