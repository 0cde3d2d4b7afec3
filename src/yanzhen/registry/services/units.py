"""Changing the tree: every change has a day and a document, keeps the history of placements and leaves a trail.

Other modules that keep a copy of a path register with :func:`on_units_moved` and :func:`on_units_ended`; they are called in
the same transaction, so that nobody ever sees half of a move.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.rulebook.api import value
from yanzhen.kernel.scope.api import Actor, in_range, need, path_range
from yanzhen.kernel.trail import api as trail
from yanzhen.registry import actions
from yanzhen.registry.domain import units as rules
from yanzhen.registry.domain.people import spelled_place
from yanzhen.registry.models import (
    Household,
    Person,
    Placement,
    Post,
    Unit,
    UnitBoundary,
    UnitChange,
    UnitLeader,
)
from yanzhen.registry.selectors.units import live, place, ref, sub_level_names, tree_changed

Moved = Callable[[Actor, datetime, str, str, Sequence[int]], object]
Ended = Callable[[Actor, datetime, int, int | None], object]
_MOVED: list[Moved] = []
_ENDED: list[Ended] = []
What = UnitChange.What


def on_units_moved(hook: Moved) -> Moved:
    """Register ``hook(actor, now, old_path, new_path, unit_ids)``: a unit and all below it got new paths."""
    if hook not in _MOVED:
        _MOVED.append(hook)
    return hook


def on_units_ended(hook: Ended) -> Ended:
    """Register ``hook(actor, now, unit_id, into_id)``: a unit ended; its work goes to ``into_id`` (None: to nobody)."""
    if hook not in _ENDED:
        _ENDED.append(hook)
    return hook


def above(unit: Unit) -> Unit | None:
    """The parent of a unit, None at the top."""
    tree: Any = Unit.objects
    found: Unit | None = tree.get_parent(unit)
    return found


def facts(unit: Unit) -> dict[str, Any]:
    """What the trail keeps of a unit."""
    return {
        "code": unit.code, "name": unit.name, "kind": unit.kind, "level": unit.level, "path": unit.path,
        "from": unit.valid_from, "to": unit.valid_to,
    }  # fmt: skip


def _lock(*unit_ids: int) -> list[Unit]:
    """The units, fresh, with the top of the tree locked: changes of the tree happen one after another."""
    list(Unit.objects.select_for_update().filter(depth=1).values_list("pk", flat=True))
    found = {unit.pk: unit for unit in Unit.objects.filter(pk__in=unit_ids)}
    return [found[unit_id] for unit_id in unit_ids]


def _today(now: datetime) -> date:
    return timezone.localdate(now)


def _record(
    actor: Actor, now: datetime, action: str, unit: Unit, document: str, *, before: Any = None, after: Any = None
) -> None:
    trail.record(
        actor=actor, now=now, action=action, kind="unit", subject_id=unit.pk, label=unit.name, before=before,
        after=after or facts(unit), purpose=document, unit_path=unit.path,
    )  # fmt: skip


def _change(unit: Unit, what: str, on: date, document: str, *, other: Unit | None = None, before: str = "",
            after: str = "") -> UnitChange:  # fmt: skip
    return UnitChange(
        unit=unit, what=what, on=on, other=other, before=before[:120], after=after[:120], document=document
    )


def _spell(unit: Unit) -> None:
    unit.pinyin, unit.initials = spelled_place(unit.name)


def _free(codes: Sequence[str], but: Sequence[int] = ()) -> None:
    taken = Unit.objects.filter(code__in=codes, valid_to__isnull=True).exclude(pk__in=but).first()
    if taken is not None:
        raise DomainError(
            "units.code.taken", "代码“{value}”已由“{name}”使用。", field="code", value=taken.code, name=taken.name
        )


def _digits(parent: Unit | None, on: date) -> int:
    return int(value("units.grid_code_digits", ref(parent) if parent else None, on=on))


def _depth(parent: Unit | None, on: date) -> int:
    return len(sub_level_names(ref(parent) if parent else None, on))


def _below(unit: Unit, depth: int = 1) -> Q:
    return in_range(path_range(unit.path), "path") & Q(depth=unit.depth + depth)


def _next_code(parent: Unit, kind: str, on: date) -> str:
    # Z is above every digit and every letter of a kind, in each collation
    found = Unit.objects.filter(code__gt=parent.code, code__lt=parent.code + "Z")
    taken = list(found.values_list("code", flat=True))
    if kind == "grid":
        digits = _digits(parent, on)
        length = len(parent.code) + digits
        return rules.next_sub_code(parent.code, [code for code in taken if len(code) == length], digits)
    if kind in rules.BODIES:
        return rules.next_body_code(parent.code, kind, taken)
    raise DomainError("units.code.needed", "请填写区划代码。", field="code")


def _found(parent: Unit | None, **fields: Any) -> Unit:
    """A new node under a parent with its spelling and placement."""
    unit = Unit(**fields)
    _spell(unit)
    tree: Any = Unit.objects
    laid: Unit = tree.add_child(parent, instance=unit) if parent else tree.add_root(instance=unit)
    Placement.objects.create(unit=laid, parent=parent, valid_from=laid.valid_from)
    return laid


@transaction.atomic
def create(
    *,
    actor: Actor,
    now: datetime,
    parent: Unit | None,
    name: str,
    kind: str,
    level: str = "",
    code: str = "",
    on: date,
    document: str,
    short_name: str = "",
    class_code: str = "",
    phone: str = "",
) -> Unit:
    """Found a unit under ``parent`` (None: a root, by the system only). Without a code a grid or body gets the next one."""
    if parent is None:
        if not actor.is_system:
            raise DomainError("units.parent.needed", "请选择上级单位。", field="parent")
    else:
        (parent,) = _lock(parent.pk)
        need(actor, "units.manage", parent.path)
        rules.check_live(place(parent), on, _today(now))
    name, document = rules.check_name(name), rules.check_document(document)
    upper = place(parent) if parent else None
    rules.check_under(kind, level, upper, _depth(parent, on))
    code = code.strip().upper() or (_next_code(parent, kind, on) if parent else "")
    rules.check_code(code, kind=kind, level=level, parent=upper, digits=_digits(parent, on))
    _free([code])
    if parent and Unit.objects.filter(_below(parent), live(), name=name, kind=kind).exists():
        raise DomainError("units.name.twice", "“{parent}”之下已有同名单位。", field="name", parent=parent.name)
    unit = _found(
        parent, name=name, kind=kind, level=level, code=code, valid_from=on, short_name=short_name.strip(),
        class_code=class_code.strip(), phone=phone.strip(),
    )  # fmt: skip
    _change(unit, What.FOUNDED, on, document, after=name).save()
    _record(actor, now, actions.UNIT_CREATED, unit, document)
    return unit


@transaction.atomic
def rename(*, actor: Actor, now: datetime, unit: Unit, name: str, on: date, document: str) -> Unit:
    """Give a unit another name from a day on; the old one stays in its history."""
    (unit,) = _lock(unit.pk)
    need(actor, "units.manage", unit.path)
    rules.check_live(place(unit), on, _today(now))
    name, document = rules.check_name(name), rules.check_document(document)
    if name == unit.name:
        raise DomainError("units.name.same", "新名称与原名称相同。", field="name")
    before = facts(unit)
    _change(unit, What.RENAMED, on, document, before=unit.name, after=name).save()
    unit.name = name
    _spell(unit)
    unit.save(update_fields=["name", "pinyin", "initials"])
    _record(actor, now, actions.UNIT_RENAMED, unit, document, before=before)
    return unit


@transaction.atomic
def edit(*, actor: Actor, now: datetime, unit: Unit, short_name: str, class_code: str, phone: str) -> Unit:
    """Change what no document orders: short name, urban-rural class (3 digits), office phone."""
    (unit,) = _lock(unit.pk)
    need(actor, "units.manage", unit.path)
    before = {"short_name": unit.short_name, "class_code": unit.class_code, "phone": unit.phone}
    unit.short_name, unit.class_code, unit.phone = short_name.strip(), class_code.strip(), phone.strip()
    unit.save(update_fields=["short_name", "class_code", "phone"])
    after = {"short_name": unit.short_name, "class_code": unit.class_code, "phone": unit.phone}
    _record(actor, now, actions.UNIT_EDITED, unit, "", before=before, after=after)
    return unit


def _recode(unit: Unit, code: str, on: date, document: str) -> int:
    """New code for a unit and, by prefix, for everything standing below it; returns how many got one."""
    old = unit.code
    prefix = rules.significant(old, unit.level) if unit.kind == "division" else old
    fresh = rules.significant(code, unit.level) if unit.kind == "division" else code
    below = list(Unit.objects.filter(in_range(path_range(unit.path), "path"), live()).exclude(pk=unit.pk))
    touched = [unit, *(each for each in below if each.code.startswith(prefix))]
    codes = [code, *(fresh + each.code[len(prefix) :] for each in touched[1:])]
    _free(codes, [each.pk for each in touched])
    changes = []
    for each, wanted in zip(touched, codes, strict=True):
        changes.append(_change(each, What.RECODED, on, document, before=each.code, after=wanted))
        each.code = wanted
    # two units may swap codes: park them first, or the unique index sees both at once
    Unit.objects.filter(pk__in=[each.pk for each in touched]).update(valid_to=date.max)
    Unit.objects.bulk_update(touched, ["code"], batch_size=500)
    Unit.objects.filter(pk__in=[each.pk for each in touched]).update(valid_to=None)
    UnitChange.objects.bulk_create(changes, batch_size=500)
    return len(touched)


@transaction.atomic
def recode(*, actor: Actor, now: datetime, unit: Unit, code: str, on: date, document: str) -> Unit:
    """Give a unit another code from a day on; everything below that carries it as prefix follows."""
    (unit,) = _lock(unit.pk)
    need(actor, "units.manage", unit.path)
    rules.check_live(place(unit), on, _today(now))
    document, code = rules.check_document(document), code.strip().upper()
    parent = above(unit)
    upper = place(parent) if parent else None
    rules.check_code(code, kind=unit.kind, level=unit.level, parent=upper, digits=_digits(parent, on))
    if code == unit.code:
        raise DomainError("units.code.same", "新代码与原代码相同。", field="code")
    before = facts(unit)
    number = _recode(unit, code, on, document)
    _record(actor, now, actions.UNIT_RECODED, unit, document, before=before, after={**facts(unit), "units": number})
    return unit


def _replace(actor: Actor, now: datetime, unit: Unit, target: Unit, on: date) -> tuple[Unit, Unit]:
    """Hang a unit under another: placement, paths, hooks. Both come back fresh."""
    old_path = unit.path
    current = Placement.objects.select_for_update().filter(unit=unit, valid_to__isnull=True).get()
    if on < current.valid_from:
        raise DomainError(
            "units.move.before", "“{name}”在{since}才划到现在的上级，日期不能更早。", field="on", name=unit.name,
            since=current.valid_from.isoformat(),
        )  # fmt: skip
    if on == current.valid_from:
        current.parent = target
        current.save(update_fields=["parent"])
    else:
        current.valid_to = on
        current.save(update_fields=["valid_to"])
        Placement.objects.create(unit=unit, parent=target, valid_from=on)
    tree: Any = Unit.objects
    tree.move(unit, target, "last-child")
    unit, target = Unit.objects.get(pk=unit.pk), Unit.objects.get(pk=target.pk)
    ids = list(Unit.objects.filter(in_range(path_range(unit.path), "path")).values_list("pk", flat=True))
    transaction.on_commit(tree_changed)
    tree_changed()
    for hook in _MOVED:
        hook(actor, now, old_path, unit.path, ids)
    return unit, target


@transaction.atomic
def move(*, actor: Actor, now: datetime, unit: Unit, parent: Unit, on: date, document: str, code: str = "") -> Unit:
    """Move a unit with everything below it under another parent from a day on, with a new code if there is one."""
    unit, parent = _lock(unit.pk, parent.pk)
    need(actor, "units.manage", unit.path)
    need(actor, "units.manage", parent.path)
    document, before = rules.check_document(document), facts(unit)
    rules.check_move(place(unit), place(parent), on, _today(now), _depth(parent, on))
    held = above(unit)
    change = _change(unit, What.MOVED, on, document, other=parent, before=held.name if held else "", after=parent.name)
    unit, parent = _replace(actor, now, unit, parent, on)
    change.save()
    code = code.strip().upper()
    if code and code != unit.code:
        rules.check_code(code, kind=unit.kind, level=unit.level, parent=place(parent), digits=_digits(parent, on))
        _recode(unit, code, on, document)
    _record(actor, now, actions.UNIT_MOVED, unit, document, before=before)
    return unit


def _close(actor: Actor, now: datetime, unit: Unit, on: date, into: Unit | None, document: str) -> None:
    """End a unit: validity, placement, leaders and posts; rights end today, whatever the day of the document."""
    unit.valid_to = on
    unit.save(update_fields=["valid_to"])
    Placement.objects.filter(unit=unit, valid_to__isnull=True).update(valid_to=on)
    UnitLeader.objects.filter(unit=unit, valid_to__isnull=True).update(valid_to=on)
    UnitBoundary.objects.filter(unit=unit, valid_to__isnull=True).update(valid_to=on)
    today = _today(now)
    Post.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=today), unit=unit).update(
        valid_to=today, closing_note=document
    )
    for hook in _ENDED:
        hook(actor, now, unit.pk, into.pk if into else None)


@transaction.atomic
def end(*, actor: Actor, now: datetime, unit: Unit, on: date, document: str) -> Unit:
    """End an empty unit: no standing unit, no living person and no household may be left in it."""
    (unit,) = _lock(unit.pk)
    need(actor, "units.manage", unit.path)
    document, before = rules.check_document(document), facts(unit)
    children = Unit.objects.filter(_below(unit), live()).count()
    people = Person.objects.filter(unit=unit, died_on__isnull=True, merged_into__isnull=True).count()
    households = Household.objects.filter(unit=unit, valid_to__isnull=True).count()
    rules.check_end(place(unit), on, _today(now), children, people, households)
    _change(unit, What.ENDED, on, document).save()
    _close(actor, now, unit, on, None, document)
    _record(actor, now, actions.UNIT_ENDED, unit, document, before=before)
    return unit


def _carry_people(source: Unit, target: Unit) -> None:
    """People and households of one unit to another; a household number that is taken there gets the old code's tail."""
    taken = set(Household.objects.filter(unit=target).values_list("number", flat=True))
    for household in Household.objects.filter(unit=source, number__in=taken):
        household.number = f"{household.number}-{source.code[-6:]}"[:40]
        household.save(update_fields=["number"])
    Household.objects.filter(unit=source).update(unit=target)
    Person.objects.filter(unit=source).update(unit=target)


