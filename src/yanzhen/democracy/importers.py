"""What village democracy brings to the import pipeline: seats in bodies, from a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from yanzhen.democracy.models import Seat
from yanzhen.democracy.selectors.scope import villages_in
from yanzhen.democracy.services import rosters
from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.intake.api import BaseImporter, Column, Context, Problem, Staged, register
from yanzhen.kernel.scope.api import in_range, path_range
from yanzhen.registry.models import Person, Unit

_BODIES = {words: code for code, words in Seat.BODIES}
_HOW = {words: code for code, words in Seat.HOW if code != "by_election"}


class SeatsImporter(BaseImporter):
    """Who sits in which body. Persons are known already (people's table first); a seat is never entered twice."""

    code = "seats"
    title = "村级任职名册"
    capability = "democracy.rosters"
    chunk: int | None = None
    columns: Sequence[Column] = (
        Column(
            "village",
            "村代码",
            required=True,
            aliases=("单位代码", "区划代码"),
            help="12位村代码",
            example="990101100201",
            width=18,
        ),
        Column(
            "body",
            "机构",
            "choice",
            required=True,
            choices=_BODIES | {"村委会": "committee", "监委会": "supervision", "支委会": "party_committee"},
        ),
        Column("name", "姓名", required=True, max_length=60, example="张三"),
        Column("birth", "出生日期", "date", help="同名时用来分清是谁"),
        Column("duty", "职务", max_length=40, example="主任"),
        Column("group", "推选的组", max_length=40),
        Column("how", "产生方式", "choice", choices=_HOW | {"选举": "elected", "当然成员": "ex_officio"}),
        Column("since", "任职日期", "date"),
        Column("term_ends", "届满日期", "date"),
        Column("basis", "依据文件", max_length=200),
    )
    notes: Sequence[str] = (
        "人员须先在“人员与家庭”里建档；村里有同名的人，请填写出生日期。",
        "补选、罢免由程序结果登记，不从表格导入。",
    )

    def check_all(self, rows: Sequence[Staged], context: Context) -> Mapping[int, list[Problem]]:
        """Villages in scope, one person each, seats that are taken already."""
        found: dict[int, list[Problem]] = {}
        for row in rows:
            unit = self._village(row, context)
            if unit is None:
                found[row.number] = [Problem("没有这个代码的村，或不在您的管辖范围内。", "village")]
                continue
            persons = self._persons(unit, row)
            if len(persons) != 1:
                words = "本村有{n}个同名的人，请填写出生日期。" if persons else "本村没有这个人的档案，请先建档。"
                found[row.number] = [Problem(words, "name", {"n": len(persons)} if persons else {})]
            elif Seat.objects.filter(
                unit=unit, body=row.values["body"], person=persons[0], valid_to__isnull=True
            ).exists():
                found[row.number] = [Problem("已经在这个名册上。", "name")]
        return found

    def _village(self, row: Staged, context: Context) -> Unit | None:
        known: dict[str, Unit | None] = context.memo.setdefault("villages", {})
        code = str(row.values.get("village") or "").strip()
        if code not in known:
            known[code] = villages_in(context.actor, self.capability, under=context.unit.path).filter(code=code).first()
        return known[code]

    def _persons(self, unit: Unit, row: Staged) -> list[Person]:
        below = in_range(path_range(unit.path), "unit__path")
        found = Person.objects.filter(
            below, name=str(row.values["name"]).strip(), died_on__isnull=True, merged_into__isnull=True
        )
        if isinstance(row.values.get("birth"), date):
            found = found.filter(birth=row.values["birth"])
        return list(found.select_related("unit")[:3])

    def commit(self, rows: Iterable[Staged], context: Context) -> Mapping[str, int]:
        """Enter the seats, each through the same rules as the form."""
        made = refused = 0
        for row in rows:
            unit = self._village(row, context)
            persons = self._persons(unit, row) if unit else []
            if unit is None or len(persons) != 1:
                refused += 1
                continue
            given: dict[str, Any] = {
                name: row.values[name]
                for name in ("duty", "group", "how", "since", "term_ends", "basis")
                if row.values.get(name)
            }
            try:
                rosters.seat(
                    actor=context.actor,
                    now=context.now,
                    unit=unit,
                    body=str(row.values["body"]),
                    person=persons[0],
                    **given,
                )
            except DomainError as error:
                raise DomainError(
                    "democracy.import.row", "第{row}行：{why}", row=row.number, why=error.message
                ) from error
            made += 1
        return {"created": made, "refused": refused}


register(SeatsImporter())
