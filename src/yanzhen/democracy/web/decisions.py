"""Pages of the decisions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from yanzhen.democracy.domain.decisions import State, matter_list
from yanzhen.democracy.models import Decision, Disclosure
from yanzhen.democracy.selectors import decisions as reads
from yanzhen.democracy.selectors import disclosure as notices
from yanzhen.democracy.selectors import scope
from yanzhen.democracy.web import forms, show
from yanzhen.kernel.scope.api import may
from yanzhen.kernel.ui import components as c
from yanzhen.procedures import api as procedures
from yanzhen.registry.models import Unit

TABS = (("running", "议事中"), ("carrying", "实施中"), ("done", "已办结"), ("stuck", "停滞"))
STEP_MARK = {"done": "done", "open": "doing", "waiting": "todo", "skipped": "done", "void": "done"}


def case_url(case_id: int | None) -> str:
    """The address of the case's own page, "" where there is none."""
    try:
        return reverse("case", args=[case_id]) if case_id else ""
    except NoReverseMatch:
        return ""


def listing(request: HttpRequest, unit: Unit | None, now: datetime) -> dict[str, Any]:
    """Decisions of a village or of the whole scope, by tab."""
    tab = request.GET.get("tab", "running")
    form = forms.DecisionFilter(request.GET)
    data = form.cleaned_data if form.is_valid() else {}
    after = request.GET.get("after", "")
    stuck = None
    if tab == "stuck" and request.actor.unit is not None:
        place = unit or reads.villages_in(request.actor).first()
        stuck = reads.stuck_line(place, now, scope.today_of(now)) if place else now
    found, more = reads.decisions_page(
        request.actor,
        tab=tab,
        unit=unit,
        stuck_before=stuck,
        q=data.get("q", ""),
        after=int(after) if after.isdigit() else 0,
        step=request.GET.get("step", "")[:30],
    )
    rows = [_row(each, now) for each in found]
    tabs = [
        c.Tab(_(words), f"?tab={code}" + (f"&unit={unit.pk}" if unit else ""), active=code == tab)
        for code, words in TABS
    ]
    columns = [
        c.Column(_("事项")),
        c.Column(_("村")),
        c.Column(_("走到哪一步")),
        c.Column(_("时限")),
        c.Column(_("提出"), "date"),
        c.Column(_("金额"), "num"),
    ]
    empty = c.Empty(_("没有决策事项"), _("清单内的事项要走四议两公开，从“提出事项”开始。"))
    actions = [
        show.Action(_("重大事项清单"), reverse("matter_list")),
        show.Action(_("应议未议"), reverse("decisions_due")),
    ]
    if request.actor.has("democracy.decide"):
        actions.insert(0, show.Action(_("提出事项"), reverse("decision_new"), primary=True, icon="plus"))
    if request.actor.has("democracy.oversee"):
        actions.append(show.Action(_("未按程序决策"), reverse("skips")))
        actions.append(show.Action(_("看板"), reverse("democracy_board")))
    return {
        "heading": _("四议两公开"),
        "actions": actions,
        "tabs": tabs,
        "filters": show.chips(form, request),
        "table": c.CaseTable(_("决策事项"), columns, rows, next_url=show.more_url(request, more), empty=empty),
    }


def _row(each: Decision, now: datetime) -> c.Row:
    lamp = None
    if each.step_due and each.state in ("running", "failed"):
        light = "red" if each.step_due < now else "yellow" if (each.step_due - now).days < 3 else "green"
        lamp = c.Lamp(light, show.when(each.step_due))
    return c.Row(
        name=each.title,
        url=reverse("decision", args=[each.pk]),
        note=show.route(each.route),
        badge=show.decision_badge(each.state),
        cells=[
            c.Cell(each.unit.name),
            c.Cell(
                _(each.step_words) if each.step_words else "—",
                note=_("第%(n)s次") % {"n": each.attempt} if each.attempt > 1 else "",
            ),
            c.Cell("", lamp=lamp) if lamp else c.Cell("—"),
            c.Cell(show.day(each.proposed_at.date())),
            c.Cell(show.money(each.amount)),
        ],
    )


def one(request: HttpRequest, decision: Decision, now: datetime) -> dict[str, Any]:
    """One decision: what is proposed, how far the case is, the two disclosures, what was done."""
    actor = request.actor
    item = matter_list().get(decision.item)
    facts = [
        c.AnswerRow(_("村"), decision.unit.name),
        c.AnswerRow(_("事项"), _(item.title) if item else decision.item),
        c.AnswerRow(_("程序"), show.route(decision.route)),
        c.AnswerRow(_("依据"), item.basis if item else ""),
        c.AnswerRow(_("提议内容"), decision.text),
        c.AnswerRow(_("涉及金额"), show.money(decision.amount)),
        c.AnswerRow(_("资金来源"), decision.funds or "—"),
        c.AnswerRow(_("提出"), f"{decision.proposed_name} {show.when(decision.proposed_at)}"),
    ]
    if decision.resolved_on:
        facts += [
            c.AnswerRow(_("决议日期"), show.day(decision.resolved_on)),
            c.AnswerRow(_("实施期限"), show.day(decision.carry_until)),
        ]
    panels = [_case_panel(request, decision, now), *_disclosure_panels(decision)]
    if decision.steps_done.exists():
        panels.append(_progress(decision))
    return {
        "heading": decision.title,
        "back": c.Link(_("四议两公开"), reverse("decisions")),
        "badges": [show.decision_badge(decision.state)],
        "notices": _hints(decision),
        "facts": facts,
        "panels": panels,
        "actions": _actions(actor, decision),
    }


