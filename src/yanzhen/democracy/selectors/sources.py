"""Notices written from records: what the platform holds is not typed again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from yanzhen.democracy.domain.bodies import BODIES
from yanzhen.democracy.domain.decisions import ROUTE_WORDS, STATE_WORDS, Route, matter_list
from yanzhen.democracy.domain.decisions import State as DecisionState
from yanzhen.democracy.domain.disclosure import Item, Period, Section, table_section
from yanzhen.democracy.models import Coverage, Decision, SupervisionReport, Visit
from yanzhen.democracy.selectors import rosters
from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.scope.api import in_range, path_range
from yanzhen.matters.models import Matter
from yanzhen.registry.models import Unit

Sections = tuple[Section, ...]


def money(amount: Decimal | float | None) -> str:
    """An amount in yuan with thousands apart."""
    return "" if amount is None else f"{amount:,.2f}元"


def decision_sections(decision: Decision, votes: list[tuple[str, str, str]]) -> Sections:
    """The resolution: what was decided, by whom with which votes, until when it is carried out.

    ``votes``: (body, day, words) of the steps that were voted on, from the case.
    """
    facts = [
        ("事项类别", matter_list()[decision.item].title if decision.item in matter_list() else decision.item),
        ("议事程序", ROUTE_WORDS[Route(decision.route)]),
        ("决议日期", decision.resolved_on.isoformat() if decision.resolved_on else ""),
        ("资金", " ".join(filter(None, [money(decision.amount), decision.funds]))),
        ("实施期限", decision.carry_until.isoformat() if decision.carry_until else ""),
    ]
    found = [
        Section("决议内容", decision.text),
        table_section("基本情况", ("项目", "内容"), [fact for fact in facts if fact[1]]),
    ]
    if votes:
        found.append(table_section("议事和表决", ("会议", "日期", "结果"), votes))
    return tuple(found)


def execution_sections(decision: Decision) -> Sections:
    """The result: each step done, what was spent."""
    rows = [(each.on.isoformat(), each.words, money(each.spent)) for each in decision.steps_done.order_by("on", "pk")]
    spent = sum((each.spent or 0) for each in decision.steps_done.all())
    facts = [
        ("决议日期", decision.resolved_on or ""),
        ("预算", money(decision.amount)),
        ("实际支出", money(spent) if spent else ""),
    ]
    return (
        Section("决议内容", decision.text),
        table_section("实施经过", ("日期", "做了什么", "支出"), rows),
        table_section("结果", ("项目", "内容"), [(name, str(text)) for name, text in facts if text]),
    )


def _decisions(unit: Unit, period: Period) -> Sections:
    found = Decision.objects.filter(unit=unit, proposed_at__date__lte=period.last).exclude(state=DecisionState.DRAFT)
    rows = [
        (
            each.title,
            ROUTE_WORDS[Route(each.route)],
            each.resolved_on.isoformat() if each.resolved_on else "—",
            STATE_WORDS[DecisionState(each.state)],
            money(each.amount) or "—",
        )
        for each in found.order_by("proposed_at")
        if (each.resolved_on or period.last) >= period.first or each.state in ("running", "carrying", "resolved")
    ]
    if not rows:
        return (Section("", "本期没有提出或正在实施的决议事项。"),)
    return (table_section("决议和实施情况", ("事项", "程序", "决议日期", "进度", "金额"), rows),)


def _matters(unit: Unit, period: Period) -> Sections:
    """Requests of the quarter by class and state: no person, no text, nothing secret."""
    found = Matter.objects.filter(
        in_range(path_range(unit.path), "place_path"),
        secret=False,
        kind="request",
        received_at__date__gte=period.first,
        received_at__date__lte=period.last,
    ).values_list("category__name", "state", "answered_at", "grade")
    received: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    good: Counter[str] = Counter()
    for category, _state, answer, grade in found:
        name = category or "未分类"
        received[name] += 1
        answered[name] += answer is not None
        good[name] += grade in ("good", "basic")
    if not received:
        return (Section("", "本期没有收到群众诉求。"),)
    rows = [(name, n, answered[name], good[name]) for name, n in received.most_common()]
    rows.append(("合计", sum(received.values()), sum(answered.values()), sum(good.values())))
    return (table_section("办理情况", ("类别", "收到", "已答复", "评价满意或基本满意"), rows),)


def _rosters(unit: Unit, period: Period) -> Sections:
    found = []
    for body in ("party_committee", "committee", "supervision", "directors", "representatives"):
        seats = list(rosters.seats(unit, body, period.last)) or list(rosters.seats(unit, body))
        if seats:
            rows = [
                (
                    seat.person.name,
                    seat.duty or BODIES[body].words,
                    seat.group or "—",
                    seat.valid_from,
                    seat.term_ends or "—",
                )
                for seat in seats
            ]
            found.append(table_section(BODIES[body].words, ("姓名", "职务", "推选的组", "任职", "届满"), rows))
    if not found:
        return (Section("", "名册尚未登记。"),)
    return tuple(found)


def _supervision(unit: Unit, period: Period) -> Sections:
    report = SupervisionReport.objects.filter(unit=unit, period=period.code).first()
    if report is None:
        raise DomainError(
            "democracy.report.missing", "监委会还没有签发{period}的半年报告。", field="period", period=period.code
        )
    rows = [line.split("|", 1) for line in report.figures.splitlines() if "|" in line]
    return (table_section("履职情况", ("项目", "数量"), rows), Section("报告", report.remarks))


def visit_sections(visit: Visit) -> Sections:
    """The result of an audit or inspection and where each finding stands."""
    kind = dict(Coverage.KINDS)[visit.coverage.kind]
    rows = [
        (each.words, money(each.amount) or "—", "已整改" if each.closed_at else "整改中")
        for each in visit.findings.order_by("pk")
    ]
    found = [Section(f"{kind}结果", visit.result or "未发现问题。")]
    if rows:
        found.append(table_section("发现的问题", ("问题", "涉及金额", "整改"), rows))
    return tuple(found)


_BY_PERIOD: dict[str, Callable[[Unit, Period], Sections]] = {
    "decisions": _decisions,
    "matters": _matters,
    "rosters": _rosters,
    "supervision": _supervision,
}


def from_records(unit: Unit, item: Item, period: Period) -> Sections:
    """The content of a periodic item that the records hold; DomainError for one that needs a table or words."""
    made = _BY_PERIOD.get(item.source)
    if made is None:
        raise DomainError("democracy.source.none", "“{item}”要上传表格或填写文字。", field="item", item=item.title)
    return made(unit, period)


def has_records(item: Item) -> bool:
    """Whether the platform can write it by itself."""
    return item.source in _BY_PERIOD


def finished_on(decision: Decision) -> date | None:
    """The day a decision was carried out; None while it is not."""
    last = decision.steps_done.filter(finished=True).order_by("pk").last()
    return last.on if last else None
