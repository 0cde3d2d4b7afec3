"""People and households: files are made once, changed with a trail, merged when they turn out to be one person's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from yanzhen.kernel.crypto.api import mask_name
from yanzhen.kernel.errors import Conflict, DomainError, NotAllowed
from yanzhen.kernel.rulebook.api import value
from yanzhen.kernel.scope.api import Actor, need
from yanzhen.kernel.trail import api as trail
from yanzhen.registry import actions
from yanzhen.registry.domain import people as rules
from yanzhen.registry.models import Correction, Household, Person, Residence, Unit, UnitLeader, Unmasking
from yanzhen.registry.selectors.people import id_index, phone_index, tail_index
from yanzhen.registry.selectors.units import ref

FIELDS = ("name", "id_number", "phone", "sex", "birth", "nation", "political", "unit")
SECRET = ("id_number", "phone")
LISTS: Mapping[str, Mapping[str, str]] = {"sex": rules.SEX, "nation": rules.NATION, "political": rules.POLITICAL}
CORRECTABLE = ("name", "id_number", "phone", "sex", "birth", "nation", "political")


def apply(person: Person, given: Mapping[str, Any], today: date) -> None:
    """Set checked values on a file (not saved). What an ID number says (birth, sex) overrules what was typed."""
    for name, raw in given.items():
        if name in LISTS:
            code = str(raw or "")
            if code and code not in LISTS[name]:
                raise DomainError("people.code.unknown", "“{value}”不在代码表里。", field=name, value=code)
            setattr(person, name, code)
        elif name == "birth":
            if raw is not None and not date(1880, 1, 1) <= raw <= today:
                raise DomainError("people.birth.range", "出生日期不合理。", field="birth")
            person.birth = raw
    if "name" in given:
        person.name = rules.read_name(str(given["name"]))
        person.pinyin, person.initials = rules.spelled(person.name)
    if "phone" in given:
        person.phone = rules.read_phone(str(given["phone"] or ""))
        person.phone_index = phone_index(person.phone)
    if "id_number" in given:
        text = str(given["id_number"] or "").strip()
        if text:
            found = rules.read_id(text, today)
            person.id_number, person.birth, person.sex = found.number, found.birth, found.sex
            person.temporary_key = ""
        else:
            person.id_number = ""
        person.id_index, person.id_tail_index = id_index(person.id_number), tail_index(person.id_number)
    elif person.id_number and ({"birth", "sex"} & set(given)):
        found = rules.read_id(person.id_number, today)
        person.birth, person.sex = found.birth, found.sex


def facts(person: Person) -> dict[str, Any]:
    """What the trail keeps of a file: never ID number or phone, only whether they are there."""
    return {
        "name": mask_name(person.name), "sex": person.sex, "birth": person.birth.year if person.birth else None,
        "nation": person.nation, "political": person.political, "unit": person.unit_id, "id": bool(person.id_number),
        "phone": bool(person.phone), "died": person.died_on, "merged_into": person.merged_into_id,
    }  # fmt: skip


def _record(actor: Actor, now: datetime, action: str, person: Person, *, before: Any = None, after: Any = None,
            purpose: str = "") -> None:  # fmt: skip
    trail.record(
        actor=actor, now=now, action=action, kind="person", subject_id=person.pk, label=mask_name(person.name),
        before=before, after=after or facts(person), purpose=purpose, unit_path=person.unit.path,
    )  # fmt: skip


def _once(person: Person) -> None:
    if not person.id_index:
        return
    if Person.objects.filter(id_index=person.id_index, merged_into__isnull=True).exclude(pk=person.pk).exists():
        raise DomainError(
            "people.id.taken",
            "这个身份证号已经建过档案。请先查找；如果不在您的范围内，请联系上级单位核对。",
            field="id_number",
        )


def _save(person: Person, now: datetime) -> None:
    person.updated_at = now
    _once(person)
    try:
        with transaction.atomic():
            person.save()
    except IntegrityError as error:
        raise Conflict(
            "people.id.taken", "这个身份证号刚刚由别人建了档案，请刷新后再办。", field="id_number"
        ) from error


def _standing(unit: Unit) -> None:
    if unit.valid_to is not None:
        raise DomainError("units.ended", "“{name}”已撤销，不能再变更。", field="unit", name=unit.name)


def _fresh(person: Person) -> Person:
    found = Person.objects.select_for_update(of=("self",)).select_related("unit").get(pk=person.pk)
    if found.merged_into_id is not None:
        raise DomainError("people.merged", "这份档案已并入另一份，请在那一份上办理。")
    return found


@transaction.atomic
def create(
    *,
    actor: Actor,
    now: datetime,
    unit: Unit,
    name: str,
    id_number: str = "",
    phone: str = "",
    sex: str = "",
    birth: date | None = None,
    nation: str = "",
    political: str = "",
    source: str = "",
    household: Household | None = None,
    relation: str = "01",
) -> Person:
    """Make a file at a unit (village or grid). Somebody without an ID number gets a temporary key."""
    need(actor, "people.manage", unit.path)
    _standing(unit)
    person = Person(unit=unit, source=source[:60])
    given = {
        "name": name, "sex": sex, "birth": birth, "nation": nation, "political": political, "phone": phone,
        "id_number": id_number,
    }  # fmt: skip
    apply(person, given, timezone.localdate(now))
    _save(person, now)
    if not person.id_number:
        person.temporary_key = rules.temporary_key(unit.code, person.pk)
        person.save(update_fields=["temporary_key"])
    if household is not None:
        _join(person, household, relation, timezone.localdate(now))
    _record(actor, now, actions.PERSON_CREATED, person)
    return person


@transaction.atomic
def update(*, actor: Actor, now: datetime, person: Person, purpose: str = "", **changes: Any) -> Person:
    """Change fields of a file (:data:`FIELDS`); a new unit needs the right on both sides."""
    unknown = set(changes) - set(FIELDS)
    if unknown:
        raise TypeError(f"no such field: {sorted(unknown)}")
    person = _fresh(person)
    need(actor, "people.manage", person.unit.path)
    before = facts(person)
    had = {name: getattr(person, name) for name in SECRET}
    unit = changes.pop("unit", None)
    if unit is not None:
        need(actor, "people.manage", unit.path)
        _standing(unit)
        person.unit = unit
    apply(person, changes, timezone.localdate(now))
    _save(person, now)
    if not person.id_number and not person.temporary_key:
        person.temporary_key = rules.temporary_key(person.unit.code, person.pk)
        person.save(update_fields=["temporary_key"])
    changed = [name for name in SECRET if getattr(person, name) != had[name]]
    _record(actor, now, actions.PERSON_UPDATED, person, before=before, after={**facts(person), "changed": changed},
            purpose=purpose)  # fmt: skip
    return person


@transaction.atomic
def mark_deceased(*, actor: Actor, now: datetime, person: Person, on: date) -> Person:
    """Register a death: the residence ends; the file stays."""
    person = _fresh(person)
    need(actor, "people.manage", person.unit.path)
    rules.check_span(on, timezone.localdate(now))
    if person.died_on is not None:
        raise DomainError("people.died.twice", "已经登记过死亡日期{on}。", field="on", on=person.died_on.isoformat())
    if person.birth and on < person.birth:
        raise DomainError("people.died.before", "死亡日期早于出生日期。", field="on")
    before = facts(person)
    person.died_on, person.updated_at = on, now
    person.save(update_fields=["died_on", "updated_at"])
    Residence.objects.filter(person=person, valid_to__isnull=True).update(valid_to=on)
    UnitLeader.objects.filter(person=person, valid_to__isnull=True).update(valid_to=on)
    _record(actor, now, actions.PERSON_DIED, person, before=before)
    return person


# --- households -------------------------------------------------------------------------------------------------------


@transaction.atomic
def create_household(
    *, actor: Actor, now: datetime, unit: Unit, number: str, address: str = "", note: str = "", on: date | None = None
) -> Household:
    """Make a household at a unit; its number is unique there."""
    need(actor, "people.manage", unit.path)
    _standing(unit)
    number = number.strip()
    if not number or len(number) > 40:
        raise DomainError("households.number", "请填写户号，不超过40个字符。", field="number")
    if Household.objects.filter(unit=unit, number=number).exists():
        raise DomainError("households.number.taken", "“{unit}”已有户号{number}。", field="number", unit=unit.name,
                          number=number)  # fmt: skip
    household = Household.objects.create(
        unit=unit, number=number, address=address.strip()[:160], note=note.strip()[:200],
        valid_from=on or timezone.localdate(now),
    )  # fmt: skip
    trail.record(
        actor=actor, now=now, action=actions.HOUSEHOLD_CREATED, kind="household", subject_id=household.pk, label=number,
        after={"number": number, "unit": unit.pk}, unit_path=unit.path,
    )  # fmt: skip
    return household


def _join(person: Person, household: Household, relation: str, on: date) -> Residence:
    """Close the residence before and open one in ``household``; the file moves to the household's unit."""
    if relation not in rules.RELATION:
        raise DomainError("people.code.unknown", "“{value}”不在代码表里。", field="relation", value=relation)
    if household.valid_to is not None:
        raise DomainError("households.ended", "该户已注销。", field="household")
    open_now = Residence.objects.select_for_update().filter(person=person, valid_to__isnull=True).first()
    if open_now is not None:
        if on < open_now.valid_from:
            raise DomainError("people.move.before", "日期早于迁入现在这户的日期{since}。", field="on",
                              since=open_now.valid_from.isoformat())  # fmt: skip
        if on == open_now.valid_from:
            open_now.delete()
        else:
            open_now.valid_to = on
            open_now.save(update_fields=["valid_to"])
    if relation in rules.HEADS and household.members.filter(relation__in=rules.HEADS, valid_to__isnull=True).exists():
        raise DomainError("households.head", "该户已有户主，请选择与户主的关系。", field="relation")
    row = Residence.objects.create(person=person, household=household, relation=relation, valid_from=on)
    if person.unit_id != household.unit_id:
        person.unit = household.unit
        person.save(update_fields=["unit"])
    return row


