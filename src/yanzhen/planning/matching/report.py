"""The HTML report of a matching plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from yanzhen.planning.kernel import Diff, Finding, Plan, Relaxation, Text, same
from yanzhen.planning.kernel.drawing import Bars, Dots, Links, Map
from yanzhen.planning.kernel.html import Block, Figures, Prose, Report, Section, Table, record_facts, standard_sections
from yanzhen.planning.matching.explaining import explain, shadow_prices
from yanzhen.planning.matching.problem import LEVELS, Need, Pairing, Problem, Specialist
from yanzhen.planning.matching.stable import Comparison

#: Lines whose reasons are printed; the command ``explain`` answers for any line.
REASONS = 60
MAP_LINES = 3000


def report(
    problem: Problem,
    plan: Plan[Pairing],
    *,
    findings: Sequence[Finding] = (),
    diff: Diff | None = None,
    previous: Plan[Pairing] | None = None,
    stable: Comparison | None = None,
    relaxation: Relaxation | None = None,
) -> Report:
    """One page: goals, check, changes, map, lines, open places, prices, comparison, parameters."""
    needs = {key.rsplit("#", 1)[0] for key in plan.unmet}
    villages = {need.village_key for need in problem.needs}
    covered = {problem.need_of[line.need].village_key for line in plan.lines}
    townships = {need.township_key for need in problem.needs}
    reached = {problem.need_of[line.need].township_key for line in plan.lines}
    minutes = sorted(line.minutes for line in plan.lines)
    total = sum(need.quantity for need in problem.needs)
    middle = minutes[len(minutes) // 2] if minutes else 0
    figures = Figures(
        [
            (Text("乡镇有专家", "townships covered"), f"{len(reached)}/{len(townships)}", None),
            (Text("村有专家", "villages covered"), f"{len(covered)}/{len(villages)}", None),
            (Text("落实名额", "places filled"), f"{len(plan.lines)}/{total}", None),
            (Text("有合作基础", "with past co-operation"), sum(1 for line in plan.lines if line.coop), None),
            (Text("单程中位数（分钟）", "median minutes one way"), middle, None),
        ]
    )
    sections = [Section(Text("概况", "At a glance"), [figures])]
    sections += standard_sections(plan, findings=findings, diff=diff, previous=previous)
    sections.append(Section(Text("图", "Map"), _map(problem, plan)))
    sections.append(Section(Text("名单", "The list"), [_lines(problem, plan)]))
    sections.append(Section(Text("为什么是他", "Why this one"), _reasons(problem, plan)))
    sections.append(Section(Text("待落实", "Open places"), _open(problem, plan, needs, relaxation)))
    sections.append(
        Section(Text("各学科再多一人的作用", "What one more specialist would bring"), _prices(problem, plan))
    )
    if stable is not None:
        sections.append(Section(Text("与双向自选相比", "Beside the two-sided choice"), [Prose(stable.words())]))
    sections.append(Section(Text("承担情况", "Load"), [_load(problem, plan)]))
    sections.append(Section(Text("参数", "Parameters"), [_parameters(problem)]))
    subtitle = Text(
        "合作基础优先、专业领域契合、工作就近就便；乡镇村全覆盖",
        "co-operation first, speciality fits, near by; every township and village",
    )
    return Report(Text("人才“两单合一”方案", "Talent matching plan"), sections, subtitle, record_facts(plan))


def _point(row: Need | Specialist) -> tuple[float, float] | None:
    return None if row.lon is None or row.lat is None else (row.lon, row.lat)


def _map(problem: Problem, plan: Plan[Pairing]) -> list[Block]:
    served = {line.need for line in plan.lines}
    pairs, ones = [], {}
    for line in plan.lines[:MAP_LINES]:
        a, b = _point(problem.need_of[line.need]), _point(problem.specialist_of[line.specialist])
        if a and b:
            pairs.append((a, b))
            ones[line.specialist] = b
    good = [(p, need) for need in problem.needs if need.id in served and (p := _point(need))][:MAP_LINES]
    bad = [(p, need) for need in problem.needs if need.id not in served and (p := _point(need))][:MAP_LINES]
    if not good and not bad:
        return [Prose(Text("没有坐标，不画图。", "No coordinates, no map."), "note")]
    size = 3.0 if len(problem.needs) <= 800 else 1.6
    drawn = Map(
        [
            Links(Text("派往", "serves"), pairs, width=0.7),
            Dots(
                Text("专家", "specialists"),
                list(ones.values()),
                "#0b5394",
                size,
                [problem.specialist_of[name].name for name in ones],
                shape="square",
            ),
            Dots(
                Text("已落实的需求", "needs served"),
                [p for p, _ in good],
                "#009e73",
                size,
                [need.village for _, need in good],
            ),
            Dots(
                Text("待落实的需求", "needs open"),
                [p for p, _ in bad],
                "#b3261e",
                size + 1,
                [need.village for _, need in bad],
            ),
        ],
        Text(
            "派往关系（示意，直线；远处的单位在图外）",
            "Who serves where (straight lines; far institutions are off the edge)",
        ),
        focus=(2, 3),
    )
    return [drawn]


def _lines(problem: Problem, plan: Plan[Pairing]) -> Table:
    columns = [
        Text("乡镇", "Township"),
        Text("村", "Village"),
        Text("学科", "Subject"),
        Text("专家", "Specialist"),
        Text("单位", "Institution"),
        Text("契合", "Fit"),
        Text("合作", "Co-op."),
        Text("分钟", "Minutes"),
        Text("锁定", "Lock"),
    ]
    rows = []
    for line in plan.lines:
        need, one = problem.need_of[line.need], problem.specialist_of[line.specialist]
        lock = Text("锁定", "locked") if line.fixed else ""
        rows.append(
            [
                need.township,
                need.village,
                need.speciality,
                one.name,
                one.institution,
                line.fit,
                line.coop,
                line.minutes,
                lock,
            ]
        )
    return Table(columns, rows, numbers=(5, 6, 7), limit=400)


def _reasons(problem: Problem, plan: Plan[Pairing]) -> list[Block]:
    rows = []
    for line in plan.lines[:REASONS]:
        answer = explain(problem, plan, line.key)
        other = [item.text for item in answer.alternatives]
        rows.append([line.key, _all(answer.reasons), _all(other)])
    if not rows:
        return [Prose(Text("没有名单。", "No lines."), "note")]
    columns = [Text("名额", "Place"), Text("理由", "Reasons"), Text("次优及代价", "Next best and its price")]
    blocks: list[Block] = [Table(columns, rows)]
    if len(plan.lines) > REASONS:
        words = Text(
            "只列前 {n} 行；其余用 explain 命令逐行查询。",
            "The first {n} lines; ask the explain command for any other.",
        )
        blocks.append(Prose(words.fill(n=REASONS), "note"))
    return blocks


def _all(texts: Sequence[Text]) -> Text:
    return Text("".join(text.zh for text in texts), " ".join(text.en for text in texts))


def _open(problem: Problem, plan: Plan[Pairing], needs: set[str], relaxation: Relaxation | None) -> list[Block]:
    if not plan.unmet:
        return [Prose(Text("所有名额都已落实。", "Every place is filled."), "good")]
    rows = []
    for key in plan.unmet[:REASONS]:
        need = problem.need_of[key.rsplit("#", 1)[0]]
        answer = explain(problem, plan, key)
        rows.append([key, f"{need.township}{need.village}", need.speciality, _all(answer.reasons)])
    columns = [Text("名额", "Place"), Text("村", "Village"), Text("学科", "Subject"), Text("原因", "Why")]
    blocks: list[Block] = [
        Prose(Text("{n} 个名额待落实。", "{n} places are open.").fill(n=len(plan.unmet)), "warn"),
        Table(columns, rows),
    ]
    if relaxation is not None and relaxation.give_up:
        head = Text("最少放宽这些，名额才能再落实：", "The least to give up so that more places can be filled:")
        if not relaxation.proven:
            head = Text(
                "放宽这些可以再落实名额（未证明最少）：", "Giving up these fills more places (not proven least):"
            )
        blocks.append(Prose(head))
        blocks.append(Table([Text("放宽", "Give up")], [[item.text] for item in relaxation.give_up], limit=100))
    return blocks


def _prices(problem: Problem, plan: Plan[Pairing]) -> list[Block]:
    rows = shadow_prices(problem, plan)
    if not rows:
        return [
            Prose(
                Text(
                    "没有学科因多一人而更好，或方案未经证明。",
                    "No subject gains from one more, or the plan is not proven.",
                ),
                "note",
            )
        ]
    columns = [
        Text("学科代码", "Subject"),
        Text("待落实", "Open"),
        Text("多一人一项能力的作用", "One more place of capacity brings"),
    ]
    table = Table(columns, [[code or "–", open_, words] for code, open_, words in rows], numbers=(1,), limit=60)
    return [
        table,
        Prose(
            Text("只计到路程之前的目标；学科按 GB/T 13745。", "Goals before travel; subjects by GB/T 13745."), "note"
        ),
    ]


def _load(problem: Problem, plan: Plan[Pairing]) -> Bars:
    load = Counter(problem.specialist_of[line.specialist].institution or "–" for line in plan.lines)
    top = load.most_common(15)
    return Bars(
        [name for name, _ in top],
        [(Text("派出", "placed"), [float(n) for _, n in top])],
        Text("各单位派出的名额", "Places by institution"),
    )


def _parameters(problem: Problem) -> Table:
    rules = problem.rules
    order = Text(
        " → ".join(LEVELS[key][0].zh for key in problem.order), " → ".join(LEVELS[key][0].en for key in problem.order)
    )
    rows: list[list[object]] = [
        [Text("目标次序", "Order of goals"), order],
        [Text("最低契合度", "Least fit"), rules.min_fit],
        [Text("绕行系数", "Detour factor"), rules.detour],
        [Text("平均时速（公里）", "Speed (km/h)"), rules.speed_kmh],
        [Text("最远分钟（0 不限）", "Most minutes (0 = any)"), rules.max_minutes],
        [Text("坐标不明按分钟", "Minutes where unknown"), rules.unknown_minutes],
        [Text("一人一点", "One base a person"), rules.one_base or Text("否", "no")],
        [Text("参数签发", "Signed by"), same(rules.signed_by or "–")],
    ]
    return Table([Text("参数", "Parameter"), Text("值", "Value")], rows)
