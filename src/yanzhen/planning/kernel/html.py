"""The self-contained HTML report: one file, no outside resource, Chinese and English by a switch, A4 in print, usable on a phone.

A report is a list of sections; a section is a list of blocks. Each planner composes the same blocks, so that every plan reads alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape

from yanzhen.planning.kernel.findings import Finding
from yanzhen.planning.kernel.records import STATUS_WORDS, Diff, Level, Plan
from yanzhen.planning.kernel.text import Text, number, said

Cell = Any  # Text, str, int, float, bool, Markup or None


class Block(Protocol):
    """A part of a page."""

    def html(self) -> Markup:
        """As HTML, both languages inside."""
        ...


def both(value: Cell) -> Markup:
    """A value as HTML; texts in both languages (the switch shows one), markup as it is."""
    if isinstance(value, Markup):
        return value
    if isinstance(value, Text):
        if value.zh == value.en:
            return escape(value.zh)
        return Markup('<span class="zh" lang="zh-CN">{}</span><span class="en" lang="en">{}</span>').format(
            value.zh, value.en
        )
    if isinstance(value, bool):
        return both(Text(said(value, "zh"), said(value, "en")))
    return escape(said(value, "zh"))


def svg_text(value: Cell) -> Markup:
    """The same inside an SVG text element."""
    if isinstance(value, Text) and value.zh != value.en:
        return Markup('<tspan class="zh">{}</tspan><tspan class="en">{}</tspan>').format(value.zh, value.en)
    return escape(said(value, "zh"))


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph; ``kind``: "", "note", "warn", "good"."""

    text: Text | Markup
    kind: str = ""

    def html(self) -> Markup:
        """As HTML."""
        return Markup('<p class="{}">{}</p>').format(self.kind, both(self.text))


@dataclass(frozen=True, slots=True)
class Figures:
    """Large numbers side by side: (label, value, small note)."""

    items: Sequence[tuple[Text, Cell, Text | None]]

    def html(self) -> Markup:
        """As HTML."""
        parts = [
            Markup('<div class="figure"><b>{}</b><span>{}</span>{}</div>').format(
                both(value), both(label), Markup("<small>{}</small>").format(both(note)) if note else ""
            )
            for label, value, note in self.items
        ]
        return Markup('<div class="figures">{}</div>').format(Markup("").join(parts))


@dataclass(frozen=True, slots=True)
class Table:
    """A table that scrolls in its own box when it is wider than the page. ``numbers``: indexes of right-aligned columns;
    ``limit``: rows shown on the page (the rest is counted, the lists have them all)."""

    columns: Sequence[Text]
    rows: Sequence[Sequence[Cell]]
    caption: Text | None = None
    numbers: Sequence[int] = ()
    limit: int = 500

    def html(self) -> Markup:
        """As HTML."""
        right = set(self.numbers)
        head = Markup("").join(
            Markup('<th scope="col"{}>{}</th>').format(Markup(' class="n"') if i in right else "", both(name))
            for i, name in enumerate(self.columns)
        )
        body = Markup("").join(
            Markup("<tr>{}</tr>").format(
                Markup("").join(
                    Markup("<td{}>{}</td>").format(Markup(' class="n"') if i in right else "", both(cell))
                    for i, cell in enumerate(row)
                )
            )
            for row in self.rows[: self.limit]
        )
        caption = Markup("<caption>{}</caption>").format(both(self.caption)) if self.caption else ""
        more = ""
        if len(self.rows) > self.limit:
            words = Text("另有 {n} 行，见清单", "{n} more rows in the list").fill(n=len(self.rows) - self.limit)
            more = Markup('<p class="note">{}</p>').format(both(words))
        return Markup(
            '<div class="wide" tabindex="0" role="region"><table{}>{}<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>{}'
        ).format(Markup(' class="many"') if len(self.columns) > 2 else "", caption, head, body, more)


@dataclass(frozen=True, slots=True)
class Levels:
    """The lexicographic vector: value, bound, gap and status of each level, in its order."""

    levels: Sequence[Level]
    previous: Sequence[Level] = ()

    def html(self) -> Markup:
        """As HTML."""
        before = {level.key: level for level in self.previous}
        columns = [
            Text("次序", "Order"),
            Text("目标", "Goal"),
            Text("结果", "Value"),
            Text("理论界", "Bound"),
            Text("差距", "Gap"),
            Text("证明", "Proof"),
        ]
        if before:
            columns.insert(3, Text("上次", "Before"))
        rows: list[list[Cell]] = []
        for place, level in enumerate(self.levels, 1):
            gap = "–" if level.gap is None else f"{level.gap:.2%}"
            proof = STATUS_WORDS[level.status] if level.bound is not None else Text("未证明", "not proven")
            arrow = "↑" if level.sense == "max" else "↓"
            row: list[Cell] = [
                place,
                level.name + Text(f" {arrow}", f" {arrow}"),
                Text(
                    f"{number(level.value)} {level.unit.zh}".strip(), f"{number(level.value)} {level.unit.en}".strip()
                ),
                "–" if level.bound is None else number(level.bound),
                gap,
                proof,
            ]
            if before:
                old = before.get(level.key)
                row.insert(3, number(old.value) if old else "–")
            rows.append(row)
        numbers = (0, 2, 3, 4, 5) if before else (0, 2, 3, 4)
        return Table(columns, rows, numbers=numbers).html()


