"""The static check of a table, run on every save: overlaps, gaps, rules that never fire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from yanzhen.planning.kernel import Finding, Text
from yanzhen.planning.kernel.findings import Severity
from yanzhen.planning.tables.regions import Grid
from yanzhen.planning.tables.table import Table, _order, _then

SHOWN = 200


@dataclass(frozen=True, slots=True)
class Static:
    """What the check found. ``cells``: size of the threshold grid (missing facts included); ``gap``: share of its cells without
    missing facts where no rule holds; ``overlaps``: pairs of rules (ids) that hold together somewhere and conclude differently;
    ``never``: rules that can never decide; ``findings``: the same in words with an example each."""

    cells: int
    gap: float
    overlaps: tuple[tuple[str, str], ...]
    never: tuple[str, ...]
    findings: tuple[Finding, ...]


def check_table(table: Table) -> Static:
    """Check. Under *unique* an overlap is an error, under *any* one with different conclusions; under *first*, *priority* and
    *collect* it is told as a note, because the order settles it. A rule that never decides is an error, a gap a warning (a note when
    a default conclusion stands ready)."""
    grid = Grid(table)
    found: list[Finding] = []
    pairs = []
    rules = table.rules
    for first, second in grid.overlaps():
        one, two = rules[first], rules[second]
        same = _then(table, one) == _then(table, two)
        wrong = table.hit == "unique" or (table.hit == "any" and not same)
        if same and not wrong:
            continue
        pairs.append((one.id, two.id))
        if len(found) < SHOWN:
            cell = grid.witness((1 << first) | (1 << second), 0)
            words = grid.say(cell, first, second) if cell else Text("", "")
            text = Text("规则 {a} 与 {b} 同时成立，例如 {w}", "rules {a} and {b} hold together, for example {w}")
            weight: Severity = "error" if wrong else "note"
            found.append(Finding("tables.overlap", text.fill(a=one.id, b=two.id, w=words), weight, key=one.id))
    never = []
    for at, rule in enumerate(rules):
        if grid.witness(1 << at, 0) is None:
            never.append(rule.id)
            text = Text("规则 {a} 的条件永远不成立", "rule {a} can never hold").fill(a=rule.id)
            found.append(Finding("tables.never", text, key=rule.id))
        elif table.hit in ("first", "priority"):
            before = _before(table, at)
            if grid.witness(1 << at, before) is None:
                never.append(rule.id)
                covers = [
                    rules[other].id
                    for other in range(len(rules))
                    if before >> other & 1 and grid.witness((1 << at) | (1 << other), 0)
                ]
                covering = "、".join(covers[:5])
                text = Text("规则 {a} 永远轮不到：已被 {b} 覆盖", "rule {a} never decides: covered by {b}")
                found.append(Finding("tables.never", text.fill(a=rule.id, b=covering), key=rule.id))
    known = Grid(table, missing=False)
    everything = (1 << len(rules)) - 1
    open_cells = known.count(0, everything)
    if open_cells:
        cell = known.witness(0, everything)
        share = open_cells / known.size
        text = Text("有 {s} 的格没有规则管，例如 {w}", "{s} of the cells have no rule, for example {w}")
        severity: Severity = "note" if table.default else "warning"
        found.append(
            Finding(
                "tables.gap",
                text.fill(s=f"{share:.1%}", w=known.say(cell, *range(len(rules))) if cell else ""),
                severity,
            )
        )
    gap = open_cells / known.size if known.size else 0.0
    return Static(grid.size, gap, tuple(pairs), tuple(never), tuple(found))


def _before(table: Table, at: int) -> int:
    """Rules that decide before this one when both hold."""
    own = (_order(table, table.rules[at]), at) if table.hit == "priority" else ((), at)
    mask = 0
    for other, rule in enumerate(table.rules):
        place = (_order(table, rule), other) if table.hit == "priority" else ((), other)
        if place < own:
            mask |= 1 << other
    return mask


def severities(static: Static) -> Mapping[str, int]:
    """How many findings of each kind."""
    counted: dict[str, int] = {}
    for item in static.findings:
        counted[item.rule] = counted.get(item.rule, 0) + 1
    return counted
