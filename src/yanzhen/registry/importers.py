"""What the registers bring to the import pipeline: people with their households, from a table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils import timezone

from yanzhen.kernel.crypto.api import mask_name
from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.intake.api import BaseImporter, Column, Context, Problem, Staged, register
from yanzhen.kernel.scope.api import in_range, path_range, within
from yanzhen.kernel.trail import api as trail
from yanzhen.registry import actions
from yanzhen.registry.domain import people as rules
from yanzhen.registry.models import Household, Person, Residence, Unit
from yanzhen.registry.selectors.people import id_index
from yanzhen.registry.services.people import _join, apply, facts

CHUNK = 500
GIVEN = ("name", "sex", "birth", "nation", "political", "phone", "id_number")


def _words(codes: Mapping[str, str]) -> dict[str, str]:
    return {word: code for code, word in codes.items()}


class PeopleImporter(BaseImporter):
    """People and the households they live in. A person with a known ID number is brought up to date, never made twice."""

    code = "people"
    title = "人员与家庭"
    capability = "people.manage"
    chunk: int | None = CHUNK
    columns: Sequence[Column] = (
        Column("unit", "村或网格代码", required=True, aliases=("单位代码", "网格代码", "村代码", "区划代码"),
               help="12位村代码，或村以下的网格代码", example="990101100201001", width=20),
        Column("household", "户号", aliases=("户编号", "家庭编号"), max_length=40),
        Column("relation", "与户主关系", "choice", choices=_words(rules.RELATION) | {"户主": "01", "本人": "01", "妻": "10",
               "夫": "10", "配偶": "10", "父亲": "50", "母亲": "50", "孙子": "40", "孙女": "40"}),
        Column("name", "姓名", required=True, max_length=60, example="张三"),
        Column("id_number", "身份证号", "id_number", aliases=("公民身份号码", "身份证", "证件号码"),
               help="没有身份证号的可以不填，系统给临时编号", width=22),
        Column("sex", "性别", "choice", choices=_words(rules.SEX), help="有身份证号时不用填"),
        Column("birth", "出生日期", "date", help="有身份证号时不用填"),
        Column("nation", "民族", "choice", choices=_words(rules.NATION) | {"汉": "01"}),
        Column("political", "政治面貌", "choice", choices=_words(rules.POLITICAL) | {"党员": "01", "预备党员": "02", "团员": "03"}),
        Column("phone", "联系电话", "phone", aliases=("手机", "手机号", "电话")),
        Column("address", "住址", max_length=160, aliases=("家庭住址", "地址"), width=30),
    )  # fmt: skip
    notes: Sequence[str] = (
        "有身份证号的不再填写性别和出生日期：以号码为准。",
        "同一身份证号已有档案时更新，不会重复建档；姓名不同的会退回核对。",
    )

    def check(self, row: Staged, context: Context) -> list[Problem]:
        """The registry's own rules on the cells of one row."""
        found = []
        given = {name: row.values.get(name) for name in GIVEN if row.values.get(name) not in (None, "")}
        for name, value in given.items():
            try:
                apply(Person(), {name: value}, timezone.localdate(context.now))
            except DomainError as error:
                found.append(Problem(error.template, name, error.data))
        if row.values.get("relation") and not row.values.get("household"):
            found.append(Problem("填了与户主关系，还要填户号。", "household"))
        return found

    def check_all(self, rows: Sequence[Staged], context: Context) -> Mapping[int, list[Problem]]:
        """Units, repetitions in the file, and files that are there already: a few queries a batch."""
        found: dict[int, list[Problem]] = defaultdict(list)
        units = self._units(rows, context)
        seen: dict[str, int] = context.memo.setdefault("seen", {})
        heads: dict[tuple[str, str], int] = context.memo.setdefault("heads", {})
        by_index = {}
        for row in rows:
            if units.get(self._unit_code(row)) is None:
                found[row.number].append(Problem("没有这个代码的村或网格，或不在您的管辖范围内。", "unit"))
            number = row.values.get("id_number")
            key = (
                id_index(str(number)) if number else "|".join(str(row.values.get(k)) for k in ("unit", "name", "birth"))
            )
            if key in seen:
                same = {"row": seen[key]}
                if number:
                    found[row.number].append(Problem("与第{row}行身份证号相同。", "id_number", same))
                else:
                    found[row.number].append(Problem("与第{row}行姓名、出生日期和单位相同。", "name", same))
            seen.setdefault(key, row.number)
            if number:
                by_index[key] = row
            if row.values.get("household") and row.values.get("relation") in rules.HEADS:
                home = (self._unit_code(row), str(row.values["household"]))
                if home in heads:
                    found[row.number].append(
                        Problem("与第{row}行都写成了同一户的户主。", "relation", {"row": heads[home]})
                    )
                heads.setdefault(home, row.number)
        self._known(by_index, context, found)
        self._namesakes(rows, units, found)
        return found

    def _unit_code(self, row: Staged) -> str:
        return str(row.values.get("unit") or "").strip().upper()

    def _units(self, rows: Sequence[Staged], context: Context) -> dict[str, Unit]:
        """Units by code: standing, in the actor's scope and below the unit of the run."""
        known: dict[str, Unit | None] = context.memo.setdefault("units", {})
        fresh = sorted({self._unit_code(row) for row in rows} - set(known))
        if fresh:
            reach = within(context.actor, self.capability, "path") & in_range(path_range(context.unit.path), "path")
            rows_found = Unit.objects.filter(
                reach, code__in=fresh, valid_to__isnull=True, kind__in=(Unit.Kind.DIVISION, Unit.Kind.GRID)
            )
            known.update(dict.fromkeys(fresh))
            known.update({unit.code: unit for unit in rows_found})
        return {code: unit for code, unit in known.items() if unit is not None}

    def _known(self, by_index: Mapping[str, Staged], context: Context, found: dict[int, list[Problem]]) -> None:
        reach = path_range(context.unit.path)
        for index, name, path, died in Person.objects.filter(
            id_index__in=list(by_index), merged_into__isnull=True
        ).values_list("id_index", "name", "unit__path", "died_on"):
            row = by_index[index]
            if path not in reach:
                found[row.number].append(Problem("该身份证号已在其他单位建档，请联系上级单位核对后迁移。", "id_number"))
            elif name != rules.read_name(str(row.values["name"])):
                found[row.number].append(
                    Problem("该身份证号已有档案，姓名为{name}，与本行不同，请核对。", "name", {"name": mask_name(name)})
                )
            elif died is not None:
                found[row.number].append(Problem("该身份证号的档案已登记死亡，请核对。", "id_number"))

    def _namesakes(self, rows: Sequence[Staged], units: Mapping[str, Unit], found: dict[int, list[Problem]]) -> None:
        """Somebody without a number must not be made twice by a file imported twice."""
        plain = [row for row in rows if not row.values.get("id_number") and self._unit_code(row) in units]
        names = {rules.read_name(str(row.values["name"])) for row in plain}
        held = set(
            Person.objects.filter(name__in=names, unit__in=[units[self._unit_code(row)] for row in plain],
                                  merged_into__isnull=True).values_list("unit_id", "name", "birth")
        )  # fmt: skip
        for row in plain:
            key = (units[self._unit_code(row)].pk, rules.read_name(str(row.values["name"])), row.values.get("birth"))
            if key in held:
                found[row.number].append(
                    Problem("本单位已有同名同出生日期的档案，请填写身份证号或在档案中修改。", "name")
                )

    def commit(self, rows: Iterable[Staged], context: Context) -> Mapping[str, int]:
        """Write a chunk: known people brought up to date, new ones in bulk, households made where they are missing."""
        rows = list(rows)
        today = timezone.localdate(context.now)
        units = self._units(rows, context)
        indexes = {row.number: id_index(str(row.values["id_number"])) for row in rows if row.values.get("id_number")}
        held = {
            person.id_index: person
            for person in Person.objects.select_for_update(of=("self",)).select_related("unit").filter(
                id_index__in=list(indexes.values()), merged_into__isnull=True
            )
        }  # fmt: skip
        fresh: list[Person] = []
        lines: list[tuple[Staged, Person, dict[str, Any] | None]] = []
        for row in rows:
            person = held.get(indexes.get(row.number, "-"))
            before = facts(person) if person else None
            person = person or Person(unit=units[self._unit_code(row)], source=f"导入{context.run_id}")
            given = {name: row.values[name] for name in GIVEN if row.values.get(name) not in (None, "")}
            apply(person, given, today)
            person.updated_at = context.now
            if person.pk is None:
                fresh.append(person)
            lines.append((row, person, before))
        Person.objects.bulk_create(fresh, batch_size=200)
        keyed = [person for person in fresh if not person.id_number]
        for person in keyed:
            person.temporary_key = rules.temporary_key(person.unit.code, person.pk)
        Person.objects.bulk_update(keyed, ["temporary_key"], batch_size=200)
        for _row, person, before in lines:
            if before is not None:
                person.save()
        homes = self._live(lines, units, today)
        trail.record_many(
            [
                trail.build(
                    actor=context.actor, now=context.now, kind="person", subject_id=person.pk,
                    action=actions.PERSON_UPDATED if before else actions.PERSON_CREATED, label=mask_name(person.name),
                    before=before, after=facts(person), purpose=f"导入{context.run_id}", unit_path=person.unit.path,
                )
                for _row, person, before in lines
            ]
        )  # fmt: skip
        return {"created": len(fresh), "updated": len(lines) - len(fresh), "households": homes}

    def _live(
        self, lines: Sequence[tuple[Staged, Person, dict[str, Any] | None]], units: Mapping[str, Unit], today: date
    ) -> int:
        """Put people into their households; returns how many households were made."""
        wanted: dict[tuple[int, str], str] = {}
        for row, _person, _before in lines:
            if row.values.get("household"):
                home = (units[self._unit_code(row)].pk, str(row.values["household"]))
                wanted[home] = wanted.get(home) or str(row.values.get("address") or "")
        held = {
            (each.unit_id, each.number): each
            for each in Household.objects.filter(
                unit_id__in={unit for unit, _n in wanted}, number__in={number for _u, number in wanted}
            ).select_related("unit")
        }
        by_id = {unit.pk: unit for unit in units.values()}
        made = [
            Household(unit=by_id[unit], number=number, address=address[:160], valid_from=today)
            for (unit, number), address in wanted.items()
            if (unit, number) not in held
        ]
        Household.objects.bulk_create(made, batch_size=200)
        held.update({(each.unit_id, each.number): each for each in made})
        lives = {
            row.person_id: row
            for row in Residence.objects.filter(
                person__in=[person for _row, person, before in lines if before], valid_to__isnull=True
            )
        }
        fresh = []
        for row, person, before in lines:
            if not row.values.get("household"):
                continue
            household = held[units[self._unit_code(row)].pk, str(row.values["household"])]
            relation = str(row.values.get("relation") or "99")
            if before is None:
                fresh.append(Residence(person=person, household=household, relation=relation, valid_from=today))
            elif person.pk not in lives or lives[person.pk].household_id != household.pk:
                _join(person, household, relation, today)
        Residence.objects.bulk_create(fresh, batch_size=200)
        return len(made)


register(PeopleImporter())
