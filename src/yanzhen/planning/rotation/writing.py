"""The lists of a rotation: the Excel workbook by village, and the Word list for signature."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from yanzhen.planning.kernel import STATUS_WORDS, Lang, Plan, Text, same
from yanzhen.planning.kernel.writing import ListColumn, ListSheet, write_word, write_workbook
from yanzhen.planning.rotation.lines import Posting
from yanzhen.planning.rotation.problem import KINDS, ROLES, Problem

COLUMNS = (
    ListColumn("township", Text("乡镇", "Township"), 12),
    ListColumn("village", Text("村", "Village"), 16),
    ListColumn("kind", Text("类型", "Kind"), 18),
    ListColumn("role", Text("岗位", "Post"), 12),
    ListColumn("name", Text("姓名", "Name"), 12),
    ListColumn("sex", Text("性别", "Sex"), 6),
    ListColumn("unit", Text("派出单位", "Unit"), 24),
    ListColumn("answer", Text("安排", "Answer"), 9),
    ListColumn("wave", Text("到村", "Arrival"), 10),
    ListColumn("handover", Text("交接至", "Hand-over until"), 12),
    ListColumn("minutes", Text("到家分钟", "Minutes home"), 10, number=True),
)


def rows_of(problem: Problem, plan: Plan[Posting]) -> list[dict[str, Any]]:
    """One row a post, by township and village; empty posts too."""
    teams: dict[str, list[Posting]] = {}
    for line in plan.lines:
        if line.village:
            teams.setdefault(line.village, []).append(line)
    rows: list[dict[str, Any]] = []
    for village in sorted(problem.villages, key=lambda item: (item.township, item.id)):
        base = {"township": village.township, "village": village.name, "kind": KINDS[village.kind]}
        team = sorted(teams.get(village.id, []), key=lambda line: (line.role != "first", line.person))
        for line in team:
            person = problem.person_by_id[line.person]
            unit = problem.unit_by_id[person.unit].name if person.unit in problem.unit_by_id else person.unit
            rows.append(
                base
                | {
                    "role": ROLES[line.role],
                    "name": person.name,
                    "sex": Text("女", "f") if person.sex == "f" else Text("男", "m"),
                    "unit": unit,
                    "answer": Text("留任", "stays") if line.stays else Text("新派", "new"),
                    "wave": line.wave,
                    "handover": line.handover,
                    "minutes": line.minutes,
                }
            )
        led = any(line.role == "first" for line in team)
        for number in range(problem.posts(village) - len(team)):
            role = ROLES["first" if not led and number == 0 else "member"]
            rows.append(base | {"role": role, "name": Text("（空缺）", "(empty)")})
    return rows


def write_lists(problem: Problem, plan: Plan[Posting], folder: Path, *, lang: Lang = "zh") -> list[Path]:
    """``postings.xlsx`` and ``postings.docx``."""
    rows = rows_of(problem, plan)
    title = Text("驻村轮换名单", "Rotation of stationed teams")
    sent = {line.person for line in plan.lines if line.village}
    leaving = [
        {"name": person.name, "unit": person.unit, "village": problem.village_by_id[person.current].name}
        for person in problem.people
        if person.current in problem.village_by_id and person.id not in sent
    ]
    sheets = [
        ListSheet(Text("名单", "postings"), COLUMNS, rows, title),
        ListSheet(Text("离任", "leaving"), (COLUMNS[4], COLUMNS[6], COLUMNS[1]), leaving, Text("离任人员", "Leaving")),
    ]
    book = write_workbook(folder / "postings.xlsx", sheets, lang=lang)
    facts = [
        (Text("方案", "Plan"), same(plan.digest[:16])),
        (Text("种子", "Seed"), same(str(plan.seed))),
        (Text("状态", "Status"), STATUS_WORDS[plan.status]),
    ]
    word = write_word(
        folder / "postings.docx",
        title=title,
        columns=COLUMNS[:10],
        rows=rows,
        facts=facts,
        signers=(Text("组织部门（签字）", "Organization department"), Text("分管领导（签字）", "Leader in charge")),
        lang=lang,
    )
    return [book, word]