def _carry_children(actor: Actor, now: datetime, source: Unit, target: Unit, on: date, document: str) -> Unit:
    """Standing children of one unit to another; grids get numbers of their new parent. The target comes back fresh."""
    for child in list(Unit.objects.filter(_below(source), live()).order_by("code")):
        change = _change(child, What.MOVED, on, document, other=target, before=source.name, after=target.name)
        child, target = _replace(actor, now, child, target, on)
        change.save()
        if child.kind == "grid":
            _recode(child, _next_code(target, "grid", on), on, document)
    return target


@transaction.atomic
def merge(*, actor: Actor, now: datetime, sources: Sequence[Unit], target: Unit, on: date, document: str) -> Unit:
    """Merge units into one of their kind and level: children, people and households go over, the sources end."""
    target, *found = _lock(target.pk, *dict.fromkeys(unit.pk for unit in sources))
    for unit in (target, *found):
        need(actor, "units.manage", unit.path)
    document = rules.check_document(document)
    rules.check_merge([place(unit) for unit in found], place(target), on, _today(now))
    for source in found:
        before = facts(source)
        target = _carry_children(actor, now, source, target, on, document)
        _carry_people(source, target)
        source = Unit.objects.get(pk=source.pk)
        _change(source, What.MERGED, on, document, other=target, before=source.name, after=target.name).save()
        _close(actor, now, source, on, target, document)
        _record(actor, now, actions.UNIT_MERGED, source, document, before=before,
                after={**facts(source), "into": target.pk})  # fmt: skip
    merged: Unit = Unit.objects.get(pk=target.pk)
    return merged


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a split: its name and code and the ids of the children that go over to it."""

    name: str
    code: str
    children: tuple[int, ...] = ()


@transaction.atomic
def split(
    *,
    actor: Actor,
    now: datetime,
    unit: Unit,
    parts: Sequence[Part],
    on: date,
    document: str,
    ends: bool = False,
    rest: int = 0,
) -> list[Unit]:
    """Divide a unit: new units beside it take over the named children.

    ``ends``: the unit itself ends; then what was not named, and the people and households that hang on it directly, go to the
    part number ``rest`` (from 0). Returns the new units in order.
    """
    (unit,) = _lock(unit.pk)
    need(actor, "units.manage", unit.path)
    document, before = rules.check_document(document), facts(unit)
    rules.check_live(place(unit), on, _today(now))
    if not parts or (ends and (len(parts) < 2 or on <= unit.valid_from)) or not 0 <= rest < len(parts):
        raise DomainError("units.split.parts", "请至少写明一个新单位；原单位撤销时至少写明两个。", field="parts")
    children = set(Unit.objects.filter(_below(unit), live()).values_list("pk", flat=True))
    named = [child for part in parts for child in part.children]
    if len(named) != len(set(named)) or not set(named) <= children:
        raise DomainError(
            "units.split.children", "划给新单位的下级重复，或不属于“{name}”。", field="parts", name=unit.name
        )
    parent = above(unit)
    made: list[Unit] = []
    for part in parts:
        if parent is not None:
            parent = Unit.objects.get(pk=parent.pk)
        name = rules.check_name(part.name)
        code = part.code.strip().upper() or (_next_code(parent, unit.kind, on) if parent else "")
        rules.check_code(
            code, kind=unit.kind, level=unit.level, parent=place(parent) if parent else None, digits=_digits(parent, on)
        )
        _free([code])
        new = _found(parent, name=name, kind=unit.kind, level=unit.level, code=code, valid_from=on)
        _change(new, What.SPLIT, on, document, other=unit, before=unit.name, after=name).save()
        for child_id in part.children:
            child = Unit.objects.get(pk=child_id)
            change = _change(child, What.MOVED, on, document, other=new, before=unit.name, after=new.name)
            child, new = _replace(actor, now, child, new, on)
            change.save()
            if child.kind == "grid":
                _recode(child, _next_code(new, "grid", on), on, document)
        _record(actor, now, actions.UNIT_SPLIT, new, document, before=before)
        made.append(new)
    if ends:
        unit = Unit.objects.get(pk=unit.pk)
        made[rest] = _carry_children(actor, now, unit, made[rest], on, document)
        _carry_people(unit, made[rest])
        unit = Unit.objects.get(pk=unit.pk)
        _change(unit, What.ENDED, on, document, other=made[rest]).save()
        _close(actor, now, unit, on, made[rest], document)
        _record(actor, now, actions.UNIT_ENDED, unit, document, before=before)
    return [Unit.objects.get(pk=new.pk) for new in made]


@transaction.atomic
def set_leader(
    *, actor: Actor, now: datetime, unit: Unit, person: Person | None, title: str, on: date
) -> UnitLeader | None:
    """Name who leads a unit under a title (网格长 …) from a day on; None ends the one before and names nobody."""
    need(actor, "units.manage", unit.path)
    rules.check_live(place(unit), on, _today(now))
    title = title.strip()
    if not title or len(title) > 40:
        raise DomainError("units.leader.title", "请填写职务名称，不超过40个字。", field="title")
    held = UnitLeader.objects.filter(unit=unit, title=title, valid_to__isnull=True)
    before = [row.person_id for row in held]
    held.filter(valid_from__gte=on).delete()
    held.update(valid_to=on)
    row = UnitLeader.objects.create(unit=unit, person=person, title=title, valid_from=on) if person else None
    _record(
        actor, now, actions.UNIT_LEADER, unit, "", before={"title": title, "people": before},
        after={"title": title, "person": person.pk if person else None},
    )  # fmt: skip
    return row


@transaction.atomic
def store_boundaries(*, actor: Actor, now: datetime, text: str, on: date, source: str, crs: str = "CGCS2000") -> int:
    """Keep the borders of a GeoJSON FeatureCollection, one feature a unit (property ``code``); returns how many.

    All or none: a code that does not stand in the actor's scope refuses the file. Borders before are kept with their end.
    """
    found = rules.read_boundaries(text)
    rules.check_document(source)
    units = {unit.code: unit for unit in Unit.objects.filter(live(), code__in=list(found))}
    for code in found:
        if code not in units:
            raise DomainError("units.boundary.unknown", "没有代码为“{value}”的单位。", field="file", value=code)
        need(actor, "units.manage", units[code].path)
        rules.check_live(place(units[code]), on, _today(now))
    held = UnitBoundary.objects.filter(unit__in=units.values(), valid_to__isnull=True)
    held.filter(valid_from__gte=on).delete()
    held.update(valid_to=on)
    UnitBoundary.objects.bulk_create(
        UnitBoundary(
            unit=units[code], geojson=json.dumps(geometry, separators=(",", ":")), crs=crs, source=source.strip()[:120],
            valid_from=on,
        )
        for code, geometry in found.items()
    )  # fmt: skip
    trail.record(
        actor=actor, now=now, action=actions.BOUNDARIES_STORED, kind="unit", subject_id=min(u.pk for u in units.values()),
        label=f"{len(found)}", after={"codes": sorted(found)[:200], "number": len(found), "on": on}, purpose=source,
    )  # fmt: skip
    return len(found)
