"""Writing the admission list and the duty lists."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Max

from yanzhen.kernel.errors import DomainError, NotAllowed
from yanzhen.kernel.scope.api import Actor, UnitRef, need, system
from yanzhen.kernel.trail import api as trail
from yanzhen.matters import actions
from yanzhen.matters.domain.admission import IN_FORCE, PUBLICITY, Rules, check_dates, next_state, other_person
from yanzhen.matters.domain.guards import SUB_LEVELS
from yanzhen.matters.models import Admission, Category, DutyItem
from yanzhen.matters.selectors import limits as rules
from yanzhen.matters.selectors.lines import line
from yanzhen.registry.models import Unit

Unitish = Unit | UnitRef | int
_ACTION = {
    "review": actions.ADMISSION_REVIEWED,
    "decide": actions.ADMISSION_JOINT,
    "publish": actions.ADMISSION_PUBLISHED,
    "end": actions.ADMISSION_ENDED,
}


def rules_for(unit: UnitRef, on: date) -> Rules:
    """The procedure's numbers for a place."""
    return Rules(
        rules.number("admission.publicity_days", unit, on),
        rules.number("admission.urgent_days", unit, on),
        rules.number("admission.years", unit, on),
    )


@transaction.atomic
def apply_admission(
    *,
    actor: Actor,
    now: datetime,
    item: str,
    department: Unitish,
    scope_unit: Unitish,
    basis: str,
    content: str,
    level: str = "sub1",
    category: Category | int | None = None,
    frequency: str = "",
    minutes: int = 0,
    valid_from: date | None = None,
    valid_to: date | None = None,
    urgent: bool = False,
) -> Admission:
    """申请 a place on the list of grid work, before any of it is given to a grid worker.

    By the department itself or a division above it. DomainError for what is missing or too long.
    """
    office, scope = line(department), line(scope_unit)
    if not actor.is_system:
        need(actor, "matters.admission", office.ref.path)
    for words, field, message in (
        (item, "item", "请填写事项名称。"),
        (basis, "basis", "请填写法律、文件依据。"),
        (content, "content", "请填写工作内容和要求。"),
    ):
        if not words.strip():
            raise DomainError("matters.admission.missing_field", message, field=field)
    if level not in SUB_LEVELS:
        raise DomainError("matters.admission.level", "准入只针对村以下层级。", field="level")
    if scope.ref.path not in office.division.scope:
        raise DomainError("matters.admission.scope", "适用范围须在申请部门所在的区划之内。", field="scope_unit")
    on = rules.day_of(now)
    valid_from = valid_from or on
    check_dates(valid_from, valid_to, urgent=urgent, today=on, rules=rules_for(scope.ref, on))
    category_id = category if isinstance(category, int) or category is None else category.pk
    row = Admission(
        code="", item=item.strip()[:120], category_id=category_id, department_id=office.ref.id, scope_unit_id=scope.ref.id,
        level=level, basis=basis.strip()[:300], content=content.strip(), frequency=frequency[:60], minutes=minutes or 0,
        urgent=urgent, valid_from=valid_from, valid_to=valid_to, applied_by=actor.account_id or 0,
        applied_name=f"{actor.post_label} {actor.name}".strip()[:120], applied_at=now,
    )  # fmt: skip
    _number(row, on)
    _record(actor, now, actions.ADMISSION_APPLIED, row, None)
    return row


def _number(row: Admission, on: date) -> None:
    """Save under the next free code ``ZR2026-0007``; two at once take two numbers."""
    for _try in range(5):
        last = Admission.objects.filter(code__startswith=f"ZR{on.year}-").aggregate(last=Max("code"))["last"]
        row.code = f"ZR{on.year}-{int(last.rsplit('-', 1)[1]) + 1 if last else 1:04d}"
        try:
            with transaction.atomic():
                row.save(force_insert=True)
            return
        except IntegrityError:
            continue
    raise DomainError("matters.admission.busy", "同时申请的人较多，请再提交一次。")


def may_step(actor: Actor, row: Admission, step: str) -> bool:
    """Whether the viewer may take the step: the grid office of the place or above it, and another person each time."""
    try:
        _standing(actor, row, step)
    except DomainError:
        return False
    return True


def _standing(actor: Actor, row: Admission, step: str) -> None:
    if actor.is_system:
        return
    need(actor, "matters.admission", line(row.scope_unit_id).ref.path)
    if actor.unit is None or actor.unit.kind != "division":
        raise NotAllowed("matters.admission.office", "准入由同级网格管理机构审核，申请部门不能审核。")
    other_person(step, actor.account_id, applied_by=row.applied_by, reviewed_by=row.reviewed_by)


