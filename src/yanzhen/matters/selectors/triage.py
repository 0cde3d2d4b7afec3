"""Suggestions for who weighs a matter: category and unit with reason and confidence, learned from the own history."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from yanzhen.kernel.scope.api import Actor
from yanzhen.matters.domain.draft import Report, title_of
from yanzhen.matters.domain.triage import CategoryTable, Model, ModelFileError, TermWeights, UnitModel, train
from yanzhen.matters.models import Category, Matter
from yanzhen.matters.selectors.lines import Line, line
from yanzhen.registry.models import Unit


@dataclass(frozen=True, slots=True)
class Choice:
    """A suggestion: ``id``/``code``/``name`` of a category or unit, chance in percent, the words that spoke for it."""

    id: int
    code: str
    name: str
    percent: int
    reason: str


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What the history suggests; a person decides."""

    categories: tuple[Choice, ...]
    units: tuple[Choice, ...]
    examples: int = 0

    def __bool__(self) -> bool:
        return bool(self.categories or self.units)


def folder(county_id: int | None) -> Path:
    """Where the models of a county are kept."""
    return Path(settings.YANZHEN.data) / "triage" / str(county_id or "all")


def _stamp(path: Path) -> float:
    try:
        return os.path.getmtime(path)
    except OSError:
        return 0.0


@lru_cache(maxsize=8)
def _model(path: str, changed: float) -> Model | None:
    try:
        return Model.load(Path(path))
    except ModelFileError:
        return None


@lru_cache(maxsize=8)
def _units(path: str, changed: float, of: str, of_changed: float) -> UnitModel | None:
    categories = _model(of, of_changed)
    try:
        return UnitModel.load(Path(path), categories) if categories is not None else None
    except ModelFileError:
        return None


@lru_cache(maxsize=8)
def _terms(path: str, changed: float) -> TermWeights | None:
    try:
        return TermWeights.load(Path(path))
    except ModelFileError:
        return None


def table_rows() -> list[tuple[str, str, str]]:
    """The category table as (code, name, code above), those above first."""
    rows = Category.objects.filter(retired=False, level__lte=3).order_by("level", "position", "id")
    return list(rows.values_list("code", "name", "parent__code"))


@lru_cache(maxsize=2)
def _cold(rows: tuple[tuple[str, str, str | None], ...]) -> Model | None:
    """The model without any history: the words of the table."""
    if not rows:
        return None
    return train([], [], CategoryTable.from_rows((code, name, above or "") for code, name, above in rows), 0)


def model_for(place: Line) -> Model | None:
    """The county's model, or the table's own words where nothing has been learned; None without a table."""
    path = folder(place.level("county")) / "categories.npz"
    if path.exists():
        found = _model(str(path), _stamp(path))
        if found is not None:
            return found
    return _cold(tuple(table_rows()))


def units_for(place: Line) -> UnitModel | None:
    """The county's model of who handled what."""
    home = folder(place.level("county"))
    path, of = home / "units.npz", home / "categories.npz"
    return _units(str(path), _stamp(path), str(of), _stamp(of)) if path.exists() and of.exists() else None


def term_weights(place: Line) -> TermWeights | None:
    """How rare words are in the county's messages."""
    path = folder(place.level("county")) / "terms.npz"
    return _terms(str(path), _stamp(path)) if path.exists() else None


def suggestions_for(viewer: Actor, matter: Matter | Report, now: datetime | None = None) -> Suggestions:
    """Category and unit for a matter (or draft), with reason and confidence. Units only within the viewer's reach."""
    if matter.place_id is None:
        return Suggestions((), ())
    place = line(matter.place_id)
    title = title_of(matter.text, matter.title)
    model = model_for(place)
    if model is None:
        return Suggestions((), ())
    given = model.suggest(title, matter.text)
    wanted = [each.detail.code if each.detail else each.code for each in given]
    rows = {row.code: row for row in Category.objects.filter(code__in=wanted, retired=False)}
    categories = tuple(
        Choice(
            rows[code].pk, code, rows[code].full_name, round(each.confidence * 100),
            "、".join((each.detail or each).reasons or each.reasons),
        )
        for each, code in zip(given, wanted, strict=True)
        if code in rows
    )
    return Suggestions(categories, _unit_choices(viewer, matter, place, title), model.examples)


def _unit_choices(viewer: Actor, matter: Matter | Report, place: Line, title: str) -> tuple[Choice, ...]:
    learned = units_for(place)
    if learned is None:
        return ()
    code = None
    if isinstance(matter, Matter) and matter.category is not None:
        code = matter.category.code
    given = learned.suggest(title, matter.text, category_code=code)
    rows = {unit.code: unit for unit in Unit.objects.filter(code__in=[each.code for each in given], valid_to__isnull=True)}
    if isinstance(matter, Matter):
        from yanzhen.matters.selectors.desk import lead_choices

        able = {unit.pk for unit in lead_choices(viewer, matter)}
        rows = {key: unit for key, unit in rows.items() if unit.pk in able}
    return tuple(
        Choice(rows[each.code].pk, each.code, rows[each.code].name, round(each.confidence * 100), "、".join(each.reasons))
        for each in given
        if each.code in rows
    )