def _hints(decision: Decision) -> list[tuple[str, str]]:
    if decision.state == State.FAILED:
        return [("warning", _("没有通过。可以修改方案重新商议，也可以终止；修改在程序页面办理。"))]
    if decision.state == State.ENDED:
        return [("info", _("已终止：%(why)s") % {"why": _(decision.why_ended)})]
    if decision.step == "publish" and not any(
        each.item == "decision" for each in notices.for_subject("decision", decision.pk)
    ):
        return [("info", _("决议已经形成，请拟稿并公布决议，公布不少于十五日。"))]
    if decision.step == "report" and not any(
        each.item == "execution" for each in notices.for_subject("decision", decision.pk)
    ):
        return [("info", _("已经实施完毕，请拟稿并公布实施结果。"))]
    return []


def _case_panel(request: HttpRequest, decision: Decision, now: datetime) -> show.Panel:
    """The steps of the case as a task list, each with its result; the acts are on the case's own page."""
    if decision.case_id is None:
        return show.Panel(_("议事步骤"), text=_("还没有启动程序。"))
    case = procedures.case_for(request.actor, decision.case_id)
    view = procedures.case_view(request.actor, case, now)
    language = get_language() or ""
    url = case_url(decision.case_id)
    tasks = [
        c.TaskItem(
            step.step.title.said(language),
            url if step.status == "open" else "",
            STEP_MARK.get(step.status, "todo"),
            _result(step),
        )
        for step in view.steps
        if step.status != "waiting" or step.step.key != "amend"
    ]
    links = (
        [c.Link(_("办理这一步"), url)]
        if url and decision.state in ("running", "failed", "resolved", "carrying")
        else []
    )
    return show.Panel(_("议事步骤"), tasks=tasks, links=links or ([c.Link(_("看程序全过程"), url)] if url else []))


def _result(step: procedures.StepView) -> str:
    """What a step came to, in one line."""
    result = step.result
    parts = []
    if result.get("present") is not None:
        parts.append(
            _("应到%(due)s，实到%(present)s，赞成%(yes)s，反对%(no)s，弃权%(abstain)s")
            % {
                "due": result.get("due"),
                "present": result.get("present"),
                "yes": result.get("votes_for"),
                "no": result.get("against"),
                "abstain": result.get("abstain"),
            }
        )
    if step.outcome:
        words = procedures.OUTCOME_WORDS.get(step.outcome)
        parts.append(words.said(get_language() or "") if words else step.outcome)
    if step.done_at:
        parts.append(show.day(step.done_at.date()))
    elif step.due_at and step.status == "open":
        parts.append(_("应在 %(due)s 前") % {"due": show.when(step.due_at)})
    if step.round > 1:
        parts.append(_("第%(n)s次") % {"n": step.round})
    return " · ".join(str(part) for part in parts)


def _disclosure_panels(decision: Decision) -> list[show.Panel]:
    found = notices.for_subject("decision", decision.pk)
    if not found:
        return []
    rows = [
        c.Row(
            name=each.title,
            url=reverse("disclosure", args=[each.pk]),
            badge=show.state_badge(each.state),
            cells=[
                c.Cell(show.when(each.published_at)),
                c.Cell(show.day(each.up_until)),
                c.Cell(each.objections.count()),
            ],
        )
        for each in found
    ]
    columns = [
        c.Column(_("公开")),
        c.Column(_("公布时间"), "date"),
        c.Column(_("公布到"), "date"),
        c.Column(_("异议"), "num"),
    ]
    return [show.Panel(_("两公开"), table=c.CaseTable(_("这项决策的公开"), columns, rows))]


def _progress(decision: Decision) -> show.Panel:
    entries = [
        c.Entry(
            _("实施完毕") if each.finished else _("实施进展"),
            each.on,
            each.by_name,
            each.words,
            note=show.money(each.spent) if each.spent else "",
        )
        for each in decision.steps_done.order_by("-on", "-pk")
    ]
    return show.Panel(_("实施情况"), timeline=entries)


