"""Writing rosters. Nobody is dismissed here: a committee member leaves by law, or by a recall that was voted."""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction

from yanzhen.democracy import actions
from yanzhen.democracy.domain.bodies import BODIES, adult_by
from yanzhen.democracy.models import HouseholdDelegate, Seat
from yanzhen.democracy.selectors import rosters
from yanzhen.democracy.selectors.scope import number, table, today_of
from yanzhen.kernel.crypto.api import mask_name
from yanzhen.kernel.errors import Conflict, DomainError
from yanzhen.kernel.scope.api import Actor, need, path_range
from yanzhen.kernel.trail import api as trail
from yanzhen.procedures import api as procedures
from yanzhen.registry.api import near_to
from yanzhen.registry.models import Household, Person, Residence, Unit


@transaction.atomic
def seat(
    *,
    actor: Actor,
    now: datetime,
    unit: Unit,
    body: str,
    person: Person,
    duty: str = "",
    group: str = "",
    how: str = "elected",
    since: date | None = None,
    term_ends: date | None = None,
    basis: str = "",
    declared_kin: bool = False,
    case_id: int | None = None,
) -> Seat:
    """Enter who took a seat. DomainError with the article where the law forbids it."""
    need(actor, "democracy.rosters", unit.path)
    today = today_of(now)
    start = since or today
    if body not in BODIES or BODIES[body].source != "seats":
        raise DomainError("democracy.body.unknown", "没有这个名册。", field="body")
    if person.unit.path not in path_range(unit.path) or person.died_on is not None:
        raise DomainError(
            "democracy.seat.stranger", "{name}不是本村在册人员。", field="person", name=mask_name(person.name)
        )
    if person.birth and person.birth > adult_by(start):
        raise DomainError("democracy.seat.minor", "未满十八周岁，不能担任。", field="person")
    if start > today:
        raise DomainError("democracy.seat.future", "任职日期不能晚于今天。", field="since")
    if how == "by_election" and body == "committee" and case_id is None:
        raise DomainError(
            "democracy.seat.by_election", "村民委员会成员补选须走补选程序（第二十三条），由程序结果登记。", field="how"
        )
    if how == "by_election" and case_id is not None:
        _decided(case_id, "democracy.by_election", unit)
    if body == "supervision":
        bars = rosters.bars_for(unit, person, today, declared_kin=declared_kin)
        if bars:
            raise DomainError(
                "democracy.seat.barred",
                "不得担任村务监督委员会成员：{why}（{basis}）",
                field="person",
                why=bars[0].words,
                basis=bars[0].basis,
            )
    if body == "committee":
        _kin_on_supervision(unit, person, today)
    _room(unit, body, today)
    ends = term_ends or _term_end(unit, start)
    try:
        with transaction.atomic():
            made = Seat.objects.create(
                unit=unit, body=body, person=person, duty=duty[:40], group=group[:40], how=how, valid_from=start, term_ends=ends,
                basis=basis[:200], case_id=case_id,
            )  # fmt: skip
    except IntegrityError as error:
        raise Conflict(
            "democracy.seat.twice", "{name}已经在这个名册上。", field="person", name=mask_name(person.name)
        ) from error
    trail.record(
        actor=actor, now=now, action=actions.SEATED, kind="seat", subject_id=made.pk, label=mask_name(person.name),
        after={"body": body, "duty": duty, "how": how, "from": start, "term_ends": ends, "person": person.pk}, unit_path=unit.path,
    )  # fmt: skip
    return made


def _decided(case_id: int | None, code: str, unit: Unit) -> None:
    """The case that decided it: of this procedure, of this village, resolved."""
    found = procedures.Case.objects.filter(pk=case_id or 0, code=code, unit=unit, state="resolved").exists()
    if not found:
        raise DomainError("democracy.seat.case", "没有找到本村已办结的这项程序，请核对程序编号。", field="case_id")


