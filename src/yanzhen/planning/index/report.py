"""The report of an index, and its lists. Nobody is shamed: villages that get help are listed by county without a place."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from yanzhen.planning.index.plan import HELP_WORDS, Place, goal_of, measure
from yanzhen.planning.index.plan import diff as diff_of
from yanzhen.planning.index.problem import Problem
from yanzhen.planning.index.reasons import figure_for, steps_to
from yanzhen.planning.kernel import Finding, Lang, Plan, Text
from yanzhen.planning.kernel.drawing import Bars, Intervals
from yanzhen.planning.kernel.html import (
    Block,
    Cell,
    Changes,
    Figures,
    Findings,
    Prose,
    Report,
    Section,
    Table,
    record_facts,
)
from yanzhen.planning.kernel.text import number, same
from yanzhen.planning.kernel.writing import ListColumn, ListSheet, write_workbook

KINDS = {
    "bunching": Text("压线", "bunching"),
    "digits": Text("尾数", "digits"),
    "jump": Text("突变", "jump"),
    "yearend": Text("年底突击", "year-end"),
    "unanimous": Text("近乎全票", "near-unanimous"),
    "copied": Text("票数雷同", "copied ballots"),
}
WAYS = {
    "minmax": Text("类内缩尾极差", "min-max in the class, winsorised"),
    "rank": Text("类内百分位", "percent rank in the class"),
    "zscore": Text("类内标准分", "z-score in the class"),
    "target": Text("对目标", "share of the target"),
    "pass": Text("达标", "pass or fail"),
    "deduct": Text("扣分", "deduction"),
    "asis": Text("原分", "as it is"),
}
GAPS = {
    "mean": Text("权重分摊", "weight spread"),
    "p25": Text("同类下四分位", "lower quartile of the class"),
    "median": Text("同类中位", "median of the class"),
    "zero": Text("记零", "zero"),
}
MOVED = {"up": Text("确实上升", "really up"), "down": Text("确实下降", "really down"), "": Text("", "")}
FOR_HELP = 200


def stars_words(stars: int) -> Text:
    """★★★ in both languages."""
    return same("★" * stars if stars else "–")


def report(
    problem: Problem, plan: Plan[Place], *, findings: Sequence[Finding] = (), previous: Plan[Place] | None = None
) -> Report:
    """The whole page."""
    scheme = problem.scheme
    rated = [line for line in plan.lines if line.rank]
    sure = [line for line in rated if line.aid == "sure"]
    grey = [line for line in rated if line.aid == "grey"]
    interval = plan.extra["interval"]
    beats = interval["beats_next"]
    figures = Figures(
        [
            (
                Text("参评的村", "villages rated"),
                len(rated),
                Text(f"另有 {len(plan.unmet)} 个数据不足", f"{len(plan.unmet)} more lack figures"),
            ),
            (
                Text("名次区间（中位宽度）", "median width of the interval"),
                number(interval["median_width"], 0),
                Text("名，九成把握", "places, 90 % sure"),
            ),
            (
                Text("胜过后一名的把握", "chance to beat the next one"),
                "–" if beats is None else f"{beats:.0%}",
                Text("相邻名次像抛硬币，所以分星不排座次", "neighbours are coin tosses: bands, not places"),
            ),
            (
                Text("帮扶的村", "villages to help"),
                len(sure) + len(grey),
                Text(f"其中灰区 {len(grey)} 个", f"{len(grey)} of them in the grey zone"),
            ),
        ]
    )
    sections = [
        Section(
            Text("一眼看清", "At a glance"),
            [figures, _bands(problem, rated), Findings(plan.notes, nothing=Text("没有提示。", "No notes."))],
        ),
        Section(Text("核验", "Check"), [Findings(tuple(findings))]),
        Section(Text("同类名次区间", "Places in the class, with intervals"), _intervals(rated)),
        Section(Text("星级名单", "Stars"), [_list(problem, plan)], new_page=True),
        Section(Text("帮扶名单", "Who gets help"), _help(problem, plan), new_page=True),
        Section(Text("哪项指标说了算", "Which indicator decides"), _influence(problem, plan)),
    ]
    if plan.extra.get("stability"):
        sections.append(Section(Text("与上年相比", "Against last year"), _years(rated, plan)))
    sections.append(Section(Text("需要看一看的数", "Figures worth a look"), _signs(problem, plan)))
    if previous is not None:
        sections.append(Section(Text("与上一方案的变化", "Changes"), [Changes(diff_of(plan, previous))]))
    sections.append(Section(Text("方案", "The scheme"), [_scheme(problem)]))
    subtitle = Text(f"{scheme.year} 年", f"{scheme.year}") + (
        Text(" · " + scheme.basis.zh, " · " + scheme.basis.en) if scheme.basis.zh else Text("", "")
    )
    return Report(scheme.title, sections, subtitle, record_facts(plan))


def _bands(problem: Problem, rated: Sequence[Place]) -> Block:
    least = problem.scheme.suppress
    counts: dict[str, Counter[int]] = defaultdict(Counter)
    for line in rated:
        counts[line.group][line.stars] += 1
    rows: list[list[Cell]] = []
    for group in sorted(counts):
        cells: list[Cell] = [group]
        for band in problem.scheme.bands:
            n = counts[group][band.stars]
            cells.append(Text(f"<{least}", f"<{least}") if 0 < n < least else n)
        rows.append(cells)
    heads = [Text("类别", "Class"), *(band.title for band in problem.scheme.bands)]
    caption = Text(f"每类星级村数，少于 {least} 的格不显示", f"Villages by band; cells below {least} are not shown")
    return Table(heads, rows, caption, tuple(range(1, len(heads))))


def _intervals(rated: Sequence[Place]) -> list[Block]:
    by_group: dict[str, list[Place]] = defaultdict(list)
    for line in rated:
        by_group[line.group].append(line)
    blocks: list[Block] = []
    for group, lines in sorted(by_group.items(), key=lambda item: -len(item[1]))[:3]:
        lines = sorted((line for line in lines if not line.aid), key=lambda line: (line.rank, line.key))[:20]
        items = [(line.name, float(line.low), float(line.middle), float(line.high)) for line in lines]
        caption = Text(
            f"{group}：前 {len(items)} 名的名次区间（点为中位）",
            f"{group}: rank intervals of the first {len(items)} (dot: median)",
        )
        blocks.append(Intervals(items, caption, Text("名次，越左越好", "rank, left is better")))
    return blocks


def _list(problem: Problem, plan: Plan[Place]) -> Block:
    heads = [
        Text("村", "Village"),
        Text("县", "County"),
        Text("类别", "Class"),
        Text("星级", "Stars"),
        Text("把握", "Chance"),
        Text("名次区间", "Rank interval"),
        Text("得分", "Score"),
    ]
    rows: list[list[Cell]] = []
    for line in sorted(plan.lines, key=lambda item: (item.group, -item.stars, item.county, item.name, item.key)):
        if not line.rank or line.aid:
            continue
        rows.append(
            [
                line.name,
                line.county,
                line.group,
                stars_words(line.stars),
                f"{line.certainty:.0%}",
                f"{line.low}–{line.high} / {line.of}",
                number(line.score or 0.0, 1),
            ]
        )
    caption = Text(
        "星级内按县和村名排，不分先后；各维度得分见工作表",
        "Inside a band by county and name, in no order of merit; dimensions stand in the workbook",
    )
    return Table(heads, rows, caption, (4, 5, 6), limit=250)


def ways_of(problem: Problem, plan: Plan[Place], lines: Sequence[Place]) -> dict[str, list[Text]]:
    """The easiest single improvements to one more star for several villages."""
    found = measure(problem)
    assert found.scores is not None  # noqa: S101 - kept
    at = {row.code: i for i, row in enumerate(problem.rows)}
    ways: dict[str, list[Text]] = {}
    for line in lines:
        i = at[line.key]
        group = problem.classes[0][i]
        goal = goal_of(plan, line, problem.scheme)
        if goal is None:
            continue
        said = []
        bounds = found.bounds
        for step in steps_to(
            problem.scheme,
            found.scores[:, i].astype(np.float64),
            problem.raw[i],
            goal,
            bounds.a[group],
            bounds.b[group],
            limit=3,
        ):
            item = problem.scheme.indicator(step.code)
            figure = figure_for(
                item,
                step.needed,
                float(bounds.a[group, item_at(problem, item.code)]),
                float(bounds.b[group, item_at(problem, item.code)]),
                problem.scheme.lowest,
            )
            now = "–" if step.now is None else number(step.now)
            goal_words = number(step.needed, 0) if figure is None else number(figure)
            said.append(
                item.title
                + Text(f" {now} → {goal_words}{item.unit.zh}", f" {now} → {goal_words} {item.unit.en}".rstrip())
            )
        ways[line.key] = said
    return ways


def item_at(problem: Problem, code: str) -> int:
    """Position of an indicator."""
    return next(i for i, item in enumerate(problem.scheme.indicators) if item.code == code)


def _help(problem: Problem, plan: Plan[Place]) -> list[Block]:
    lines = sorted((line for line in plan.lines if line.aid), key=lambda item: (item.county, item.name, item.key))
    ways = ways_of(problem, plan, lines[:FOR_HELP])
    rows: list[list[Cell]] = []
    for line in lines:
        said = ways.get(line.key, [])
        words = Text("；".join(t.zh for t in said), "; ".join(t.en for t in said))
        rows.append([line.name, line.county, line.group, HELP_WORDS[line.aid], words])
    note = Text(
        "名单供安排领导联系帮扶用，按县排列，不含名次；灰区的村同样帮扶。不对外公布。",
        "For assigning a leader's help; by county, without places; the grey zone is helped as well. Not for publication.",
    )
    heads = [
        Text("村", "Village"),
        Text("县", "County"),
        Text("类别", "Class"),
        Text("帮扶", "Help"),
        Text("最省力的提升", "The easiest ways up (any one)"),
    ]
    return [Prose(note, "note"), Table(heads, rows, limit=200)]


def _influence(problem: Problem, plan: Plan[Place]) -> list[Block]:
    items = list(plan.extra["influence"])
    if not items:
        return [Prose(Text("村数太多，未逐项计算。", "Too many villages; not worked out one by one."))]
    titles = {item.code: item.title for item in problem.scheme.indicators}
    top = sorted(items, key=lambda item: -item["real"])[:15]
    bars = Bars(
        [titles[item["code"]] for item in top],
        [
            (Text("名义权重 %", "signed weight, %"), [100 * item["nominal"] for item in top]),
            (Text("实际影响 %", "real influence, %"), [max(0.0, 100 * item["real"]) for item in top]),
        ],
        Text(
            "签发的权重与实际影响（占指数差异的份额）",
            "Signed weight and real influence (share of the index's variance)",
        ),
    )
    rows = [
        [titles[item["code"]], number(item["shift"], 1), item["moved"], number(item["correlation"] or float("nan"), 3)]
        for item in items[:15]
    ]
    table = Table(
        [
            Text("去掉这一项", "Without this one"),
            Text("名次平均移动", "Mean change of rank"),
            Text("换星的村", "Villages changing stars"),
            Text("名次相关", "Rank correlation"),
        ],
        rows,
        numbers=(1, 2, 3),
    )
    return [bars, table]


def _years(rated: Sequence[Place], plan: Plan[Place]) -> list[Block]:
    steady = plan.extra["stability"]

    def share(value: float | None) -> str:
        return "–" if value is None else f"{value:.0%}"

    figures = Figures(
        [
            (Text("名次相关", "rank correlation"), number(steady["correlation"] or float("nan")), None),
            (Text("星级不变", "keep their band"), share(steady["kept"]), None),
            (Text("名次平均移动", "mean change of rank"), number(steady["shift"] or 0.0, 1), None),
            (
                Text("确实动了的村", "really moved"),
                steady["moved"],
                Text("两年区间不相交", "intervals of both years do not touch"),
            ),
        ]
    )
    best = sorted(
        (line for line in rated if line.progress is not None), key=lambda line: (-(line.progress or 0.0), line.key)
    )[:15]
    rows = [[line.name, line.county, line.group, f"{line.progress:+.1f}", MOVED[line.moved]] for line in best]
    heads = [
        Text("村", "Village"),
        Text("县", "County"),
        Text("类别", "Class"),
        Text("进步（分）", "Progress (points)"),
        Text("", ""),
    ]
    return [figures, Table(heads, rows, Text("进步最大的村（同一参照值）", "Most progress (same frozen bounds)"), (3,))]


def _signs(problem: Problem, plan: Plan[Place]) -> list[Block]:
    titles = {item.code: item.title for item in problem.scheme.indicators}
    names = {line.key: line.name for line in plan.lines}
    note = Text("这些是该去看一看的迹象，不是结论。", "These are reasons to look, not verdicts.")
    rows: list[list[Cell]] = []
    for sign in plan.extra["signs"]:
        some = "、".join(names.get(code, code) for code in sign["villages"][:6]) + ("…" if sign["count"] > 6 else "")
        chance = "–" if sign["chance"] is None else (f"{sign['chance']:.2g}")
        rows.append([KINDS[sign["kind"]], titles[sign["code"]], Text(sign["zh"], sign["en"]), chance, some])
    if not rows:
        return [Prose(Text("没有发现异常。", "No signs."), "good")]
    heads = [
        Text("迹象", "Sign"),
        Text("指标", "Indicator"),
        Text("内容", "What"),
        Text("如实时的概率", "Chance if honest"),
        Text("村", "Villages"),
    ]
    return [Prose(note, "note"), Table(heads, rows, numbers=(3,), limit=60)]


def _scheme(problem: Problem) -> Block:
    scheme = problem.scheme
    shares = scheme.shares()
    rows: list[list[Cell]] = []
    for item, share in zip(scheme.indicators, shares, strict=True):
        way = {1: Text("越高越好", "more is better"), -1: Text("越低越好", "less is better")}[item.direction]
        rows.append(
            [
                scheme.dimension(item.dimension).title,
                item.title,
                f"{share:.1%}",
                way,
                WAYS[item.normaliser],
                GAPS[item.missing],
                item.source,
            ]
        )
    heads = [
        Text("维度", "Dimension"),
        Text("指标", "Indicator"),
        Text("权重", "Weight"),
        Text("方向", "Direction"),
        Text("归一", "Normaliser"),
        Text("缺失", "Missing"),
        Text("来源", "Source"),
    ]
    return Table(heads, rows, numbers=(2,))


def workbook(problem: Problem, plan: Plan[Place], target: Path, lang: Lang) -> Path:
    """Two sheets: what may be published (stars, no places, nobody in the last bands named by number) and the working list."""
    public = []
    for line in sorted(plan.lines, key=lambda item: (item.county, item.name, item.key)):
        shown = Text("帮扶提升", "being helped") if line.aid else stars_words(line.stars)
        public.append({"name": line.name, "county": line.county, "group": line.group, "stars": shown})
    head = [
        ListColumn("name", Text("村", "Village"), 18),
        ListColumn("county", Text("县", "County"), 14),
        ListColumn("group", Text("类别", "Class"), 16),
        ListColumn("stars", Text("星级", "Stars"), 12),
    ]
    dims = [ListColumn(f"dim{i}", item.title, 10, number=True) for i, item in enumerate(problem.scheme.dimensions)]
    work = [
        ListColumn("code", Text("村代码", "Code"), 16),
        *head,
        ListColumn("score", Text("得分", "Score"), 10, number=True),
        ListColumn("place", Text("名次区间", "Rank interval"), 14),
        ListColumn("certainty", Text("把握", "Chance"), 8),
        ListColumn("aid", Text("帮扶", "Help"), 14),
        ListColumn("known", Text("数据齐全度", "Figures there"), 10),
        ListColumn("progress", Text("进步", "Progress"), 10, number=True),
        *dims,
    ]
    rows = []
    for line in plan.lines:
        row = {
            "code": line.key,
            "name": line.name,
            "county": line.county,
            "group": line.group,
            "stars": stars_words(line.stars),
            "score": line.score,
            "place": f"{line.low}–{line.high} / {line.of}" if line.rank else "–",
            "certainty": f"{line.certainty:.0%}" if line.rank else "–",
            "aid": HELP_WORDS[line.aid],
            "known": f"{line.known:.0%}",
            "progress": line.progress,
        }
        row |= {f"dim{i}": value for i, value in enumerate(line.dims)}
        rows.append(row)
    title = problem.scheme.title
    sheets = [
        ListSheet(
            Text("公布", "Public"),
            head,
            public,
            title,
            (Text("星级内不分先后。", "In no order of merit inside a band."),),
        ),
        ListSheet(
            Text("工作表", "Working list"),
            work,
            rows,
            title,
            (Text("内部使用，不公布名次。", "Internal; places are not published."),),
        ),
    ]
    return write_workbook(target, sheets, lang=lang)