@transaction.atomic
def step_admission(
    *, actor: Actor, now: datetime, admission: Admission | int, step: str, passed: bool = True, words: str = ""
) -> Admission:
    """One step of the procedure: ``review`` 初审, ``decide`` 联审, ``publish`` 公示期满生效, ``end`` 退出.

    DomainError: not this step's turn, publicity not over, returned without a reason; NotAllowed: not the office's, or not
    another person's.
    """
    row = Admission.objects.select_for_update().get(pk=admission if isinstance(admission, int) else admission.pk)
    _standing(actor, row, step)
    on = rules.day_of(now)
    state = next_state(step, row.state, passed, urgent=row.urgent, publicity_to=row.publicity_to, today=on)
    if (not passed or step == "end") and not words.strip():
        raise DomainError("matters.words.missing", "请写明理由或说明。", field="words")
    before = {"state": row.state}
    who = f"{actor.post_label} {actor.name}".strip()[:120]
    if step == "review":
        row.reviewed_by, row.reviewed_name = actor.account_id, who
    if step == "decide":
        row.decided_by, row.decided_name = actor.account_id, who
    if state == PUBLICITY:
        row.publicity_to = on + timedelta(days=rules_for(line(row.scope_unit_id).ref, on).publicity_days)
    if state == IN_FORCE:
        row.valid_from = max(row.valid_from or on, on)
        if row.valid_to is not None and row.valid_to <= row.valid_from:
            raise DomainError("matters.admission.over", "申请的有效期已过，请重新申请。", field="valid_to")
    if step == "end":
        row.valid_to = on
    row.state = state
    row.words = words.strip()[:300]
    row.save()
    action = actions.ADMISSION_URGENT if step == "review" and state == IN_FORCE else _ACTION[step]
    _record(actor, now, action, row, before, purpose=words)
    return row


def _record(actor: Actor, now: datetime, action: str, row: Admission, before: Mapping[str, object] | None, *, purpose: str = "") -> None:
    trail.record(
        actor=actor, now=now, action=action, kind="admission", subject_id=row.pk, label=f"{row.code} {row.item}"[:120],
        before=before, after={"state": row.state, "from": row.valid_from, "to": row.valid_to, "level": row.level},
        purpose=purpose, unit_path=line(row.scope_unit_id).ref.path,
    )  # fmt: skip


def roll_admissions(*, now: datetime) -> tuple[int, int]:
    """By time: publicity over → in force; validity over → ended. Returns how many of each."""
    on, clock = rules.day_of(now), system("clock")
    began = ended = 0
    for row in Admission.objects.filter(state=Admission.State.PUBLICITY, publicity_to__lt=on).order_by("id")[:1000]:
        if row.valid_to is not None and row.valid_to <= on:
            continue
        step_admission(actor=clock, now=now, admission=row, step="publish")
        began += 1
    for row in Admission.objects.filter(state=Admission.State.IN_FORCE, valid_to__lte=on).order_by("id")[:1000]:
        with transaction.atomic():
            Admission.objects.filter(pk=row.pk).update(state=Admission.State.ENDED)
            row.state = Admission.State.ENDED
            _record(clock, now, actions.ADMISSION_ENDED, row, {"state": IN_FORCE}, purpose="有效期届满")
        ended += 1
    return began, ended


@transaction.atomic
def set_duty(
    *,
    actor: Actor,
    now: datetime,
    unit: Unitish,
    list: str,
    item: str,
    category: Category | int | None = None,
    department: Unitish | None = None,
    basis: str = "",
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> DutyItem:
    """Put a line on a duty list of a unit (it holds for everything below it)."""
    place = line(unit)
    if not actor.is_system:
        need(actor, "matters.admission", place.ref.path)
    if list not in DutyItem.List.values:
        raise DomainError("matters.duty.list", "请选择清单。", field="list")
    if not item.strip():
        raise DomainError("matters.duty.item", "请填写事项名称。", field="item")
    row = DutyItem.objects.create(
        unit_id=place.ref.id, list=list, item=item.strip()[:160], basis=basis[:200],
        category_id=category if isinstance(category, int) or category is None else category.pk,
        department_id=line(department).ref.id if department is not None else None,
        valid_from=valid_from or rules.day_of(now), valid_to=valid_to,
    )  # fmt: skip
    trail.record(
        actor=actor, now=now, action=actions.DUTY_CHANGED, kind="duty", subject_id=row.pk, label=row.item[:120],
        after={"unit_id": row.unit_id, "list": row.list, "category_id": row.category_id}, unit_path=place.ref.path,
    )  # fmt: skip
    return row


@transaction.atomic
def end_duty(*, actor: Actor, now: datetime, duty: DutyItem | int, reason: str) -> DutyItem:
    """Take a line off a duty list from today on."""
    row = DutyItem.objects.select_related("unit").get(pk=duty if isinstance(duty, int) else duty.pk)
    if not actor.is_system:
        need(actor, "matters.admission", row.unit.path)
    if not reason.strip():
        raise DomainError("matters.words.missing", "请写明理由或说明。", field="reason")
    row.valid_to = rules.day_of(now)
    row.save(update_fields=["valid_to"])
    trail.record(
        actor=actor, now=now, action=actions.DUTY_CHANGED, kind="duty", subject_id=row.pk, label=row.item[:120],
        before={"valid_to": None}, after={"valid_to": row.valid_to}, purpose=reason, unit_path=row.unit.path,
    )  # fmt: skip
    return row
