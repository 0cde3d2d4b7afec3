"""The report of a table: its rules, its static check, the night's warnings, back-test, shadow run and score. No names, no health."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from markupsafe import Markup

from yanzhen.planning.kernel import Diff, Finding, Plan, Text
from yanzhen.planning.kernel.drawing import Bars, Curves
from yanzhen.planning.kernel.html import (
    Block,
    Cell,
    Changes,
    Figures,
    Findings,
    Prose,
    Report,
    Section,
    both,
    record_facts,
)
from yanzhen.planning.kernel.html import (
    Table as Rows,
)
from yanzhen.planning.kernel.text import joined, number
from yanzhen.planning.tables.backtest import BackTest, Panel, Shadow, Share
from yanzhen.planning.tables.checking import Static, check_table
from yanzhen.planning.tables.plan import Problem, Warning_, explain
from yanzhen.planning.tables.scorecard import Trial
from yanzhen.planning.tables.table import HITS, Table

CARDS = 30
BIN_WORDS = {"true": Text("是", "yes"), "false": Text("否", "no"), "缺": Text("缺", "missing")}


def report(
    table: Table,
    *,
    problem: Problem | None = None,
    plan: Plan[Warning_] | None = None,
    findings: Sequence[Finding] = (),
    diff: Diff | None = None,
    past: BackTest | None = None,
    panel: Panel | None = None,
    beside: Shadow | None = None,
    newer: Table | None = None,
    trial: Trial | None = None,
) -> Report:
    """The page with whatever there is."""
    static = check_table(table)
    sections = [
        Section(Text("判定表", "The table"), [_rules(table)]),
        Section(Text("静态核验", "Static check"), _static(static)),
    ]
    if plan is not None and problem is not None:
        sections.insert(0, Section(Text("本次预警", "This run"), _night(table, plan)))
        sections.append(Section(Text("逐条核验", "Independent check"), [Findings(tuple(findings))]))
        sections.append(
            Section(
                Text("走访次序与理由", "Order of visits, with reasons"), _cards(table, problem, plan), new_page=True
            )
        )
    if diff is not None:
        sections.append(Section(Text("与上次的变化", "Changes"), [Changes(diff)]))
    if past is not None:
        sections.append(
            Section(
                Text("回测：去年若用这张表", "Back-test: had it run"),
                _past(table, past, panel or Panel()),
                new_page=True,
            )
        )
    if beside is not None and newer is not None:
        sections.append(
            Section(
                Text("影子运行：新表对照现表", "Shadow run: new table beside the old"),
                _beside(table, newer, beside),
                new_page=True,
            )
        )
    if trial is not None:
        sections.append(
            Section(
                Text("排序评分（只在同级内排先后）", "Score (orders inside a level only)"),
                _trial(table, trial),
                new_page=True,
            )
        )
    facts: list[tuple[Text, Cell]] = [
        (Text("版本", "Version"), table.version),
        (Text("命中方式", "Hit policy"), HITS[table.hit]),
        (Text("表摘要", "Table digest"), table.digest[:16]),
        (Text("签发", "Signed by"), table.signed_by),
    ]
    if table.effective_from:
        facts.append((Text("施行", "In force from"), table.effective_from.isoformat()))
    facts += record_facts(plan) if plan is not None else []
    return Report(table.title, sections, table.basis, facts)


def _rules(table: Table) -> Block:
    heads = [
        Text("规则", "Rule"),
        Text("说明", "Meaning"),
        Text("条件（须都成立）", "Conditions (all must hold)"),
        *(Text(f"→ {o.title.zh}", f"→ {o.title.en}") for o in table.outputs),
        Text("依据", "Basis"),
    ]
    rows: list[list[Cell]] = []
    for rule in table.rules:
        asked = [
            Text(f"{item.title.zh} {cell.text}", f"{item.title.en} {cell.text}")
            for item, cell in zip(table.inputs, rule.cells, strict=True)
            if not cell.whatever
        ]
        then = [o.say(rule.then.get(o.name, "")) for o in table.outputs]
        rows.append([rule.id, rule.title, joined(asked), *then, rule.basis])
    if table.default:
        then = [o.say(table.default.get(o.name, "")) for o in table.outputs]
        rows.append(["", Text("其余", "otherwise"), "", *then, ""])
    return Rows(heads, rows)


def _static(static: Static) -> list[Block]:
    figures = Figures(
        [
            (Text("阈值格", "cells of the grid"), static.cells, None),
            (
                Text("没有规则管的格", "cells without a rule"),
                f"{static.gap:.1%}",
                Text("事实齐全的格", "of those without gaps in the data"),
            ),
            (Text("同时成立、结论不同的规则对", "pairs that hold together and differ"), len(static.overlaps), None),
            (Text("永远轮不到的规则", "rules that never decide"), len(static.never), None),
        ]
    )
    serious = [item for item in static.findings if item.severity != "note"]
    notes = [item for item in static.findings if item.severity == "note"][:8]
    return [
        figures,
        Findings([*serious, *notes], nothing=Text("没有重叠、漏洞和空规则。", "No overlap, no gap, no idle rule.")),
    ]


def _night(table: Table, plan: Plan[Warning_]) -> list[Block]:
    counts = Counter(line.level for line in plan.lines)
    figures = Figures([(table.level.say(value), counts[value], None) for value in table.level.values])
    decided = Counter(line.rule for line in plan.lines if line.rule)
    held = Counter(rule for line in plan.lines for rule in line.fired)
    rules = [rule for rule in table.rules if held[rule.id]]
    bars = Bars(
        [Text(f"{rule.id} {rule.title.zh}"[:14], f"{rule.id} {rule.title.en}"[:24]) for rule in rules],
        [
            (Text("成立", "holds"), [float(held[rule.id]) for rule in rules]),
            (Text("由它定级", "decides"), [float(decided[rule.id]) for rule in rules]),
        ],
        Text("各规则的记录数", "Records by rule"),
    )
    return [figures, bars, Findings(plan.notes, nothing=Text("没有提示。", "No notes."))]


def _cards(table: Table, problem: Problem, plan: Plan[Warning_]) -> list[Block]:
    lines = sorted((line for line in plan.lines if line.place), key=lambda line: line.place)
    rows: list[list[Cell]] = []
    for line in lines[:CARDS]:
        said = explain(problem, plan, line.key)
        ways = joined([item.text for item in said.alternatives[:3]])
        rows.append([line.place, line.key, _unbroken(table.level.say(line.level)), joined(said.reasons[1:]), ways])
    heads = [
        Text("次序", "Order"),
        Text("户编号", "Record"),
        Text("等级", "Level"),
        Text("命中的规则、事实与出处", "Rules, facts, source"),
        Text("什么事实能解除", "Which fact would clear it"),
    ]
    note = Text(
        f"前 {len(rows)} 条，共 {len(lines)} 条。是否纳入由人入户核实后决定。",
        f"The first {len(rows)} of {len(lines)}. People decide after a visit.",
    )
    return [Prose(note, "note"), Rows(heads, rows, numbers=(0,))]


def _unbroken(words: Text) -> Markup:
    return Markup('<span style="white-space:nowrap">{}</span>').format(both(words))


def _share(name: Cell, share: Share) -> list[Cell]:
    def part(value: float) -> str:
        return "–" if value != value else f"{value:.1%}"

    return [name, share.flagged, share.right, share.wanted, part(share.precision), part(share.recall)]


HEADS = [
    Text("范围", "Part"),
    Text("提示", "Flagged"),
    Text("命中", "Right"),
    Text("后来致贫", "Fell"),
    Text("精确率", "Precision"),
    Text("召回率", "Recall"),
]


def _past(table: Table, past: BackTest, panel: Panel) -> list[Block]:
    figures = Figures(
        [
            (
                Text("每月基准风险", "base rate"),
                f"{past.base:.1%}",
                Text(f"{panel.horizon} 个月内", f"within {panel.horizon} months"),
            ),
            (
                Text("提前量（中位）", "median lead"),
                "–" if past.lead != past.lead else number(past.lead, 1),
                Text("月", "months"),
            ),
            (
                Text("事前有过提示", "warned before"),
                "–" if past.early != past.early else f"{past.early:.0%}",
                Text("占致贫户", "of those that fell"),
            ),
            (
                Text("平均精确率", "average precision"),
                "–" if past.average != past.average else f"{past.average:.3f}",
                None,
            ),
        ]
    )
    rows = [
        _share(Text(f"{table.level.say(value).zh} 及以上", f"{table.level.say(value).en} or worse"), share)
        for value, share in past.alarms.items()
    ]
    rows.append(
        _share(Text(f"按走访能力 {panel.capacity:.1%}", f"visits at capacity {panel.capacity:.1%}"), past.visits)
    )
    rows += [_share(name, share) for name, share in past.groups.items()]
    curve = Curves(
        [
            (Text("提示", "flagged"), [(float(month), float(alarms)) for month, alarms, _ in past.months]),
            (Text("命中", "right"), [(float(month), float(right)) for month, _, right in past.months]),
        ],
        Text("逐月提示与命中", "Alarms and hits by month"),
        Text("月", "month"),
        Text("户", "records"),
    )
    by_rule = [
        _share(f"{rule.id} {rule.title.zh}", past.fired[rule.id]) for rule in table.rules if past.fired[rule.id].flagged
    ]
    note = Text(
        "受过帮扶的户不会致贫，标签被帮扶本身截断：命中率是下限。",
        "Helped households do not fall: labels are censored by the help itself.",
    )
    return [
        figures,
        Rows(HEADS, rows, numbers=(1, 2, 3, 4, 5)),
        curve,
        Rows(HEADS, by_rule, Text("逐条规则", "By rule"), (1, 2, 3, 4, 5)),
        Prose(note, "note"),
    ]


def _beside(old: Table, new: Table, beside: Shadow) -> list[Block]:
    head = Text("{r} 条记录中 {n} 条换级", "{n} of {r} records change their level").fill(
        r=beside.records, n=beside.changed
    )
    rows: list[list[Cell]] = [
        [old.level.say(was), new.level.say(now), count, "、".join(beside.examples.get((was, now), ()))]
        for (was, now), count in sorted(
            beside.moves.items(), key=lambda item: (old.severity(item[0][0]), new.severity(item[0][1]))
        )
    ]
    heads = [Text("现表", "In force"), Text("新表", "New"), Text("户", "Records"), Text("例", "Examples")]
    return [Prose(head), Rows(heads, rows, numbers=(2,))]


def _trial(table: Table, trial: Trial) -> list[Block]:
    verdict = (
        Prose(
            Text(
                "可用：同样的走访能力下不比表的次序差，各组也不差。",
                "Fit: not worse than the table's order, in no group.",
            ),
            "good",
        )
        if trial.fit
        else Prose(Text("不可用：总体或某一组不如表的次序。", "Not fit: worse overall or in some group."), "warn")
    )
    rows = [
        _share(Text("表的次序", "the table's order"), trial.visits[0]),
        _share(Text("评分在级内排序", "score inside levels"), trial.visits[1]),
    ]
    for name, (hand, card) in trial.groups.items():
        rows += [
            _share(Text(f"{name}：表", f"{name}: table"), hand),
            _share(Text(f"{name}：评分", f"{name}: score"), card),
        ]
    words = Text(
        f"训练 {trial.train} 条、检验 {trial.test} 条，按时间和户分开；平均精确率 {trial.average[0]:.3f} → {trial.average[1]:.3f}。",
        f"Trained on {trial.train}, tried on {trial.test}, split by time and household; average precision "
        f"{trial.average[0]:.3f} → {trial.average[1]:.3f}.",
    )
    titles = {item.name: item.title for item in table.inputs}
    bins: list[list[Cell]] = [
        [titles[name], BIN_WORDS.get(part.name, part.name), part.points, part.records]
        for name, parts in trial.card.bins.items()
        for part in parts
    ]
    heads = [Text("事实", "Fact"), Text("区间", "Bin"), Text("分", "Points"), Text("训练记录", "Records")]
    caption = Text(f"基础分 {trial.card.base}；每 20 分风险翻倍", f"base {trial.card.base}; 20 points double the odds")
    return [verdict, Prose(words), Rows(HEADS, rows, numbers=(1, 2, 3, 4, 5)), Rows(heads, bins, caption, (2, 3))]