@transaction.atomic
def move_household(
    *, actor: Actor, now: datetime, person: Person, household: Household, relation: str, on: date
) -> Residence:
    """Move a person to another household from a day on; needs the right where they leave and where they arrive."""
    person = _fresh(person)
    need(actor, "people.manage", person.unit.path)
    need(actor, "people.manage", household.unit.path)
    rules.check_span(on, timezone.localdate(now))
    if person.died_on is not None:
        raise DomainError("people.died", "已登记死亡，不能再迁移。", field="person")
    before = {"unit": person.unit_id}
    row = _join(person, household, relation, on)
    _record(actor, now, actions.PERSON_MOVED, person, before=before,
            after={"unit": person.unit_id, "household": household.pk, "relation": relation, "on": on})  # fmt: skip
    return row


@transaction.atomic
def merge(*, actor: Actor, now: datetime, person: Person, other: Person, reason: str) -> Person:
    """Two files are one person's: ``other`` goes into ``person``, which takes over what it lacks. Nothing is deleted."""
    person, other = _fresh(person), _fresh(other)
    need(actor, "people.manage", person.unit.path)
    need(actor, "people.manage", other.unit.path)
    rules.check_merge(person.pk, other.pk, person.id_index, other.id_index)
    if not reason.strip():
        raise DomainError("people.merge.reason", "请说明怎样确认是同一个人。", field="reason")
    before = {"kept": facts(person), "other": facts(other)}
    if other.id_number and not person.id_number:
        for name in ("id_number", "id_index", "id_tail_index", "birth", "sex"):
            setattr(person, name, getattr(other, name))
        person.temporary_key = ""
    if other.phone and not person.phone:
        person.phone, person.phone_index = other.phone, other.phone_index
    for name in ("nation", "political", "sex", "birth", "died_on"):
        if not getattr(person, name):
            setattr(person, name, getattr(other, name))
    other.merged_into, other.updated_at = person, now
    other.save(update_fields=["merged_into", "updated_at"])
    lives = Residence.objects.filter(person=person, valid_to__isnull=True).exists()
    today = timezone.localdate(now)
    if lives:
        Residence.objects.filter(person=other, valid_to__isnull=True).update(valid_to=today)
    Residence.objects.filter(person=other).update(person=person)
    UnitLeader.objects.filter(person=other).update(person=person)
    Correction.objects.filter(person=other).update(person=person)
    _save(person, now)
    _record(actor, now, actions.PERSON_MERGED, person, before=before, after={**facts(person), "other": other.pk},
            purpose=reason.strip())  # fmt: skip
    return person


