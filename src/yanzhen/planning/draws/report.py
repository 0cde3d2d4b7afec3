"""The report of a draw: the list's digest, the seed, the drawn villages, everybody's ticket, and the script that checks it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from yanzhen.planning.draws.plan import POOLS, Problem, Ticket
from yanzhen.planning.draws.script import SCRIPT
from yanzhen.planning.draws.verify import published
from yanzhen.planning.kernel import Finding, Plan, Text
from yanzhen.planning.kernel.html import Cell, Figures, Prose, Report, Section, Table, record_facts, standard_sections


@dataclass(frozen=True, slots=True)
class Code:
    """A script as it is printed; long lines break."""

    text: str

    def html(self) -> Markup:
        """As HTML."""
        return Markup('<pre style="white-space:pre-wrap;overflow-wrap:anywhere"><code>{}</code></pre>').format(
            self.text
        )


def report(problem: Problem, plan: Plan[Ticket], *, findings: Sequence[Finding] = ()) -> Report:
    """The whole page."""
    drawn = sorted((line for line in plan.lines if line.drawn), key=lambda line: (line.stratum, line.ticket))
    named = [line for line in plan.lines if line.pool == "named"]
    listed = hashlib.sha256(published(problem).encode()).hexdigest()
    figures = Figures(
        [
            (Text("抽中", "drawn"), len(drawn), None),
            (Text("名单", "on the list"), len(plan.lines), None),
            (Text("近期查过不再抽", "rest, visited lately"), sum(line.pool == "rest" for line in plan.lines), None),
            (Text("本届已覆盖", "covered this term"), plan.extra["covered"], Text("含本轮", "with this round")),
        ]
    )
    seed_rows: list[list[Cell]] = [
        [Text("公开随机数", "public number"), problem.lottery],
        [Text("来源", "source"), problem.source],
        [Text("密语", "secret"), problem.secret or "–"],
        [Text("事先公布的承诺值", "commitment published before"), problem.commitment or "–"],
        [Text("种子", "seed"), problem.seed_text],
        [Text("名单文件的 SHA-256", "SHA-256 of the list"), listed],
    ]
    owed = [
        [item["name"], item["size"], item["quota"], item["must"], item["due"], item["free"]]
        for item in plan.extra["strata"]
    ]
    sections = [
        Section(Text("抽中的村", "Drawn"), [figures, _rows(drawn)]),
        *standard_sections(plan, findings=findings),
        Section(Text("种子", "The seed"), [Table([Text("项", "Item"), Text("值", "Value")], seed_rows)]),
        Section(
            Text("各层名额", "Quotas"),
            [
                Table(
                    [
                        Text("层", "Stratum"),
                        Text("村数", "Villages"),
                        Text("名额", "Quota"),
                        Text("其中本届未查至少", "of these due at least"),
                        Text("本届未查", "Due"),
                        Text("其他可抽", "Free"),
                    ],
                    owed,
                    numbers=(1, 2, 3, 4, 5),
                )
            ],
        ),
    ]
    if named:
        note = Text("下列村由人指定，不算随机抽取。", "These were named by hand and are not counted as drawn.")
        sections.append(Section(Text("指定检查", "Named by hand"), [Prose(note, "note"), _rows(named)]))
    how = Text(
        "把名单存为 CSV，用下面的脚本就能复核：签号 = SHA-256(种子|村代码)，每层先按签号取本届未查的份额，再按签号取满名额。",
        "Save the list as CSV and check with this script: ticket = SHA-256(seed|code); in each stratum the smallest tickets fill "
        "first the part that must be due, then the quota.",
    )
    sections.append(Section(Text("人人可复核", "Check it yourself"), [Prose(how), Code(SCRIPT)], new_page=True))
    sections.append(
        Section(
            Text("全部签号", "All tickets"),
            [_rows(sorted(plan.lines, key=lambda line: (line.stratum, line.ticket)), every=True)],
            new_page=True,
        )
    )
    return Report(
        TITLE_,
        sections,
        Text(f"抽签日 {problem.on.isoformat()}", f"day of the draw {problem.on.isoformat()}"),
        record_facts(plan),
    )


TITLE_ = Text("随机抽查结果", "Random inspection: the draw")


def _rows(lines: Sequence[Ticket], *, every: bool = False) -> Table:
    heads = [
        Text("层", "Stratum"),
        Text("村", "Village"),
        Text("村代码", "Code"),
        Text("签号", "Ticket"),
        Text("事前机会", "Chance before"),
        Text("池", "Pool"),
    ]
    rows: list[list[Cell]] = []
    for line in lines:
        pool = POOLS[line.pool] + (Text(f"（{line.reason}）", f" ({line.reason})") if line.reason else Text("", ""))
        row: list[Cell] = [line.stratum, line.name, line.key, line.ticket[:12], f"{line.chance:.1%}", pool]
        if every:
            row.append(Text("抽中", "drawn") if line.drawn else "")
        rows.append(row)
    if every:
        heads.append(Text("结果", "Result"))
    return Table(heads, rows, numbers=(4,), limit=400)