@dataclass(frozen=True, slots=True)
class Findings:
    """What is broken or worth knowing, each with its place; a good word when there is nothing."""

    findings: Sequence[Finding]
    nothing: Text = field(default_factory=lambda: Text("每条规则都成立。", "Every rule holds."))
    limit: int = 200

    def html(self) -> Markup:
        """As HTML."""
        if not self.findings:
            return Prose(self.nothing, "good").html()
        items = Markup("").join(
            Markup('<li class="{}">{}</li>').format(item.severity, both(Text(item.say("zh"), item.say("en"))))
            for item in self.findings[: self.limit]
        )
        more = ""
        if len(self.findings) > self.limit:
            more = Prose(Text("另有 {n} 条", "{n} more").fill(n=len(self.findings) - self.limit), "note").html()
        return Markup('<ul class="findings">{}</ul>{}').format(items, more)


@dataclass(frozen=True, slots=True)
class Changes:
    """A diff with an earlier plan."""

    diff: Diff
    limit: int = 300

    def html(self) -> Markup:
        """As HTML."""
        total = Text(
            "与上次相比：{same} 处不变，{n} 处改变。", "Against the last plan: {same} unchanged, {n} changed."
        ).fill(same=self.diff.kept, n=len(self.diff.changes))
        kinds = {"added": Text("新增", "added"), "removed": Text("取消", "removed"), "changed": Text("改换", "changed")}
        rows = [[kinds[change.kind], change.text] for change in self.diff.changes]
        head = Prose(total).html()
        if not rows:
            return head
        return head + Table([Text("变化", "Change"), Text("内容", "What")], rows, limit=self.limit).html()


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its blocks."""

    title: Text
    blocks: Sequence[Block]
    new_page: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """The page. ``facts``: name and value pairs under the title (digest, seed, versions …)."""

    title: Text
    sections: Sequence[Section]
    subtitle: Text | None = None
    facts: Sequence[tuple[Text, Cell]] = ()

    def html(self, lang: str = "zh") -> str:
        """The whole file; ``lang``: what it opens in."""
        environment = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)
        environment.filters["both"] = both
        style = Markup((Path(__file__).parent / "report.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file
        return environment.get_template("report.html").render(page=self, lang=lang, style=style)

    def write(self, target: Path, lang: str = "zh") -> Path:
        """Write it to a file."""
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(self.html(lang), encoding="utf-8")
        return target


def record_facts(plan: Plan[Any]) -> list[tuple[Text, Cell]]:
    """What is printed on every plan: status, digests, seed, versions, duration, memory."""
    facts: list[tuple[Text, Cell]] = [
        (Text("状态", "Status"), STATUS_WORDS[plan.status]),
        (Text("方案摘要", "Plan digest"), plan.digest[:16]),
        (Text("输入摘要", "Input digest"), plan.input_digest[:16]),
        (Text("种子", "Seed"), str(plan.seed)),
        (Text("求解器", "Solvers"), ", ".join(f"{name} {version}" for name, version in sorted(plan.versions.items()))),
        (Text("用时", "Duration"), Text(f"{plan.seconds:.1f} 秒", f"{plan.seconds:.1f} s")),
        (Text("内存峰值", "Peak memory"), f"{plan.memory_mb:.0f} MiB"),
    ]
    if plan.previous:
        facts.append((Text("上一方案", "Previous plan"), plan.previous[:16]))
    if plan.signed_by:
        facts.append((Text("参数签发", "Parameters signed by"), plan.signed_by))
    if plan.locks:
        facts.append((Text("人工锁定", "Locks by hand"), len(plan.locks)))
    return facts


def standard_sections(
    plan: Plan[Any], *, findings: Iterable[Finding] = (), diff: Diff | None = None, previous: Plan[Any] | None = None
) -> list[Section]:
    """The sections that open every report: goals with their proof, check, notes, changes."""
    found = [
        Section(Text("目标与证明", "Goals and proof"), [Levels(plan.levels, previous.levels if previous else ())]),
        Section(Text("逐条核验", "Independent check"), [Findings(tuple(findings))]),
    ]
    if plan.notes:
        found.append(Section(Text("提示", "Notes"), [Findings(plan.notes)]))
    if diff is not None:
        found.append(Section(Text("与上次的变化", "Changes"), [Changes(diff)]))
    return found