# --- behind the mask ----------------------------------------------------------------------------------------------------


@transaction.atomic
def unmask(*, actor: Actor, now: datetime, person: Person, field: str, purpose: str) -> str:
    """The plain ID number or phone, after the look has left its trace. ``purpose``: code of the list in the rulebook.

    Refused above the day's number of looks of this account (rule ``people.unmask_per_day``).
    """
    need(actor, "people.unmask", person.unit.path)
    if actor.account_id is None:
        raise NotAllowed("people.unmask.who", "只有登录的工作人员可以查看。")
    if field not in SECRET:
        raise DomainError("people.unmask.field", "没有这一项隐去的信息。", field="field")
    today = timezone.localdate(now)
    where = ref(person.unit)
    purposes = value("people.unmask_purposes", where, on=today)
    if purpose not in purposes:
        raise DomainError("people.unmask.purpose", "请选择查看用途。", field="purpose")
    limit = int(value("people.unmask_per_day", where, on=today))
    since = now - timedelta(days=1)
    looked = Unmasking.objects.filter(account_id=actor.account_id, at__gt=since).count()
    if looked >= limit:
        raise NotAllowed(
            "people.unmask.limit", "24小时内查看隐去信息已达{limit}次，请明天再办，或按程序导出。", limit=limit
        )
    Unmasking.objects.create(
        person=person, field=field, purpose=purpose, account_id=actor.account_id, post_label=actor.post_label[:120],
        at=now,
    )  # fmt: skip
    trail.unmasked(
        actor=actor, now=now, kind="person", subject_id=person.pk, fields=[field], purpose=str(purposes[purpose]),
        label=mask_name(person.name), unit_path=person.unit.path,
    )  # fmt: skip
    return str(getattr(person, field))


