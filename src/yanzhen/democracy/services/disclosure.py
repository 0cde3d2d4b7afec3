"""Writing disclosures: draft, review by the supervision committee, publication with its fingerprint, the end, corrections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace as replaced
from datetime import date, datetime, timedelta

from django.db import transaction

from yanzhen.democracy import actions
from yanzhen.democracy.domain import disclosure as rules
from yanzhen.democracy.domain import masking
from yanzhen.democracy.domain.disclosure import Item, Notice, Section, State, may_move
from yanzhen.democracy.models import Decision, Disclosure, Visit
from yanzhen.democracy.selectors import sources
from yanzhen.democracy.selectors.disclosure import item_for
from yanzhen.democracy.selectors.scope import number, today_of
from yanzhen.democracy.services import marks
from yanzhen.kernel.errors import Conflict, DomainError
from yanzhen.kernel.scope.api import Actor, need
from yanzhen.kernel.trail import api as trail
from yanzhen.registry.models import Unit


def _masked(item: Item, sections: Sequence[Section]) -> tuple[Section, ...]:
    found = []
    for section in sections:
        columns, rows = masking.mask_table(section.columns, section.rows, item.mask)
        found.append(
            Section(section.heading, masking.mask_text(section.text), tuple(columns), tuple(tuple(row) for row in rows))
        )
    return tuple(found)


def _notice(unit: Unit, item: Item, period: str, title: str, sections: Sequence[Section], remarks: str) -> Notice:
    kept = _masked(item, sections)
    if remarks.strip():
        kept = (*kept, Section("说明", masking.mask_text(remarks.strip())))
    notes = (f"依据：{item.basis}", f"隐去规则：{masking.PROFILES[item.mask]}")
    return Notice(item.code, unit.code, unit.name, title, period, kept, notes)


def _record(actor: Actor, now: datetime, action: str, row: Disclosure, **after: object) -> None:
    trail.record(
        actor=actor, now=now, action=action, kind="disclosure", subject_id=row.pk, label=row.title,
        after={"item": row.item, "period": row.period, "state": row.state, **after}, unit_path=row.unit.path,
    )  # fmt: skip


def _locked(row: Disclosure, capability: str, actor: Actor, version: int | None = None) -> Disclosure:
    found = Disclosure.objects.select_for_update(of=("self",)).select_related("unit").get(pk=row.pk)
    need(actor, capability, found.unit.path)
    if version is not None and version != found.version:
        raise Conflict(
            "democracy.disclosure.changed", "这份公开稿刚刚被其他人改过，请刷新后再办。", version=found.version
        )
    found.version += 1
    return found


@transaction.atomic
def draft(
    *,
    actor: Actor,
    now: datetime,
    unit: Unit,
    item: str,
    period: str = "",
    title: str = "",
    sections: Sequence[Section] | None = None,
    remarks: str = "",
) -> Disclosure:
    """A draft for a period of the catalogue, or an event of today. Without ``sections`` it is written from the records.

    Personal data is masked here already: the draft holds nothing that may not hang.
    """
    need(actor, "democracy.disclose", unit.path)
    today = today_of(now)
    line = item_for(unit, item, today)
    span = rules.parse_period(line.every, period or rules.period_of(line.every, today).code)
    if (
        line.every != "event"
        and Disclosure.objects.filter(unit=unit, item=item, period=span.code, replaces=None).exists()
    ):
        raise DomainError(
            "democracy.disclosure.twice",
            "{period}的“{item}”已经有稿，请在原稿上修改。",
            field="period",
            period=span.code,
            item=line.title,
        )
    content = tuple(sections) if sections is not None else sources.from_records(unit, line, span)
    return _create(actor, now, unit, line, span.code, title or f"{line.title}（{span.code}）", content, remarks,
                   span.last + timedelta(days=line.grace))  # fmt: skip


def _create(
    actor: Actor, now: datetime, unit: Unit, line: Item, period: str, title: str, content: Sequence[Section], remarks: str, due: date,
    kind: str = "", subject_id: int | None = None, replaces: Disclosure | None = None,
) -> Disclosure:  # fmt: skip
    if not content or not any(section.text or section.rows for section in content):
        raise DomainError("democracy.disclosure.empty", "没有可公开的内容。", field="file")
    notice = _notice(unit, line, period, title[:120], content, remarks)
    row = Disclosure.objects.create(
        unit=unit, item=line.code, period=period, title=title[:120], content=notice.canonical(), remarks=remarks[:500],
        subject_kind=kind, subject_id=subject_id, due_on=due, drafted_by=actor.account_id, drafted_name=actor.name[:80],
        drafted_at=now, replaces=replaces,
    )  # fmt: skip
    _record(actor, now, actions.DRAFTED, row)
    marks.stale(unit, due)
    return row


@transaction.atomic
def draft_decision(*, actor: Actor, now: datetime, decision: Decision, votes: list[tuple[str, str, str]]) -> Disclosure:
    """The first disclosure: the resolution, from the record."""
    need(actor, "democracy.disclose", decision.unit.path)
    if decision.resolved_on is None:
        raise DomainError("democracy.decision.open", "还没有形成决议，不能公开决议。")
    line = item_for(decision.unit, "decision", today_of(now))
    _once("decision", decision.pk, line.code)
    return _create(
        actor, now, decision.unit, line, decision.resolved_on.isoformat(), f"决议公开：{decision.title}",
        sources.decision_sections(decision, votes), "", decision.resolved_on + timedelta(days=line.grace), "decision", decision.pk,
    )  # fmt: skip


@transaction.atomic
def draft_execution(*, actor: Actor, now: datetime, decision: Decision) -> Disclosure:
    """The second disclosure: what came of it, from the record."""
    need(actor, "democracy.disclose", decision.unit.path)
    day = sources.finished_on(decision)
    if day is None:
        raise DomainError("democracy.decision.unfinished", "还没有登记实施完毕，不能公开实施结果。")
    line = item_for(decision.unit, "execution", today_of(now))
    _once("decision", decision.pk, line.code)
    return _create(
        actor, now, decision.unit, line, day.isoformat(), f"实施结果公开：{decision.title}", sources.execution_sections(decision), "",
        day + timedelta(days=line.grace), "decision", decision.pk,
    )  # fmt: skip


@transaction.atomic
def draft_visit(*, actor: Actor, now: datetime, visit: Visit) -> Disclosure:
    """The result of an audit or inspection, from the record."""
    need(actor, "democracy.disclose", visit.village.path)
    if visit.done_on is None:
        raise DomainError("democracy.audit.undone", "还没有登记完成，不能公开结果。")
    line = item_for(visit.village, "audit", today_of(now))
    _once("visit", visit.pk, line.code)
    return _create(
        actor, now, visit.village, line, visit.done_on.isoformat(), f"{visit.coverage.get_kind_display()}结果公开",
        sources.visit_sections(visit), "", visit.done_on + timedelta(days=line.grace), "visit", visit.pk,
    )  # fmt: skip


def _once(kind: str, subject_id: int, item: str) -> None:
    over = [State.ENDED, State.REPLACED]
    if Disclosure.objects.filter(subject_kind=kind, subject_id=subject_id, item=item).exclude(state__in=over).exists():
        raise DomainError("democracy.disclosure.drafted", "这项内容已经有公开稿。")


@transaction.atomic
def redraft(
    *, actor: Actor, now: datetime, disclosure: Disclosure, sections: Sequence[Section] | None = None, remarks: str = "",
    version: int | None = None,
) -> Disclosure:  # fmt: skip
    """Change a draft that has not been reviewed yet (or came back)."""
    row = _locked(disclosure, "democracy.disclose", actor, version)
    if row.state not in (State.DRAFT, State.RETURNED):
        may_move(row.state, State.REVIEW)
        raise DomainError(
            "democracy.disclosure.state",
            "这份公开内容现在是“{state}”，不能这样办。",
            state=rules.STATE_WORDS[State(row.state)],
        )
    line = item_for(row.unit, row.item, today_of(now))
    old = rules.read_notice(row.content)
    content = tuple(sections) if sections is not None else tuple(s for s in old.sections if s.heading != "说明")
    row.content = _notice(row.unit, line, row.period, row.title, content, remarks).canonical()
    row.remarks = remarks[:500]
    row.save(update_fields=["content", "remarks", "version"])
    _record(actor, now, actions.REDRAFTED, row)
    return row


@transaction.atomic
def submit(*, actor: Actor, now: datetime, disclosure: Disclosure, version: int | None = None) -> Disclosure:
    """Hand the draft to the supervision committee."""
    row = _locked(disclosure, "democracy.disclose", actor, version)
    may_move(row.state, State.REVIEW)
    row.state = State.REVIEW
    row.save(update_fields=["state", "version"])
    _record(actor, now, actions.SUBMITTED, row)
    marks.tell(row.unit, "democracy.supervise", now, "公开稿待审核", row.title, f"/disclosures/{row.pk}/")
    return row


@transaction.atomic
def review(
    *, actor: Actor, now: datetime, disclosure: Disclosure, passed: bool, words: str = "", version: int | None = None
) -> Disclosure:
    """The supervision committee's review before publication; never by the hand that drafted it."""
    row = _locked(disclosure, "democracy.supervise", actor, version)
    may_move(row.state, State.READY if passed else State.RETURNED)
    if actor.account_id is not None and actor.account_id == row.drafted_by:
        raise DomainError(
            "democracy.disclosure.own",
            "拟稿人不能审核自己拟的公开稿（《村民委员会组织法》第三十七条：监督与执行分开）。",
        )
    if not passed and len(words.strip()) < 2:
        raise DomainError("democracy.review.words", "退回须写明理由。", field="words")
    row.state = State.READY if passed else State.RETURNED
    row.reviewed_by, row.reviewed_name, row.reviewed_at, row.review_words = (
        actor.account_id,
        actor.name[:80],
        now,
        words[:500],
    )
    row.save(update_fields=["state", "reviewed_by", "reviewed_name", "reviewed_at", "review_words", "version"])
    _record(actor, now, actions.REVIEWED, row, passed=passed, words=words)
    marks.tell(
        row.unit,
        "democracy.disclose",
        now,
        "公开稿已审核" if passed else "公开稿被退回",
        row.title,
        f"/disclosures/{row.pk}/",
    )
    return row


