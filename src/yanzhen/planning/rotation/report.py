"""The report of a rotation: goals and proof, balance before and after, list by village, waves, who is not sent and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np

from yanzhen.planning.kernel import Diff, Finding, Plan, Text, same
from yanzhen.planning.kernel.drawing import COLOURS, Bars, Dots, Links, Map
from yanzhen.planning.kernel.html import Figures, Prose, Report, Section, Table, record_facts, standard_sections
from yanzhen.planning.rotation.field import Field
from yanzhen.planning.rotation.judge import explain
from yanzhen.planning.rotation.lines import Posting, assignment_of, before
from yanzhen.planning.rotation.problem import PRIORITY, Problem
from yanzhen.planning.rotation.rules import RULES
from yanzhen.planning.rotation.writing import COLUMNS, rows_of

#: Reasons of so many lines are worked out for the page; the command gives any of them.
REASONS = 12
PROVINCES = {
    "national": Text("全国规定", "national rules"),
    "yunnan": Text("云南规则", "rules of Yunnan"),
    "guangxi": Text("广西规则", "rules of Guangxi"),
    "chongqing": Text("重庆规则", "rules of Chongqing"),
}


def report(
    problem: Problem,
    plan: Plan[Posting],
    *,
    findings: Iterable[Finding] = (),
    difference: Diff | None = None,
    previous: Plan[Posting] | None = None,
    title: Text | None = None,
) -> Report:
    """Compose the page."""
    field = Field(problem, plan.seed)
    sections = [
        Section(Text("一眼看清", "At a glance"), [_figures(plan)]),
        *standard_sections(plan, findings=findings, diff=difference, previous=previous),
        Section(Text("轮换前后", "Before and after"), _balance(field, plan)),
        Section(Text("各村名单", "List by village"), [_list(problem, plan)]),
        Section(Text("分批与交接", "Waves and hand-over"), _waves(problem, plan)),
        Section(Text("理由举例", "Reasons, some examples"), _reasons(problem, plan)),
        Section(Text("没有派出的人选", "People who are not sent"), [_free(field, plan)]),
        Section(Text("所用规则", "Rules used"), [_rules(problem)]),
    ]
    words = Text("{p}，轮换日 {d}", "{p}; day of rotation {d}").fill(
        p=PROVINCES.get(problem.parameters.province, same(problem.parameters.province)),
        d=problem.parameters.start.isoformat(),
    )
    return Report(title or Text("驻村轮换方案", "Rotation of stationed teams"), sections, words, record_facts(plan))


def _figures(plan: Plan[Posting]) -> Figures:
    after, before_ = plan.extra["after"], plan.extra["before"]
    was = Text("原来 {n}", "was {n}")
    posts = sum(plan.extra["posts"])
    return Figures(
        [
            (
                Text("岗位到位", "Posts filled"),
                Text(f"{posts - after['empty']} / {posts}", f"{posts - after['empty']} / {posts}"),
                was.fill(n=posts - before_["empty"]),
            ),
            (
                Text("重点村缺第一书记", "Priority villages without a first secretary"),
                after["cover"],
                was.fill(n=before_["cover"]),
            ),
            (
                Text("力量缺口", "Strength missing"),
                after["weak"] + after["other"],
                was.fill(n=before_["weak"] + before_["other"]),
            ),
            (Text("专业对口的村", "Villages with a wanted speciality"), after["skills"], was.fill(n=before_["skills"])),
            (
                Text("新派", "Newly sent"),
                plan.extra["new"],
                Text("留任 {n}", "{n} stay").fill(n=plan.extra["sent"] - plan.extra["new"]),
            ),
        ]
    )


def _balance(field: Field, plan: Plan[Posting]) -> list[Any]:
    need = plan.extra["need"]
    labels = [
        Text("缺 3 分以上", "3 or more missing"),
        Text("缺 1–2 分", "1–2 missing"),
        Text("正好", "as needed"),
        Text("多 1–2 分", "1–2 above"),
        Text("多 3 分以上", "3 or more above"),
    ]

    def bands(name: str) -> list[float]:
        counts = [0.0] * 5
        for got, wanted in zip(plan.extra[name]["strength"], need, strict=True):
            gap = got - wanted
            counts[0 if gap <= -3 else 1 if gap < 0 else 2 if gap == 0 else 3 if gap <= 2 else 4] += 1
        return counts

    series = [(Text("前", "before"), bands("before")), (Text("后", "after"), bands("after"))]
    bars = Bars(
        labels,
        series,
        Text("各队力量与要求之差（队数）", "Strength of teams against need (teams)"),
        Text("队", "teams"),
    )
    goals = [
        ("empty", Text("空缺岗位", "Empty posts")),
        ("green", Text("无驻村经验者的队", "Teams without experience")),
        ("continuity", Text("单位接续的村", "Kept by their unit")),
        ("skills", Text("专业对口的村", "Wanted speciality")),
        ("weak", Text("重点村力量缺口", "Missing in priority villages")),
        ("other", Text("其他村力量缺口", "Missing elsewhere")),
        ("far", Text("离家过远", "Far from the family")),
    ]
    table = Table(
        [Text("方面", "Aspect"), Text("前", "Before"), Text("后", "After")],
        [[name, plan.extra["before"][key], plan.extra["after"][key]] for key, name in goals],
        numbers=(1, 2),
    )
    return [bars, table, *_map(field, plan)]


def _map(field: Field, plan: Plan[Posting]) -> list[Any]:
    villages = field.problem.villages
    if not any(v.x or v.y for v in villages) or len(villages) > 400:
        return []
    assignment, old = assignment_of(field, plan.lines), before(field)
    spots = [(v.x, v.y) for v in villages]
    moved = [
        (spots[old[i]], spots[assignment[i]])
        for i in np.flatnonzero((assignment >= 0) & (old >= 0) & (assignment != old))
    ]
    weak = [v.kind in PRIORITY for v in villages]
    size = plan.extra["after"]["size"]

    def dots(name: Text, mask: list[bool], colour: str, shape: str) -> Dots:
        picked = [i for i, on in enumerate(mask) if on]
        titles = [Text(f"{villages[i].name} {size[i]} 人", f"{villages[i].name} {size[i]}") for i in picked]
        return Dots(name, [spots[i] for i in picked], colour, [2.5 + size[i] for i in picked], titles, shape)

    layers: list[Any] = [
        dots(Text("重点村", "priority villages"), weak, COLOURS[1], "square"),
        dots(Text("其他村", "other villages"), [not w for w in weak], COLOURS[0], "circle"),
    ]
    if moved:
        layers.insert(0, Links(Text("换村的人", "people who change village"), moved, dashed=True))
    return [
        Map(
            [layer for layer in layers if getattr(layer, "points", True)],
            Text("各村队伍（点的大小为人数）", "Teams (size: people)"),
        )
    ]


def _list(problem: Problem, plan: Plan[Posting]) -> Table:
    rows = [[row.get(column.key, "") for column in COLUMNS] for row in rows_of(problem, plan)]
    plain = [[same(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
    return Table([column.heading for column in COLUMNS], plain, numbers=(10,), limit=400)


def _waves(problem: Problem, plan: Plan[Posting]) -> list[Any]:
    months = Counter(line.wave for line in plan.lines if line.wave)
    if not months:
        return [Prose(Text("没有给出分批月份，同时到岗。", "No months were given: everybody arrives at once."))]
    villages: dict[str, set[str]] = {}
    for line in plan.lines:
        if line.wave:
            villages.setdefault(line.wave, set()).add(line.village)
    rows = [[month, len(villages[month]), months[month]] for month in sorted(months)]
    days = problem.parameters.overlap_days
    text = (
        Text(
            "退一补一：新队到村后，老队再留 {n} 天交接。", "Hand-over: the old team stays {n} days beside the new one."
        ).fill(n=days)
        if days
        else Text("没有规定交接天数。", "No days of overlap are prescribed.")
    )
    return [
        Prose(text),
        Table([Text("月份", "Month"), Text("村", "Villages"), Text("人", "People")], rows, numbers=(1, 2)),
    ]


def _reasons(problem: Problem, plan: Plan[Posting]) -> list[Any]:
    sent = sorted(
        (line for line in plan.lines if line.village and not line.stays),
        key=lambda line: (line.role != "first", line.person),
    )[:REASONS]
    rows = []
    for line in sent:
        found = explain(problem, plan, line.key)
        why = Text("；".join(t.zh for t in found.reasons), "; ".join(t.en for t in found.reasons))
        rows.append(
            [
                same(line.name),
                same(problem.village_by_id[line.village].name),
                why,
                found.alternatives[0].text if found.alternatives else "–",
            ]
        )
    return [
        Table(
            [
                Text("姓名", "Name"),
                Text("村", "Village"),
                Text("为什么", "Why"),
                Text("次优安排和代价", "Next best and its price"),
            ],
            rows,
        )
    ]


def _free(field: Field, plan: Plan[Posting]) -> Table:
    rows = []
    for line in plan.lines:
        if line.village or line.person not in field.person:
            continue
        index = field.person[line.person]
        if field.eligible[index].any():
            why = Text("可派，这次没有用上", "may be sent, not needed this time")
        else:
            found = explain(field.problem, plan, line.person).reasons[1:]
            why = Text("；".join(t.zh for t in found), "; ".join(t.en for t in found))
        rows.append([same(line.name), same(field.problem.people[index].unit), why])
    return Table([Text("姓名", "Name"), Text("单位", "Unit"), Text("原因", "Why")], rows, limit=200)


def _rules(problem: Problem) -> Table:
    rules = problem.parameters
    values: dict[str, Any] = {
        "party_first": Text(f"党龄满 {rules.party_years_first:g} 年", f"{rules.party_years_first:g} years"),
        "work_years": Text(f"{rules.work_years:g} 年", f"{rules.work_years:g} years"),
        "age": "–" if rules.age_most is None else rules.age_most,
        "home_village": same(rules.home),
        "same_village": rules.same_village_terms,
        "near_kin": same(rules.kin),
        "couples": same(rules.couples),
        "women": same(rules.women),
        "category": same("、".join(rules.excluded) or "–"),
    }
    rows = [
        [RULES[key], value, Text("已放开", "waived") if key in rules.waived else ""] for key, value in values.items()
    ]
    return Table(
        [Text("规则", "Rule"), Text("取值", "Value"), Text("状态", "State")],
        rows,
        caption=same(rules.source) if rules.source else None,
    )