# --- corrections --------------------------------------------------------------------------------------------------------


def _typed(field: str, text: str) -> Any:
    if field != "birth":
        return text
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise DomainError("people.birth.shape", "日期请写成 2000-01-31 的样子。", field="proposed") from error


@transaction.atomic
def propose_correction(
    *, actor: Actor, now: datetime, person: Person, field: str, proposed: str, reason: str = ""
) -> Correction:
    """ "This is wrong": keep a proposal for the village; nothing changes until it is decided."""
    need(actor, "people.view", person.unit.path)
    if field not in CORRECTABLE:
        raise DomainError("people.correction.field", "请选择要更正的项目。", field="field")
    proposed = proposed.strip()
    trial = Person(unit=person.unit, id_number=person.id_number)
    try:
        apply(trial, {field: _typed(field, proposed)}, timezone.localdate(now))
    except DomainError as error:
        raise DomainError(error.code, error.template, field="proposed", **error.data) from error
    row = Correction.objects.create(
        person=person, field=field, proposed=proposed, reason=reason.strip()[:200], proposed_by=actor.account_id,
        proposed_name=actor.name[:80], proposed_at=now,
    )  # fmt: skip
    _record(actor, now, actions.CORRECTION_PROPOSED, person, after={"field": field, "correction": row.pk})
    return row


@transaction.atomic
def decide_correction(
    *, actor: Actor, now: datetime, correction: Correction, accept: bool, answer: str = ""
) -> Correction:
    """Take a proposal over into the file, or refuse it with an answer."""
    correction = Correction.objects.select_for_update(of=("self",)).select_related("person__unit").get(pk=correction.pk)
    need(actor, "people.manage", correction.person.unit.path)
    if correction.state != Correction.OPEN:
        raise Conflict("people.correction.decided", "这项更正已经办理过了。")
    if not accept and not answer.strip():
        raise DomainError("people.correction.answer", "不采纳时请说明理由。", field="answer")
    if accept:
        update(
            actor=actor, now=now, person=correction.person, purpose="更正",
            **{correction.field: _typed(correction.field, correction.proposed)},
        )  # fmt: skip
    correction.state = Correction.ACCEPTED if accept else Correction.REFUSED
    correction.decided_by, correction.decided_name = actor.account_id, actor.name[:80]
    correction.decided_at, correction.answer = now, answer.strip()[:200]
    correction.save()
    _record(actor, now, actions.CORRECTION_DECIDED, correction.person,
            after={"field": correction.field, "correction": correction.pk, "state": correction.state})  # fmt: skip
    return correction