@transaction.atomic
def publish(
    *, actor: Actor, now: datetime, disclosure: Disclosure, days: int | None = None, version: int | None = None
) -> Disclosure:
    """Put it up: from now on nobody changes a word, and the trail holds its fingerprint."""
    row = _locked(disclosure, "democracy.disclose", actor, version)
    may_move(row.state, State.UP)
    today = today_of(now)
    least = number("disclosure.days", row.unit, today)
    days = least if days is None else days
    rules.check_days(days, least)
    if masking.bare(row.content):
        raise DomainError("democracy.disclosure.bare", "内容里还有证件号、电话或银行账号，不能公布。请退回修改。")
    row.state, row.published_at, row.published_name = State.UP, now, actor.name[:80]
    row.up_until, row.digest = today + timedelta(days=days), rules.fingerprint(row.content)
    row.save(update_fields=["state", "published_at", "published_name", "up_until", "digest", "version"])
    if row.replaces_id:
        Disclosure.objects.filter(pk=row.replaces_id, state=State.UP).update(state=State.REPLACED, ended_at=now)
    trail.record(
        actor=actor, now=now, action=actions.PUBLISHED, kind="disclosure", subject_id=row.pk, label=row.title,
        after={"item": row.item, "period": row.period, "digest": row.digest, "up_until": row.up_until, "days": days},
        unit_path=row.unit.path,
    )  # fmt: skip
    marks.stale(row.unit, row.due_on)
    for listener in PUBLISHED_LISTENERS:
        listener(row, actor, now)
    return row


