"""Reads of the smaller staff pages: lists of admission and duty, presses, categories, places, feedback."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import F, Q, QuerySet

from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.scope.api import Actor, ancestors, in_range, path_range
from yanzhen.matters.models import Admission, Category, DutyItem, Feedback, Matter, Press, SavedFilter
from yanzhen.matters.selectors import triage
from yanzhen.matters.selectors.lines import line
from yanzhen.matters.selectors.scope import matters, visible
from yanzhen.registry.api import find_units, path_of, sub_level_names, units_in, valid_on
from yanzhen.registry.models import Unit

MOST = 200
SUB = ("sub1", "sub2", "sub3", "sub4")


def _along(viewer: Actor, field: str) -> Q:
    """Rows of units at or below the viewer's place, and of those above it (what holds for a place is set above it too)."""
    if viewer.unit is None:
        return Q() if viewer.is_system else Q(pk__in=[])
    return in_range(viewer.unit.scope, field) | Q(**{f"{field}__in": ancestors(viewer.unit.path)})


# --- admission ----------------------------------------------------------------------------------------------------------


def _admissions(viewer: Actor) -> QuerySet[Admission]:
    rows = Admission.objects.select_related("department", "scope_unit", "category")
    return rows.filter(_along(viewer, "scope_unit__path") | _along(viewer, "department__path"))


def admissions_for(viewer: Actor, *, words: str = "", state: str = "") -> list[Admission]:
    """The list of grid work as far as it concerns the viewer's place, what is in force first."""
    rows = _admissions(viewer)
    if words:
        rows = rows.filter(Q(item__icontains=words) | Q(code__icontains=words))
    if state:
        rows = rows.filter(state=state)
    return list(rows.order_by("-state", "-applied_at")[:MOST])


def admission_for(viewer: Actor, pk: int) -> Admission:
    """One item of the list; NotFound outside the viewer's place."""
    found = _admissions(viewer).filter(pk=pk).first()
    if found is None:
        raise NotFound("matters.admission.unknown", "没有找到这条准入事项。")
    return found


def departments(viewer: Actor) -> list[tuple[int, str]]:
    """Departments that the viewer may apply for: the own one, or those on and above the viewer's division."""
    if viewer.unit is None:
        return []
    if viewer.unit.kind == "department":
        return [(viewer.unit.id, viewer.unit.name)]
    found = units_in(viewer, kind="department")[:MOST]
    return [(unit.pk, unit.name) for unit in found] or [(viewer.unit.id, viewer.unit.name)]


def grid_scopes(viewer: Actor) -> list[tuple[int, str]]:
    """Divisions that an item may hold for: from the division the viewer belongs to down to the villages."""
    if viewer.unit is None:
        return []
    above = Unit.objects.filter(path__in=ancestors(viewer.unit.path), kind="division").order_by("-path")
    division = above.first()
    if division is None:
        return []
    below = Unit.objects.filter(
        in_range(path_range(division.path), "path"),
        kind="division",
        valid_to__isnull=True,
        level__in=["county", "township"],
    ).order_by("path")[:MOST]
    found = {unit.pk: unit.name for unit in [division, *below]}
    return list(found.items())


def grid_levels(viewer: Actor, on: date) -> list[tuple[str, str]]:
    """Levels below the village with their local names."""
    names = sub_level_names(viewer.unit, on)
    return [(level, names[level]) for level in SUB if level in names]


# --- duties -------------------------------------------------------------------------------------------------------------


def duty_items(
    viewer: Actor, on: date, *, words: str = "", list_code: str = "", unit_id: int | None = None
) -> list[DutyItem]:
    """Lines of duty lists that hold in or above the viewer's place."""
    rows = DutyItem.objects.filter(valid_on(on)).filter(_along(viewer, "unit__path"))
    if words:
        rows = rows.filter(item__icontains=words)
    if list_code:
        rows = rows.filter(list=list_code)
    if unit_id:
        rows = rows.filter(unit_id=unit_id)
    return list(rows.select_related("unit", "department").order_by("unit__path", "list", "id")[:MOST])


def units_with_duties(viewer: Actor) -> list[tuple[int, str]]:
    """Units that have a list of their own."""
    held = DutyItem.objects.filter(_along(viewer, "unit__path")).values("unit_id")
    return list(Unit.objects.filter(pk__in=held).order_by("path").values_list("pk", "name")[:MOST])


# --- presses ------------------------------------------------------------------------------------------------------------


def presses_for(viewer: Actor, *, cleared: bool = False) -> list[Press]:
    """Presses on matters that the viewer sees, newest first."""
    pressed = matters(viewer).filter(presses__cleared_at__isnull=not cleared)
    if not cleared:
        pressed = pressed.filter(press_level__gt=0)
    rows = Press.objects.filter(matter__in=pressed.values("pk"), cleared_at__isnull=not cleared)
    if not cleared:
        rows = rows.filter(
            level=F("matter__press_level")
        )  # the level in force; those before it stand on the matter's page
    return list(rows.select_related("matter__lead", "matter__holder", "by_unit").order_by("-at", "-id")[:MOST])


def place_names(units: Iterable[Unit]) -> list[tuple[int, str]]:
    """Places with the name above them, for a list of choices."""
    found = list(units)
    names = {unit.path: unit.name for unit in found}
    return [(unit.pk, f"{names.get(unit.path[: -Unit.steplen], '')} {unit.name}".strip()) for unit in found]


# --- categories and places ----------------------------------------------------------------------------------------------


def category_roots() -> list[Category]:
    """The first level of the table."""
    return list(Category.objects.filter(level=1, retired=False).order_by("position", "code"))


