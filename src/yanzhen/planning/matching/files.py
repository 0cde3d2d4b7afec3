"""Lists in and out: the two lists as counties keep them, errors by line, and the one list that comes of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from yanzhen.planning.kernel import Diff, Finding, Lang, Lock, Plan, Text, same
from yanzhen.planning.kernel.html import record_facts
from yanzhen.planning.kernel.reading import Column, Sheet, has_sheet, nearest, read, refers, unique
from yanzhen.planning.kernel.writing import ListColumn, ListSheet, write_word, write_workbook
from yanzhen.planning.matching.problem import (
    CODE,
    SEASONS,
    Cooperation,
    Exclusion,
    Need,
    Pairing,
    Problem,
    Rules,
    Specialist,
    Travel,
)

_SEASON = {
    **{name: name for name in SEASONS},
    **{f"{name}季": name for name in SEASONS},
    "全年": "",
    "不限": "",
    "any": "",
}
_SEASON |= dict(zip(("spring", "summer", "autumn", "winter"), SEASONS, strict=True))
_LON = Column("lon", Text("经度", "longitude"), "float", low=-180, high=180)
_LAT = Column("lat", Text("纬度", "latitude"), "float", low=-90, high=90)

SPECIALIST_SHEETS, NEED_SHEETS = ("供给清单", "专家", "specialists"), ("需求清单", "需求", "needs")
SPECIALISTS = (
    Column("id", Text("编号", "id"), required=True, also=("专家编号",), example="S001"),
    Column("name", Text("姓名", "name"), required=True, also=("专家", "专家姓名"), example="韦一"),
    Column("institution", Text("单位", "institution"), default="", also=("所在单位", "派出单位"), example="农业大学"),
    Column(
        "specialities",
        Text("学科代码", "speciality"),
        "list",
        required=True,
        default=(),
        also=("专业代码",),
        example="2103010、21040",
    ),
    Column(
        "capacity", Text("承担能力", "capacity"), "int", default=1, low=0, high=500, also=("可服务数",), example="3"
    ),
    Column("seasons", Text("可服务季节", "seasons"), "list", default=(), example="春2、秋1"),
    Column("languages", Text("语言方言", "languages"), "list", default=(), example="壮语"),
    Column("areas", Text("同意服务范围", "areas"), "list", default=(), example="青县"),
    Column("consent", Text("本人同意", "consent"), "bool", default=True, example="是"),
    _LON,
    _LAT,
    Column("wishes", Text("意愿", "wishes"), "list", default=()),
)
NEEDS = (
    Column("id", Text("编号", "id"), required=True, also=("需求编号",), example="N001"),
    Column("county", Text("县", "county"), default="", also=("县区", "区县"), example="青县"),
    Column("township", Text("乡镇", "township"), required=True, example="桥头乡"),
    Column("village", Text("村", "village"), required=True, also=("行政村",), example="上村"),
    Column("speciality", Text("学科代码", "speciality"), default="", also=("专业代码",), example="2103010"),
    Column("quantity", Text("数量", "quantity"), "int", default=1, low=1, high=200, also=("人数",), example="1"),
    Column("season", Text("季节", "season"), "choice", default="", choices=_SEASON, example="全年"),
    Column("languages", Text("语言方言", "languages"), "list", default=()),
    _LON,
    _LAT,
    Column("wishes", Text("意愿", "wishes"), "list", default=()),
)
TOGETHER = (
    Column("who", Text("专家或单位", "who"), required=True, also=("专家", "单位")),
    Column("place", Text("地方", "place"), required=True, also=("村", "乡镇", "合作地方")),
)
APART = (*TOGETHER, Column("reason", Text("理由", "reason"), default=""))
WAYS = (
    Column("specialist", Text("专家编号", "specialist"), required=True, also=("专家",)),
    Column("village", Text("村", "village"), required=True),
    Column("minutes", Text("分钟", "minutes"), "int", required=True, low=0, high=10_000),
)
#: Further lists: worksheet names and columns; each may also be a file of its own.
MORE = {
    "cooperations": (("合作基础", "cooperations"), TOGETHER),
    "exclusions": (("回避", "exclusions"), APART),
    "travel": (("路程", "travel"), WAYS),
}


def _code(text: str) -> str:
    return re.sub(r"[.．·]", "", text)


def _codes(sheet: Sheet, key: str) -> list[Finding]:
    found = []
    for row in sheet.rows:
        value = row[key]
        for item in value if isinstance(value, tuple) else (value,):
            if item and not CODE.fullmatch(_code(item)):
                text = Text(
                    "“{code}”不是 GB/T 13745 的 3、5、7 位代码（在 Excel 里请存为文本，数字会丢掉末尾的 0）",
                    "“{code}” is no GB/T 13745 code of 3, 5 or 7 digits (keep it as text: as a number it loses its last 0)",
                )
                found.append(sheet.finding("matching.code", text.fill(code=item), row, key))
    return found


def _season_caps(items: Sequence[str], capacity: int) -> tuple[tuple[str, int], ...]:
    found = []
    for item in items:
        match = re.fullmatch(r"(\D+?)(\d+)?", item)
        name = _SEASON.get(match[1]) if match else None
        if name is None or not match:
            raise ValueError(item)
        if name:
            found.append((name, int(match[2]) if match[2] else capacity))
    return tuple(found)


class Input:
    """What was read: the problem, or the findings that forbid it, and which file each came from."""

    def __init__(self, sheets: Mapping[str, Sheet], findings: Sequence[Finding], problem: Problem | None) -> None:
        self.sheets, self.findings, self.problem = sheets, tuple(findings), problem

    @property
    def sources(self) -> tuple[Path, ...]:
        """Files that findings may go back into."""
        return tuple(dict.fromkeys(sheet.source for sheet in self.sheets.values()))


def read_problem(
    needs: Path,
    specialists: Path,
    *,
    more: Mapping[str, Path | None] | None = None,
    locks: tuple[Lock, ...] = (),
    previous: Plan[Pairing] | None = None,
    rules: Mapping[str, Any] | None = None,
) -> Input:
    """Read both lists (two files, or two worksheets of one) and the further ones. All errors of all lines; ProblemError only when a file
    cannot be read at all."""
    sheets = {
        "specialists": read(specialists, SPECIALISTS, sheet=SPECIALIST_SHEETS),
        "needs": read(needs, NEEDS, sheet=NEED_SHEETS),
    }
    for name, (names, columns) in MORE.items():
        source = (more or {}).get(name)
        if source is None:
            source = next((path for path in dict.fromkeys((needs, specialists)) if has_sheet(path, names)), None)
        if source is not None:
            sheets[name] = read(source, columns, sheet=names)
    found = [finding for sheet in sheets.values() for finding in sheet.findings]
    found += unique(sheets["specialists"], "id") + unique(sheets["needs"], "id")
    found += _codes(sheets["specialists"], "specialities") + _codes(sheets["needs"], "speciality")
    ones = _specialists(sheets["specialists"], found)
    wants = tuple(Need(**{**row.values, "speciality": _code(row["speciality"])}) for row in sheets["needs"].rows)
    found += _references(sheets, ones, wants)
    found += _half_points(sheets)
    rows = {name: sheets[name].rows if name in sheets else () for name in MORE}
    made, wrong = _rules(rules or {})
    found += wrong
    problem = Problem(
        ones,
        wants,
        tuple(Cooperation(**row.values) for row in rows["cooperations"]),
        tuple(Exclusion(**row.values) for row in rows["exclusions"]),
        tuple(Travel(**row.values) for row in rows["travel"]),
        _named(locks, ones),
        previous.lines if previous is not None else (),
        made,
        previous.digest if previous is not None else "",
    )
    bad = any(item.severity == "error" for item in found)
    return Input(sheets, found, None if bad else problem)


def _specialists(sheet: Sheet, found: list[Finding]) -> tuple[Specialist, ...]:
    ones = []
    for row in sheet.rows:
        values = dict(row.values)
        values["specialities"] = tuple(_code(item) for item in values["specialities"])
        try:
            values["seasons"] = _season_caps(values["seasons"], values["capacity"])
        except ValueError as error:
            text = Text("“{item}”不是季节，应如“春2、秋1”", "“{item}” is no season, e.g. spring2").fill(item=str(error))
            found.append(sheet.finding("matching.season", text, row, "seasons"))
            continue
        ones.append(Specialist(**values))
    return tuple(ones)


def _references(sheets: Mapping[str, Sheet], ones: Sequence[Specialist], needs: Sequence[Need]) -> list[Finding]:
    who = {one.id for one in ones} | {one.institution for one in ones if one.institution}
    places = {place for need in needs for place in need.places()}
    found: list[Finding] = []
    for name in ("cooperations", "exclusions"):
        if name in sheets:
            found += refers(sheets[name], "who", who, Text("专家或单位", "specialist or institution"))
            found += refers(
                sheets[name], "place", places | {need.id for need in needs}, Text("村或乡镇", "village or township")
            )
    if "travel" in sheets:
        found += refers(sheets["travel"], "specialist", {one.id for one in ones}, Text("专家", "specialist"))
        found += refers(sheets["travel"], "village", places, Text("村", "village"))
    found += refers(sheets["specialists"], "areas", places, Text("县、乡镇或村", "county, township or village"))
    return found


def _half_points(sheets: Mapping[str, Sheet]) -> list[Finding]:
    text = Text("经度纬度要么都填，要么都不填", "give both longitude and latitude, or neither")
    return [
        sheets[name].finding("matching.point", text, row, "lat" if row["lat"] is None else "lon")
        for name in ("specialists", "needs")
        for row in sheets[name].rows
        if (row["lon"] is None) != (row["lat"] is None)
    ]


def _rules(data: Mapping[str, Any]) -> tuple[Rules, list[Finding]]:
    names = {field.name for field in fields(Rules)}
    found = []
    for key in data:
        if key not in names:
            near = nearest(key, names)
            hint = Text(f"，是不是 {near}", f"; did you mean {near}") if near else Text("", "")
            found.append(
                Finding("matching.rules.unknown", Text("没有参数 {key}", "no parameter {key}").fill(key=key) + hint)
            )
    values = {key: value for key, value in data.items() if key in names}
    if "order" in values:
        values["order"] = tuple(values["order"])
    if "related" in values:
        values["related"] = tuple((str(a), str(b)) for a, b in values["related"])
    return replace(Rules(), **values), found


def _named(locks: tuple[Lock, ...], ones: Sequence[Specialist]) -> tuple[Lock, ...]:
    """Locks may name a specialist by name where it is the only one of that name."""
    times = Counter(one.name for one in ones)
    ids = {one.id for one in ones}
    by_name = {one.name: one.id for one in ones if times[one.name] == 1}
    return tuple(
        lock if lock.object in ids else replace(lock, object=by_name.get(lock.object, lock.object)) for lock in locks
    )


# -- out -------------------------------------------------------------------------------------------------------------------------

LIST = (
    ListColumn("need", Text("需求编号", "need"), 10),
    ListColumn("slot", Text("名额", "slot"), 6, number=True),
    ListColumn("county", Text("县", "county"), 10),
    ListColumn("township", Text("乡镇", "township"), 12),
    ListColumn("village", Text("村", "village"), 12),
    ListColumn("speciality", Text("学科代码", "speciality"), 11),
    ListColumn("specialist", Text("专家编号", "specialist"), 10),
    ListColumn("name", Text("专家", "name"), 10),
    ListColumn("institution", Text("单位", "institution"), 16),
    ListColumn("fit", Text("契合", "fit"), 6, number=True),
    ListColumn("coop", Text("合作", "co-operation"), 6, number=True),
    ListColumn("minutes", Text("单程分钟", "minutes"), 9, number=True),
    ListColumn("lock", Text("锁定", "lock"), 8),
    ListColumn("change", Text("与上次", "change"), 12),
)
LIST_IN = (
    Column("need", Text("需求编号", "need"), required=True),
    Column("slot", Text("名额", "slot"), "int", default=1, low=1),
    Column("specialist", Text("专家编号", "specialist"), default=""),
    Column("fit", Text("契合", "fit"), "int", default=None),
    Column("coop", Text("合作", "co-operation"), "int", default=None),
    Column("minutes", Text("单程分钟", "minutes"), "int", default=None),
)


def list_rows(problem: Problem, plan: Plan[Pairing], diff: Diff | None) -> list[dict[str, Any]]:
    """One row a place of the plan, open ones included."""
    changed = {change.key: change for change in diff.changes} if diff is not None else {}
    rows = []
    by_key = {line.key: line for line in plan.lines}
    for key in sorted({*by_key, *plan.unmet}):
        name, slot = key.rsplit("#", 1)
        need, line = problem.need_of[name], by_key.get(key)
        row: dict[str, Any] = {
            "need": name,
            "slot": int(slot),
            "county": need.county,
            "township": need.township,
            "village": need.village,
            "speciality": need.speciality,
        }
        if line is None:
            row["name"] = Text("（待落实）", "(open)")
        else:
            one = problem.specialist_of[line.specialist]
            row |= {
                "specialist": one.id,
                "name": one.name,
                "institution": one.institution,
                "fit": line.fit,
                "coop": line.coop,
            }
            row |= {"minutes": line.minutes, "lock": Text("锁定", "locked") if line.fixed else ""}
        change = changed.get(key)
        if change is not None:
            kinds = {
                "added": Text("新增", "new"),
                "removed": Text("取消", "removed"),
                "changed": Text("改派", "changed"),
            }
            row["change"] = kinds[change.kind]
        rows.append(row)
    return rows


def title_of(plan: Plan[Pairing]) -> Text:
    """The heading of lists."""
    return Text("需求与专家“两单合一”名单", "Needs and specialists: the one list")


def write_list(
    problem: Problem, plan: Plan[Pairing], target: Path, *, diff: Diff | None = None, lang: Lang = "zh"
) -> Path:
    """The Excel list: lines, goals with their proof, changes."""
    goals = [
        {
            "name": level.name,
            "value": level.value,
            "bound": level.bound if level.bound is not None else "–",
            "unit": level.unit,
        }
        for level in plan.levels
    ]
    columns = (
        ListColumn("name", Text("目标（依次）", "goal, in order"), 24),
        ListColumn("value", Text("结果", "value"), 12, number=True),
        ListColumn("bound", Text("理论界", "bound"), 12, number=True),
        ListColumn("unit", Text("单位", "unit"), 10),
    )
    facts = [{"name": name, "value": value} for name, value in record_facts(plan)]
    sheets = [
        ListSheet(Text("名单", "List"), LIST, list_rows(problem, plan, diff), title_of(plan)),
        ListSheet(Text("目标", "Goals"), columns, goals),
        ListSheet(
            Text("记录", "Record"),
            (ListColumn("name", Text("项", "item"), 18), ListColumn("value", Text("值", "value"), 60)),
            facts,
        ),
    ]
    if diff is not None:
        change = (ListColumn("kind", Text("变化", "change"), 10), ListColumn("text", Text("内容", "what"), 60))
        kinds = {"added": Text("新增", "added"), "removed": Text("取消", "removed"), "changed": Text("改派", "changed")}
        rows = [{"kind": kinds[item.kind], "text": item.text} for item in diff.changes]
        sheets.append(ListSheet(Text("变化", "Changes"), change, rows))
    return write_workbook(target, sheets, lang=lang)


def write_signature(
    problem: Problem, plan: Plan[Pairing], target: Path, *, diff: Diff | None = None, lang: Lang = "zh"
) -> Path:
    """The Word list for signature."""
    keys = ("township", "village", "speciality", "name", "institution", "minutes", "lock", "change")
    columns = [column for column in LIST if column.key in keys and (column.key != "change" or diff is not None)]
    goals = [
        (level.name, Text(f"{level.value:g} {level.unit.zh}", f"{level.value:g} {level.unit.en}"))
        for level in plan.levels
    ]
    digests = [(name, value if isinstance(value, Text) else same(str(value))) for name, value in record_facts(plan)]
    notes = [Text("待落实 {n} 个名额。", "{n} places stay open.").fill(n=len(plan.unmet))]
    if diff is not None:
        notes.append(
            Text(
                "与上次相比 {same} 处不变，{n} 处改变。", "Against the last plan: {same} unchanged, {n} changed."
            ).fill(same=diff.kept, n=len(diff.changes))
        )
    signers = [Text("拟稿", "Prepared by"), Text("审核", "Checked by"), Text("签发", "Approved by")]
    rows = list_rows(problem, plan, diff)
    return write_word(
        target,
        title=title_of(plan),
        columns=columns,
        rows=rows,
        facts=goals + digests,
        notes=notes,
        signers=signers,
        lang=lang,
    )


def edited_plan(problem: Problem, plan: Plan[Pairing], source: Path) -> tuple[Plan[Pairing], tuple[Finding, ...]]:
    """A plan whose list was edited by hand (the Excel list back): its lines, with the figures of the data, ready to be checked."""
    from yanzhen.planning.matching.checking import recount
    from yanzhen.planning.matching.rules import Known, best_fit

    sheet = read(source, LIST_IN, sheet=("名单", "List"))
    known = Known(problem)
    lines, found = [], list(sheet.findings)
    for row in sheet.rows:
        if not row["specialist"]:
            continue
        need, one = problem.need_of.get(row["need"]), problem.specialist_of.get(row["specialist"])
        if need is None or one is None:
            text = Text("没有这个需求或专家", "no such need or specialist")
            found.append(sheet.finding("matching.unknown", text, row, "need" if need is None else "specialist"))
            continue
        fit, coop, minutes = best_fit(one, need, problem.rules.related), known.coop(one, need), known.minutes(one, need)
        lines.append(Pairing(need.id, row["slot"], one.id, fit, coop, minutes))
    lines.sort(key=lambda line: line.key)
    values = recount(problem, known, lines)
    levels = tuple(replace(level, value=float(values[level.key])) for level in plan.levels)
    have = {line.key for line in lines}
    unmet = tuple(
        f"{need.id}#{slot}"
        for need in problem.needs
        for slot in range(1, need.quantity + 1)
        if f"{need.id}#{slot}" not in have
    )
    return replace(plan, lines=tuple(lines), levels=levels, unmet=unmet, status="feasible"), tuple(found)


def write_template(target: Path, *, lang: Lang = "zh") -> Path:
    """An empty workbook with both lists and the further ones, one example line each."""

    def sheet(name: str, columns: Sequence[Column]) -> ListSheet:
        made = tuple(ListColumn(column.key, column.heading, 14) for column in columns)
        row = {column.key: column.example for column in columns}
        return ListSheet(Text(name, name), made, [row] if any(row.values()) else [])

    sheets = [sheet(SPECIALIST_SHEETS[0], SPECIALISTS), sheet(NEED_SHEETS[0], NEEDS)]
    sheets += [sheet(names[0], columns) for names, columns in MORE.values()]
    return write_workbook(target, sheets, lang=lang)


__all__ = ["Input", "edited_plan", "read_problem", "write_list", "write_signature", "write_template"]