#: Called inside the transaction of a publication: a decision's case learns that its notice is up.
PUBLISHED_LISTENERS: list = []  # type: ignore[type-arg]


@transaction.atomic
def correct(
    *, actor: Actor, now: datetime, disclosure: Disclosure, sections: Sequence[Section], reason: str
) -> Disclosure:
    """A correction of a notice that hangs: a new draft that will replace it. What hung stays provable."""
    row = _locked(disclosure, "democracy.disclose", actor)
    may_move(row.state, State.REPLACED)
    if len(reason.strip()) < 2:
        raise DomainError("democracy.correct.reason", "请写明更正的原因。", field="reason")
    if Disclosure.objects.filter(
        replaces=row, state__in=[State.DRAFT, State.REVIEW, State.RETURNED, State.READY]
    ).exists():
        raise DomainError("democracy.correct.twice", "已经有一份更正稿。")
    line = item_for(row.unit, row.item, today_of(now))
    return _create(
        actor,
        now,
        row.unit,
        line,
        row.period,
        row.title,
        sections,
        f"更正：{reason.strip()}",
        row.due_on,
        row.subject_kind,
        row.subject_id,
        row,
    )


@transaction.atomic
def end_due(*, now: datetime) -> int:
    """Take down what has hung its days and has no open objection; returns how many. (By the clock.)"""
    from yanzhen.kernel.scope.api import system

    actor, today, count = system("clock"), today_of(now), 0
    waiting = Disclosure.objects.filter(state=State.UP, up_until__lt=today).exclude(
        objections__answered_at__isnull=True, objections__isnull=False
    )
    for row in waiting.select_related("unit").order_by("pk")[:500]:
        row.state, row.ended_at = State.ENDED, now
        row.save(update_fields=["state", "ended_at"])
        _record(actor, now, actions.PUBLICITY_ENDED, row)
        for listener in ENDED_LISTENERS:
            listener(row, actor, now)
        count += 1
    return count


#: Called inside the transaction in which a notice's time is over.
ENDED_LISTENERS: list = []  # type: ignore[type-arg]


def sections_of_table(heading: str, rows: Sequence[Sequence[str]]) -> tuple[Section, ...]:
    """A section from the rows of an uploaded table: the first row with more than one filled cell holds the headings."""
    lines = [list(row) for row in rows]
    at = next((number for number, row in enumerate(lines) if sum(bool(c.strip()) for c in row) > 1), None)
    if at is None or len(lines) <= at + 1:
        raise DomainError("democracy.table.empty", "表格里没有内容：第一行应为列名，下面是内容。", field="file")
    columns = [cell.strip() for cell in lines[at]]
    width = max((number + 1 for number, cell in enumerate(columns) if cell), default=0)
    body = [(row + [""] * width)[:width] for row in lines[at + 1 :] if any(cell.strip() for cell in row)]
    if len(body) > 2000:
        raise DomainError("democracy.table.long", "一份公开表最多2000行，请按期或按组分开公布。", field="file")
    section = rules.table_section(heading, columns[:width], body)
    return (replaced(section),)
