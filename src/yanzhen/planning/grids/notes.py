"""What is worth knowing beside a drawing: each soft rule that could not be kept, by grid, in words."""

from __future__ import annotations

from yanzhen.planning.grids.problem import Layer, Problem
from yanzhen.planning.grids.village import Drawn, GridFacts
from yanzhen.planning.kernel.findings import Finding, Severity
from yanzhen.planning.kernel.text import Text


def notes(problem: Problem, drawn: list[Drawn]) -> tuple[Finding, ...]:
    """All of them, in the order of codes."""
    found: list[Finding] = []
    for item in drawn:
        if item.hull:
            words = Text(
                "村 {code} 没有边界，按住户外围暂画", "village {code} has no boundary; drawn around its homes for now"
            )
            found.append(Finding("grids.hull", words.fill(code=item.village), "warning", key=item.village))
        for home, metres in item.outside.items():
            words = Text("住户 {id} 在本村边界外 {m} 米", "household {id} stands {m} m outside its village")
            found.append(Finding("grids.outside", words.fill(id=home, m=round(metres)), "warning", key=home))
        for fact in item.grids:
            found += _grid(fact, problem.scheme.grid)
        for fact in item.micros:
            assert problem.scheme.micro is not None  # noqa: S101 - for the type checker
            found += _grid(fact, problem.scheme.micro)
        for group in item.groups:
            if group.short:
                words = Text("联户组 {code} 只有 {n} 户", "contact group {code} has {n} households only")
                found.append(
                    _note("grids.contact.short", words.fill(code=group.code, n=group.households), group.code, "note")
                )
            if not group.person:
                words = Text("联户组 {code} 没有愿意的联户长", "contact group {code}: nobody may be contact person")
                found.append(_note("grids.contact.person", words.fill(code=group.code), group.code))
        for party in item.party:
            if not party.enough:
                words = Text(
                    "党小组 {code} 只有 {n} 名正式党员，由村支部直接联系",
                    "party group {code} has {n} full members; the branch keeps contact itself",
                )
                found.append(_note("grids.party.few", words.fill(code=party.code, n=party.members), party.code, "note"))
    return tuple(found)


def _note(rule: str, text: Text, key: str, severity: Severity = "warning") -> Finding:
    return Finding(rule, text, severity, key=key)


def _grid(fact: GridFacts, layer: Layer) -> list[Finding]:
    found = []
    name = layer.name
    if len(fact.pieces) > 1:
        few = "、".join(fact.stray[:5]) + ("…" if len(fact.stray) > 5 else "")
        words = Text(
            "{name} {code} 有 {n} 处散居（{homes}），与主片不相连",
            "{name} {code} has {n} outlying pieces ({homes}) that do not touch it",
        )
        found.append(
            _note(
                "grids.scattered", words.fill(name=name, code=fact.code, n=len(fact.pieces) - 1, homes=few), fact.code
            )
        )
    if fact.missed > 0:
        words = Text("{name} {code} 工作量 {work}，超上限 {high}", "{name} {code}: workload {work}, above {high}")
        found.append(
            _note("grids.over", words.fill(name=name, code=fact.code, work=fact.work, high=layer.high), fact.code)
        )
    if fact.missed < 0:
        words = Text(
            "{name} {code} 工作量 {work}，低于下限 {low}，不拼凑别的自然村",
            "{name} {code}: workload {work}, below {low}; not filled up with another hamlet",
        )
        found.append(
            _note(
                "grids.short", words.fill(name=name, code=fact.code, work=fact.work, low=layer.low), fact.code, "note"
            )
        )
    if fact.far:
        words = Text(
            "{name} {code} 有 {n} 户离中心超过 {r} 米（最远 {m} 米）",
            "{name} {code}: {n} households beyond {r} m (farthest {m} m)",
        )
        found.append(
            _note(
                "grids.far",
                words.fill(name=name, code=fact.code, n=fact.far, r=layer.radius, m=round(fact.reach)),
                fact.code,
            )
        )
    if fact.mixed:
        words = Text(
            "{name} {code} 把一个自然村的一部分和另一个拼在一起",
            "{name} {code} puts part of a hamlet together with another",
        )
        found.append(_note("grids.mixed", words.fill(name=name, code=fact.code), fact.code))
    if fact.cut:
        words = Text("{name} {code} 只含 {names} 的一部分", "{name} {code} holds only part of {names}")
        found.append(
            _note("grids.cut", words.fill(name=name, code=fact.code, names="、".join(fact.cut)), fact.code, "note")
        )
    return found
