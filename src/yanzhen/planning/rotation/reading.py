"""The sheets of a rotation: villages, people, earlier terms, units; every error by line."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from yanzhen.planning.kernel import Finding, Lock, Text, must_hold
from yanzhen.planning.kernel.reading import Column, Sheet, has_sheet, read, refers, unique
from yanzhen.planning.rotation.problem import KINDS, Parameters, Person, Problem, Term, Unit, Village

_KINDS = {
    **{word.zh: key for key, word in KINDS.items()},
    **{key: key for key in KINDS},
    "软弱涣散": "weak",
    "软弱涣散村": "weak",
    "易地搬迁": "relocation",
    "安置村": "relocation",
    "重点": "key",
    "重点村": "key",
    "一般": "ordinary",
}
_SEX = {"男": "m", "女": "f", "m": "m", "f": "f"}
_ROLE = {
    "第一书记": "first",
    "队长": "first",
    "工作队员": "member",
    "队员": "member",
    "first": "first",
    "member": "member",
}
_CATEGORY = {
    "教师": "teacher",
    "中小学教师": "teacher",
    "医护": "hospital",
    "县级医院医护": "hospital",
    "teacher": "teacher",
    "hospital": "hospital",
    "其他": "",
}
VILLAGES = (
    Column("id", Text("村编号", "village id"), required=True, also=("编号", "id")),
    Column("name", Text("村", "village"), required=True, also=("村名", "name")),
    Column("township", Text("乡镇", "township"), default=""),
    Column("kind", Text("类型", "kind"), "choice", default="ordinary", choices=_KINDS),
    Column("posts", Text("岗位数", "posts"), "int", default=0, low=0, high=20),
    Column("need", Text("力量要求", "need"), "int", default=0, low=0, high=100),
    Column("wanted", Text("需要专业", "wanted"), "list", default=()),
    Column("partners", Text("帮扶单位", "partners"), "list", default=()),
    Column("lodging", Text("安全住处", "lodging"), "bool", default=False),
    Column("unstable", Text("脱贫不稳定人口", "unstable"), "int", default=0, low=0),
    Column("x", Text("经度", "x"), "float", default=0.0, also=("lon",)),
    Column("y", Text("纬度", "y"), "float", default=0.0, also=("lat",)),
)
PEOPLE = (
    Column("id", Text("人员编号", "person id"), required=True, also=("编号", "id")),
    Column("name", Text("姓名", "name"), required=True),
    Column("sex", Text("性别", "sex"), "choice", required=True, choices=_SEX),
    Column("unit", Text("派出单位", "unit"), default=""),
    Column("home_village", Text("籍贯村", "home village"), default="", also=("本村",)),
    Column("home_township", Text("籍贯乡镇", "home township"), default="", also=("本乡镇",)),
    Column("birth", Text("出生日期", "birth"), "date", default=None),
    Column("party_since", Text("转正日期", "party since"), "date", default=None, also=("入党转正",)),
    Column("worked_since", Text("参加工作", "worked since"), "date", default=None),
    Column("category", Text("岗位类别", "category"), "choice", default="", choices=_CATEGORY),
    Column("specialities", Text("专业", "specialities"), "list", default=()),
    Column("strength", Text("力量分", "strength"), "int", default=3, low=1, high=5),
    Column("current", Text("现驻村", "current"), default=""),
    Column("role", Text("现任", "role"), "choice", default="", choices=_ROLE),
    Column("since", Text("到村日期", "since"), "date", default=None),
    Column("leaving", Text("应轮换", "leaving"), "bool", default=False),
    Column("kin", Text("近亲属人员", "kin"), "list", default=()),
    Column("kin_villages", Text("近亲属任职村", "kin villages"), "list", default=()),
    Column("spouse", Text("配偶人员", "spouse"), default=""),
    Column("care", Text("照料负担", "care"), "bool", default=False),
    Column("can_lead", Text("可任第一书记", "can lead"), "bool", default=True),
    Column("health", Text("身体适合", "health"), "bool", default=True),
    Column("x", Text("家经度", "x"), "float", default=None),
    Column("y", Text("家纬度", "y"), "float", default=None),
)
TERMS = (
    Column("person", Text("人员编号", "person"), required=True),
    Column("village", Text("村编号", "village"), required=True),
    Column("start", Text("到任", "from"), "date", required=True),
    Column("end", Text("离任", "to"), "date", default=None),
)
UNITS = (
    Column("id", Text("单位编号", "unit id"), required=True, also=("编号", "id", "单位")),
    Column("name", Text("单位", "unit"), default="", also=("名称", "name")),
    Column("most", Text("最多派出", "most"), "int", default=None, low=0),
)


def load(
    villages: Path,
    people: Path,
    *,
    parameters: Parameters,
    terms: Path | None = None,
    units: Path | None = None,
    locks: tuple[Lock, ...] = (),
    previous: dict[str, tuple[str, str]] | None = None,
    previous_digest: str = "",
    mode: str = "full",
    found: tuple[Finding, ...] = (),
) -> Problem:
    """Read all sheets (several may stand in one workbook); ProblemError with every error of every line."""
    village_sheet = read(villages, VILLAGES, sheet=("村", "需求", "villages"))
    person_sheet = read(people, PEOPLE, sheet=("人选", "人员", "people"))
    findings = [
        *found,
        *village_sheet.findings,
        *unique(village_sheet, "id"),
        *person_sheet.findings,
        *unique(person_sheet, "id"),
    ]
    keys = [row["id"] for row in village_sheet.rows]
    if terms is None and has_sheet(people, ("任职经历", "terms")):
        terms = people
    if units is None and has_sheet(people, ("单位", "units")):
        units = people
    served: dict[str, list[Term]] = defaultdict(list)
    if terms is not None:
        sheet = read(terms, TERMS, sheet=("任职经历", "terms"))
        findings += [
            *sheet.findings,
            *refers(sheet, "person", [row["id"] for row in person_sheet.rows], Text("人员", "person")),
        ]
        for row in sheet.rows:
            if row["end"] is not None and row["end"] < row["start"]:
                findings.append(
                    sheet.finding("rotation.term", Text("离任早于到任", "ends before it begins"), row, "end")
                )
            served[row["person"]].append(Term(row["village"], row["start"], row["end"]))
    held: tuple[Unit, ...] = ()
    if units is not None:
        sheet = read(units, UNITS, sheet=("单位", "units"))
        findings += [*sheet.findings, *unique(sheet, "id")]
        held = tuple(Unit(row["id"], row["name"] or row["id"], row["most"]) for row in sheet.rows)
        findings += refers(person_sheet, "unit", [unit.id for unit in held] + [""], Text("派出单位", "unit"))
    findings += refers(person_sheet, "current", [*keys, ""], Text("村", "village"))
    findings += _people(person_sheet, parameters)
    must_hold(findings)
    return Problem(
        tuple(Village(**row.values) for row in village_sheet.rows),
        tuple(Person(**row.values, terms=tuple(served.get(row["id"], ()))) for row in person_sheet.rows),
        held,
        parameters,
        locks,
        previous or {},
        previous_digest,
        mode,
    )


def _people(sheet: Sheet, parameters: Parameters) -> list[Finding]:
    found: list[Finding] = []

    def wrong(row: Any, column: str, zh: str, en: str) -> None:
        found.append(sheet.finding("rotation.person", Text(zh, en), row, column))

    for row in sheet.rows:
        if row["birth"] and row["worked_since"] and row["worked_since"].year - row["birth"].year < 14:
            wrong(row, "worked_since", "参加工作时不满14岁，日期有误", "began to work before the age of 14")
        if row["birth"] and row["party_since"] and row["party_since"].year - row["birth"].year < 18:
            wrong(row, "party_since", "入党时不满18岁，日期有误", "in the party before the age of 18")
        if row["current"] and row["since"] is None and not row["leaving"]:
            wrong(row, "since", "在村人员要填到村日期", "somebody in a village needs the day of arrival")
        if row["since"] and row["since"] > parameters.start:
            wrong(row, "since", "到村日期晚于本次轮换日", "arrival after the day of this rotation")
        if row["spouse"] == row["id"]:
            wrong(row, "spouse", "配偶填成了本人", "is their own spouse")
    return found