def _term_end(unit: Unit, start: date) -> date:
    years = number("term_years", unit, start)
    try:
        return start.replace(year=start.year + years)
    except ValueError:
        return date(start.year + years, 3, 1)


def _room(unit: Unit, body: str, today: date) -> None:
    most = int(table("size", unit, today).get(body, (0, 999))[1])
    if rosters.seats(unit, body).count() >= most:
        raise DomainError(
            "democracy.seat.full", "{body}最多{most}人，名册已满。", field="body", body=BODIES[body].words, most=most
        )


def _kin_on_supervision(unit: Unit, person: Person, today: date) -> None:
    """The other side of the same rule: a new committee member must not have kin on the supervision committee."""
    sitting = list(rosters.seats(unit, "supervision"))
    kin = near_to([person.pk], today) if sitting else set()
    for other in sitting:
        if other.person_id in kin:
            raise DomainError(
                "democracy.seat.kin_supervises", "{name}在村务监督委员会任职，须先离任（{basis}）。", field="person",
                name=mask_name(other.person.name), basis="《村民委员会组织法》第三十七条",
            )  # fmt: skip


@transaction.atomic
def unseat(
    *,
    actor: Actor,
    now: datetime,
    seat: Seat,
    left: str,
    on: date | None = None,
    basis: str = "",
    case_id: int | None = None,
) -> Seat:
    """Enter that somebody left a seat. ``recalled`` needs the case of the recall; nobody dismisses a committee member."""
    need(actor, "democracy.rosters", seat.unit.path)
    row = Seat.objects.select_for_update(of=("self",)).select_related("unit", "person").get(pk=seat.pk)
    day = on or today_of(now)
    if row.valid_to is not None:
        raise DomainError("democracy.seat.left", "已经登记过离任。")
    if left not in dict(Seat.LEFT) or not left:
        raise DomainError("democracy.seat.why", "请选择离任原因。", field="left")
    if left == "recalled" and case_id is None:
        raise DomainError(
            "democracy.seat.recall",
            "罢免须由五分之一以上有选举权的村民或三分之一以上村民代表联名提出并投票（第十九条），不能直接登记。",
            field="left",
        )
    if left == "recalled":
        _decided(case_id, "democracy.recall", row.unit)
    if left == "ended" and len(basis.strip()) < 4:
        raise DomainError("democracy.seat.basis", "职务终止须写明法律依据和事由。", field="basis")
    if day < row.valid_from or day > today_of(now):
        raise DomainError("democracy.seat.day", "离任日期应在任职之后、今天之前。", field="on")
    row.valid_to, row.left, row.case_id = max(day, row.valid_from), left, case_id or row.case_id
    row.basis = basis[:200] or row.basis
    row.save(update_fields=["valid_to", "left", "case_id", "basis"])
    trail.record(
        actor=actor, now=now, action=actions.UNSEATED, kind="seat", subject_id=row.pk, label=mask_name(row.person.name),
        before={"body": row.body}, after={"left": left, "on": day, "basis": basis}, unit_path=row.unit.path,
    )  # fmt: skip
    return row


@transaction.atomic
def delegate(*, actor: Actor, now: datetime, household: Household, person: Person) -> HouseholdDelegate:
    """Whom a household sends: an adult who lives in it."""
    need(actor, "democracy.rosters", household.unit.path)
    if not Residence.objects.filter(household=household, person=person, valid_to__isnull=True).exists():
        raise DomainError("democracy.delegate.stranger", "户代表应是本户成员。", field="person")
    if person.birth and person.birth > adult_by(today_of(now)):
        raise DomainError("democracy.seat.minor", "未满十八周岁，不能担任。", field="person")
    made, _ = HouseholdDelegate.objects.update_or_create(
        household=household, defaults={"person": person, "since": today_of(now)}
    )
    trail.record(
        actor=actor, now=now, action=actions.DELEGATED, kind="household", subject_id=household.pk, label=household.number,
        after={"person": person.pk}, unit_path=household.unit.path,
    )  # fmt: skip
    return made
