"""Bringing the tree to a yearly list of divisions: in bulk, dated, once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction
from django.db.models import Count, F, Max, Q
from django.utils import timezone

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.scope.api import Actor, need
from yanzhen.kernel.trail import api as trail
from yanzhen.registry import actions
from yanzhen.registry.domain.divisions import Division, Plan, Standing, compare, short_name
from yanzhen.registry.domain.people import spelled_place
from yanzhen.registry.domain.units import ALPHABET, STEP, check_document, padded, step_number, step_text
from yanzhen.registry.models import Household, Person, Placement, Unit, UnitChange
from yanzhen.registry.services.units import _close, _replace, above

Progress = Callable[[str, int, int], object]
What = UnitChange.What
BATCH = 2000


@dataclass
class Report:
    """What a list did. ``problems``: code, name and reason of what has to be settled by hand."""

    on: date
    lines: int
    same: int = 0
    founded: int = 0
    renamed: list[tuple[str, str, str]] = field(default_factory=list)
    recoded: list[tuple[str, str, str]] = field(default_factory=list)
    moved: list[tuple[str, str, str]] = field(default_factory=list)
    ended: list[tuple[str, str]] = field(default_factory=list)
    problems: list[tuple[str, str, str]] = field(default_factory=list)
    by_level: dict[str, int] = field(default_factory=dict)
    first: bool = False


def standing(prefix: str = "") -> list[Standing]:
    """Divisions that stand at and below a code prefix, and those above it."""
    above = [padded(prefix[:length]) for length in (2, 4, 6, 9) if length < len(prefix)]
    rows = list(
        Unit.objects.filter(Q(code__gte=prefix, code__lt=prefix + "Z") | Q(code__in=above))
        .filter(kind=Unit.Kind.DIVISION, valid_to__isnull=True)
        .values_list("pk", "code", "name", "level", "path", "valid_from")
    )
    ids = {path: pk for pk, _code, _name, _level, path, _since in rows}
    parents = {path[:-STEP] for *_others, path, _since in rows} - set(ids) - {""}
    for start in range(0, len(parents), 500):
        chunk = sorted(parents)[start : start + 500]
        ids.update(Unit.objects.filter(path__in=chunk).values_list("path", "pk"))
    return [
        Standing(pk, code, name, level, ids.get(path[:-STEP]), since) for pk, code, name, level, path, since in rows
    ]


def _quiet(what: str, done: int, total: int) -> None:
    return None


@transaction.atomic
def apply(
    *,
    actor: Actor,
    now: datetime,
    divisions: Sequence[Division],
    prefix: str,
    on: date,
    document: str,
    progress: Progress = _quiet,
) -> Report:
    """Apply a list (arranged, see :func:`~yanzhen.registry.division_lists.read`) as at a day; safe to repeat.

    The first list of a prefix lays the tree. A later one founds, renames, recodes, moves and ends with that day as validity;
    a division that is gone from the list but still holds grids, bodies, people or households is left standing and named in
    the report. All or nothing.
    """
    need(actor, "units.manage", "")
    document = check_document(document)
    if on > timezone.localdate(now):
        raise DomainError("units.on.future", "尚未生效的变更，请在生效当日或之后登记。", field="on")
    list(Unit.objects.select_for_update().filter(depth=1).values_list("pk", flat=True))
    held = standing(prefix)
    plan = compare(held, divisions, on)
    report = Report(on, len(divisions), same=plan.same, first=not held)
    changes: list[UnitChange] = []
    progress("ended", 0, len(plan.ended))
    _end(actor, now, plan, on, document, report, changes)
    _recode(plan, on, document, report, changes)
    _rename(plan, on, document, report, changes)
    made = _found(plan, on, document, report, changes, progress)
    _move(actor, now, plan, on, document, report, changes, made)
    UnitChange.objects.bulk_create(changes, batch_size=BATCH)
    if not plan.empty:
        _record(actor, now, report, prefix, document)
    return report


def _record(actor: Actor, now: datetime, report: Report, prefix: str, document: str) -> None:
    trail.record(
        actor=actor, now=now, action=actions.DIVISIONS_IMPORTED, kind="divisions", subject_id=prefix or "0",
        label=f"{report.on}", purpose=document,
        after={
            "on": report.on, "founded": report.founded, "same": report.same, "renamed": len(report.renamed),
            "recoded": len(report.recoded), "moved": len(report.moved), "ended": len(report.ended),
            "problems": len(report.problems), "by_level": report.by_level,
        },
    )  # fmt: skip


def _occupied(units: Sequence[Standing]) -> dict[int, str]:
    """Why units cannot end: what hangs on them other than divisions."""
    found: dict[int, str] = {}
    for start in range(0, len(units), 500):
        ids = [unit.id for unit in units[start : start + 500]]
        for rows, words in (
            (
                Placement.objects.filter(parent_id__in=ids, valid_to__isnull=True)
                .exclude(unit__kind=Unit.Kind.DIVISION)
                .values_list("parent_id"),
                "{n}个下级单位",
            ),
            (
                Person.objects.filter(unit_id__in=ids, died_on__isnull=True, merged_into__isnull=True).values_list(
                    "unit_id"
                ),
                "{n}人",
            ),
            (Household.objects.filter(unit_id__in=ids, valid_to__isnull=True).values_list("unit_id"), "{n}户"),
        ):
            for unit_id, n in rows.annotate(n=Count("pk")).order_by():
                found[unit_id] = "、".join(filter(None, [found.get(unit_id, ""), words.format(n=n)]))
    return found


def _end(
    actor: Actor, now: datetime, plan: Plan, on: date, document: str, report: Report, changes: list[UnitChange]
) -> None:
    """End what is gone; whatever is occupied stays, and so does everything above it."""
    kept = _occupied(plan.ended)
    by_id = {unit.id: unit for unit in plan.ended}
    kept.update({unit.id: "设立日期与清单日期相同" for unit in plan.ended if unit.since >= on})
    for unit_id in list(kept):
        above = by_id[unit_id].parent
        while above in by_id and above not in kept:
            kept[above] = "下级尚未撤销"
            above = by_id[above].parent
    for unit in plan.ended:
        if unit.id in kept:
            report.problems.append((unit.code, unit.name, f"清单中已没有，但还有{kept[unit.id]}，请合并或划转"))
            continue
        row = Unit.objects.get(pk=unit.id)
        _close(actor, now, row, on, None, document)
        changes.append(UnitChange(unit=row, what=What.ENDED, on=on, document=document))
        report.ended.append((unit.code, unit.name))


def _recode(plan: Plan, on: date, document: str, report: Report, changes: list[UnitChange]) -> None:
    """New codes for divisions and for what hangs on them under their old code."""
    fresh = {unit.code: code for unit, code in plan.recoded}
    if not fresh:
        return
    units = {unit.pk: unit for unit in _by_ids([unit.id for unit, _code in plan.recoded])}
    codes = {unit.id: code for unit, code in plan.recoded}
    prefixes = {code[:6] for code in fresh}
    for prefix in sorted(prefixes):
        hanging = Unit.objects.filter(code__gt=prefix, code__lt=prefix + "Z", valid_to__isnull=True)
        for unit in hanging.exclude(kind=Unit.Kind.DIVISION):
            if unit.code[:12] in fresh:
                units[unit.pk], codes[unit.pk] = unit, fresh[unit.code[:12]] + unit.code[12:]
    blocked = _taken(set(codes.values()), set(codes))
    for unit, code in plan.recoded:
        if code in blocked:
            report.problems.append((unit.code, unit.name, f"新代码{code}被占用"))
            codes.pop(unit.id)
        else:
            report.recoded.append((unit.code, unit.name, code))
    touched = [units[unit_id] for unit_id in codes]
    for unit in touched:
        changes.append(
            UnitChange(unit=unit, what=What.RECODED, on=on, before=unit.code, after=codes[unit.pk], document=document)
        )
        unit.code = codes[unit.pk]
    # codes may go round in a ring: park them all, or the unique index sees two at once
    for start in range(0, len(touched), 500):
        Unit.objects.filter(pk__in=[unit.pk for unit in touched[start : start + 500]]).update(valid_to=date.max)
    Unit.objects.bulk_update(touched, ["code"], batch_size=500)
    for start in range(0, len(touched), 500):
        Unit.objects.filter(pk__in=[unit.pk for unit in touched[start : start + 500]]).update(valid_to=None)


def _by_ids(ids: Sequence[int]) -> list[Unit]:
    found: list[Unit] = []
    for start in range(0, len(ids), 500):
        found += Unit.objects.filter(pk__in=ids[start : start + 500])
    return found


def _taken(codes: set[str], but: set[int]) -> set[str]:
    wanted, found = sorted(codes), set()
    for start in range(0, len(wanted), 500):
        rows = Unit.objects.filter(code__in=wanted[start : start + 500], valid_to__isnull=True)
        found |= {code for pk, code in rows.values_list("pk", "code") if pk not in but}
    return found


def _rename(plan: Plan, on: date, document: str, report: Report, changes: list[UnitChange]) -> None:
    names = {unit.id: name for unit, name in plan.renamed}
    rows = _by_ids(list(names))
    for row in rows:
        name = names[row.pk]
        changes.append(UnitChange(unit=row, what=What.RENAMED, on=on, before=row.name, after=name, document=document))
        report.renamed.append((row.code, row.name, name))
        row.name, row.short_name = name, short_name(name)
        row.pinyin, row.initials = spelled_place(name)
    Unit.objects.bulk_update(rows, ["name", "short_name", "pinyin", "initials"], batch_size=500)


def _found(
    plan: Plan, on: date, document: str, report: Report, changes: list[UnitChange], progress: Progress
) -> dict[str, Unit]:
    """Lay new units: paths are computed here, rows written in bulk (one by one it would take minutes)."""
    blocked = _taken({division.code for division in plan.founded}, set())
    wanted = []
    for division in plan.founded:
        if division.code in blocked:
            report.problems.append((division.code, division.name, "代码被占用，没有设立"))
        else:
            wanted.append(division)
    fresh_codes = {division.code for division in wanted}
    outside = sorted({division.parent for division in wanted} - fresh_codes - {""})
    parents: dict[str, Unit] = {}
    for start in range(0, len(outside), 500):
        rows = Unit.objects.filter(code__in=outside[start : start + 500], valid_to__isnull=True)
        parents.update({unit.code: unit for unit in rows})
    top = Unit.objects.filter(depth=1, level=Unit.Level.COUNTRY, valid_to__isnull=True).first()
    last = _last_steps([*parents.values(), *([top] if top else [])])
    units: dict[str, Unit] = {}
    more: dict[int, int] = defaultdict(int)
    for done, division in enumerate(wanted):
        parent = units.get(division.parent) or parents.get(division.parent) or (None if division.parent else top)
        if division.parent and parent is None:
            report.problems.append((division.code, division.name, "没有上级，没有设立"))
            continue
        path = parent.path if parent else ""
        last[path] = last.get(path, 0) + 1
        pinyin, initials = spelled_place(division.name)
        units[division.code] = Unit(
            path=path + step_text(last[path]), depth=len(path) // STEP + 1, numchild=0, code=division.code,
            name=division.name[:80], short_name=short_name(division.name)[:40], kind=Unit.Kind.DIVISION,
            level=division.level, class_code=division.class_code[:3], pinyin=pinyin, initials=initials, valid_from=on,
        )  # fmt: skip
        if parent is None:
            pass
        elif parent.pk:
            more[parent.pk] += 1
        else:
            parent.numchild += 1
        report.by_level[division.level] = report.by_level.get(division.level, 0) + 1
        if done % BATCH == 0:
            progress("founded", done, len(wanted))
    laid = list(units.values())
    for start in range(0, len(laid), BATCH):
        Unit.objects.bulk_create(laid[start : start + BATCH], batch_size=500)
        progress("written", min(start + BATCH, len(laid)), len(laid))
    for parent_id, number in more.items():
        Unit.objects.filter(pk=parent_id).update(numchild=F("numchild") + number)
    ids = {unit.path: unit.pk for unit in [*parents.values(), *([top] if top else []), *laid]}
    Placement.objects.bulk_create(
        [Placement(unit=unit, parent_id=ids.get(unit.path[:-STEP]), valid_from=on) for unit in laid], batch_size=BATCH
    )
    if not report.first:
        changes += [
            UnitChange(unit=unit, what=What.FOUNDED, on=on, after=unit.name, document=document) for unit in laid
        ]
    report.founded = len(laid)
    return {**parents, **units}


def _last_steps(parents: Sequence[Unit]) -> dict[str, int]:
    """The last step taken below each path, and below the top (path "")."""
    last: dict[str, int] = {}
    roots = Unit.objects.filter(depth=1).aggregate(last=Max("path"))["last"]
    last[""] = step_number(roots) if roots else 0
    for parent in parents:
        found = Unit.objects.filter(
            depth=parent.depth + 1, path__gt=parent.path, path__lt=parent.path + ALPHABET[-1] * (STEP + 1)
        ).aggregate(last=Max("path"))["last"]
        last[parent.path] = step_number(found) if found else 0
    return last


def _move(
    actor: Actor, now: datetime, plan: Plan, on: date, document: str, report: Report, changes: list[UnitChange],
    made: dict[str, Unit],
) -> None:  # fmt: skip
    ended = {code for code, _name in report.ended}
    for unit, parent_code in plan.moved:
        target = made.get(parent_code) or Unit.objects.filter(code=parent_code, valid_to__isnull=True).first()
        if target is None or unit.code in ended:
            report.problems.append((unit.code, unit.name, f"新上级{parent_code}不存在，没有划转"))
            continue
        row, target = Unit.objects.get(pk=unit.id), Unit.objects.get(pk=target.pk)
        held = above(row)
        changes.append(
            UnitChange(
                unit=row, what=What.MOVED, on=on, other=target, before=held.name if held else "", after=target.name,
                document=document,
            )
        )  # fmt: skip
        _replace(actor, now, row, target, on)
        report.moved.append((row.code, row.name, target.name))