def categories_like(words: str, *, limit: int = 20) -> list[Category]:
    """Categories by any part of the name or the beginning of the code; the deepest first, they are what is wanted."""
    words = words.strip()
    if not words:
        return []
    rows = Category.objects.filter(Q(full_name__icontains=words) | Q(code__startswith=words), retired=False)
    return list(rows.order_by("-level", "position", "code")[:limit])


def category_at(text: str) -> Category | None:
    """The category somebody picked or typed: code (alone or before a blank), full name, or a name that is unique."""
    code = text.split()[0] if text.split() else ""
    found = Category.objects.filter(code=code, retired=False).first()
    if found is not None:
        return found
    for field in ("full_name", "name"):
        named = list(Category.objects.filter(**{field: text}, retired=False)[:2])
        if len(named) == 1:
            return named[0]
    return None


def places_like(viewer: Actor, words: str, *, limit: int = 12) -> list[tuple[Unit, str]]:
    """Divisions and grids in the viewer's place by name, code or pinyin, each with the names above it."""
    found = [unit for unit in find_units(viewer, words, limit=limit * 2) if unit.kind in {"division", "grid"}][:limit]
    above = path_of(found)
    return [
        (unit, "".join(each.name for each in above[unit.pk] if each.level in {"township", "village"})) for unit in found
    ]


def place_at(viewer: Actor, text: str) -> Unit | None:
    """The place somebody picked or typed: code (alone or before a blank) or a name that is unique in the viewer's place."""
    rows = units_in(viewer).filter(kind__in=["division", "grid"])
    found = rows.filter(code=text.split()[0].upper()).first() if text.split() else None
    if found is not None:
        return found
    named = list(rows.filter(name=text)[:2])
    return named[0] if len(named) == 1 else None


def below(viewer: Actor) -> list[Unit]:
    """Standing units directly below the viewer's own."""
    if viewer.unit is None:
        return []
    depth = len(viewer.unit.path) // Unit.steplen + 1
    return list(units_in(viewer, capability="matters.view").filter(depth=depth)[:MOST])


def place_asked(viewer: Actor, unit_id: str, known: set[int]) -> list[tuple[int, str]]:
    """The unit that an address names, if it lies within the viewer's place and is not offered anyway."""
    if not unit_id.isdigit() or len(unit_id) > 18 or int(unit_id) in known:
        return []
    found = units_in(viewer, capability="matters.view", ended=True).filter(pk=int(unit_id)).first()
    return [(found.pk, found.name)] if found else []


# --- saved filters, feedback --------------------------------------------------------------------------------------------


def saved_filters(viewer: Actor) -> list[SavedFilter]:
    """The viewer's own named filters."""
    return list(SavedFilter.objects.filter(account_id=viewer.account_id or 0).order_by("name"))


def feedback_for(viewer: Actor, *, answered: bool = False) -> list[Feedback]:
    """What people said about the platform, within the viewer's place; from outside any place, everybody's who answers."""
    rows = Feedback.objects.filter(answered_at__isnull=not answered)
    if viewer.unit is not None:
        rows = rows.filter(in_range(viewer.unit.scope, "unit_path") | Q(unit_path=""))
    return list(rows.order_by("-at", "-id")[:MOST])


def feedback_one(viewer: Actor, pk: int) -> Feedback:
    """One of them; NotFound outside the viewer's place."""
    reach = in_range(viewer.unit.scope, "unit_path") | Q(unit_path="") if viewer.unit else Q()
    found = Feedback.objects.filter(reach, pk=pk).first()
    if found is None:
        raise NotFound("matters.feedback.unknown", "没有找到这条意见建议。")
    return found


def feedback_of(viewer: Actor) -> list[Feedback]:
    """What the viewer said."""
    return list(Feedback.objects.filter(account_id=viewer.account_id or 0).order_by("-at")[:20])


def named(rows: Iterable[Any]) -> list[tuple[int, str]]:
    """Pairs for a list of choices."""
    return [(row.pk, row.name) for row in rows]


# --- triage model -------------------------------------------------------------------------------------------------------

CHECKED = (
    50  # newest matters since the training whose category people decided: enough for a share, cheap enough for a page
)


@dataclass(frozen=True, slots=True)
class TriageState:
    """What the helper learned from and how it does since. ``agreed``/``checked``: of the matters weighed after the
    training, those whose first-level category people chose as suggested first."""

    county: int | None
    trained_at: datetime | None
    examples: int = 0
    with_unit: int = 0
    classes: int = 0
    agreed: int = 0
    checked: int = 0


def triage_state(viewer: Actor) -> TriageState:
    """The state of the model of the viewer's county."""
    place = line(viewer.unit.id) if viewer.unit is not None else None
    if place is None:
        return TriageState(None, None)
    county = place.level("county")
    kept = triage.folder(county) / "categories.npz"
    model, units = triage.model_for(place), triage.units_for(place)
    if not kept.exists() or model is None:
        return TriageState(county, None)
    trained_at = datetime.fromtimestamp(kept.stat().st_mtime, UTC)
    since = Matter.objects.filter(visible(viewer), received_at__gte=trained_at, category__isnull=False, secret=False)
    agreed = checked = 0
    for title, text, code in since.order_by("-received_at").values_list("title", "text", "category__code")[:CHECKED]:
        given = model.suggest(title, text, 1)
        if given and code in model.table:
            checked += 1
            agreed += model.table.first_of(code) == given[0].code
    return TriageState(
        county,
        trained_at,
        model.examples,
        units.examples if units else 0,
        len(model.table.first_level),
        agreed,
        checked,
    )