def _actions(actor: Any, decision: Decision) -> list[show.Action]:
    found: list[show.Action] = []
    decide, disclose = (
        may(actor, "democracy.decide", decision.unit.path),
        may(actor, "democracy.disclose", decision.unit.path),
    )
    drafted: dict[str, Disclosure] = {each.item: each for each in notices.for_subject("decision", decision.pk)}
    url = case_url(decision.case_id)
    if decide and url and decision.step in ("propose", "discuss", "party", "resolve", "amend"):
        found.append(show.Action(_("办理这一步"), url, primary=True))
    for item, step, words in (
        ("decision", "publish", _("拟决议公开稿")),
        ("execution", "report", _("拟实施结果公开稿")),
    ):
        if disclose and decision.step == step and item not in drafted:
            found.append(
                show.Action(words, reverse("decision_disclose", args=[decision.pk, item]), post=True, primary=True)
            )
    if decide and decision.state in (State.RESOLVED, State.CARRYING) and decision.step != "report":
        found.append(
            show.Action(
                _("登记实施情况"), reverse("decision_carry", args=[decision.pk]), primary=decision.step == "carry"
            )
        )
    if decide and decision.resolved_on is None and decision.state in (State.RUNNING, State.FAILED, State.DRAFT):
        found.append(show.Action(_("终止"), reverse("decision_end", args=[decision.pk])))
    return found


def list_page(amount: int) -> dict[str, Any]:
    """What must go through the four discussions."""
    rows = [
        c.Row(
            name=_(item.title),
            url="",
            note=item.basis,
            cells=[
                c.Cell(show.route(item.route)),
                c.Cell(_("每年%(month)s月底前") % {"month": item.month} if item.every else _("发生时")),
            ],
        )
        for item in matter_list().values()
    ]
    intro = _("清单内的事项都要走程序；涉及 %(amount)s 元以上的资金，先经乡镇合法性审查再由村民决定。") % {
        "amount": f"{amount:,}"
    }
    columns = [c.Column(_("事项")), c.Column(_("程序")), c.Column(_("什么时候议"))]
    return {
        "heading": _("村级重大事项清单"),
        "intro": intro,
        "back": c.Link(_("四议两公开"), reverse("decisions")),
        "table": c.CaseTable(_("清单"), columns, rows, count=len(rows)),
    }


def due_page(request: HttpRequest, year: int, today: date) -> dict[str, Any]:
    """Yearly matters of the viewer's villages: missed first."""
    found = reads.due_in(request.actor, year, today)
    lamps = {"green": _("已决议"), "yellow": _("将到期"), "red": _("应议未议"), "grey": _("未到期")}
    rows = [
        c.Row(
            name=_(line.item.title),
            url=reverse("decision", args=[line.decision.pk]) if line.decision else "",
            note=line.item.basis,
            cells=[
                c.Cell(line.unit.name),
                c.Cell(show.day(line.due), lamp=c.Lamp(line.lamp, "", lamps[line.lamp])),
                c.Cell(_(line.decision.step_words) if line.decision and line.decision.step_words else "—"),
            ],
        )
        for line in found[:300]
    ]
    figures = [
        c.Figure(words, sum(line.lamp == lamp for line in found), light=lamp if lamp == "red" else "")
        for lamp, words in lamps.items()
    ]
    columns = [c.Column(_("事项")), c.Column(_("村")), c.Column(_("最迟")), c.Column(_("走到哪一步"))]
    return {
        "heading": _("%(year)s年应议事项") % {"year": year},
        "back": c.Link(_("四议两公开"), reverse("decisions")),
        "panels": [show.Panel(figures=figures)],
        "table": c.CaseTable(_("应议事项"), columns, rows, count=len(found), cap=300, empty=c.Empty(_("没有应议事项"))),
    }


def skips_page(request: HttpRequest) -> dict[str, Any]:
    """What was done without its decision."""
    rows = [
        c.Row(
            name=each.words,
            url=reverse("matter", args=[each.matter_id]) if each.matter_id else "",
            note=_(matter_list()[each.item].title) if each.item in matter_list() else each.item,
            cells=[
                c.Cell(each.unit.name),
                c.Cell(show.day(each.found_on), note=each.found_name),
                c.Cell("", lamp=c.Lamp("green", "", _("已纠正")) if each.closed_at else c.Lamp("red", "", _("整改中"))),
            ],
        )
        for each in reads.skips_in(request.actor)
    ]
    columns = [c.Column(_("情况")), c.Column(_("村")), c.Column(_("发现"), "date"), c.Column(_("整改"))]
    actions = (
        [show.Action(_("登记"), reverse("skip_new"), primary=True, icon="plus")]
        if request.actor.has("democracy.oversee")
        else []
    )
    empty = c.Empty(_("没有登记"), _("发现应当走程序而没有走的，在这里登记，作为事项跟踪到纠正。"))
    return {
        "heading": _("未按程序决策"),
        "back": c.Link(_("四议两公开"), reverse("decisions")),
        "actions": actions,
        "table": c.CaseTable(_("未按程序决策"), columns, rows, count=len(rows), cap=200, empty=empty),
    }
