"""Pages of the evaluations: totals for those entitled, never a ballot."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from yanzhen.democracy.domain.evaluation import BASIS
from yanzhen.democracy.models import Evaluated, Evaluation
from yanzhen.democracy.selectors import evaluation as reads
from yanzhen.democracy.web import show
from yanzhen.democracy.web.decisions import case_url
from yanzhen.kernel.scope.api import may
from yanzhen.kernel.ui import components as c


def listing(request: HttpRequest) -> dict[str, Any]:
    """Evaluations whose results the viewer may read."""
    rows = [
        c.Row(
            name=each.title,
            url=reverse("evaluation", args=[each.pk]),
            badge=c.Badge(_(each.get_state_display()), "info"),
            cells=[
                c.Cell(each.unit.name),
                c.Cell(show.day(each.meets_on)),
                c.Cell(f"{each.issued}/{each.due}" if each.counted_at else "—"),
                c.Cell(each.evaluated.filter(failed=True).count() if each.counted_at else "—"),
            ],
        )
        for each in reads.evaluations_page(request.actor)
    ]
    columns = [
        c.Column(_("评议")),
        c.Column(_("村")),
        c.Column(_("会议"), "date"),
        c.Column(_("投票"), "num"),
        c.Column(_("不称职"), "num"),
    ]
    actions = (
        [show.Action(_("组织评议"), reverse("evaluation_new"), primary=True, icon="plus")]
        if request.actor.has("democracy.evaluate")
        else []
    )
    empty = c.Empty(_("还没有评议"), _("每年至少一次，由村务监督委员会主持。"))
    return {
        "heading": _("述职和民主评议"),
        "actions": actions,
        "intro": BASIS + "：" + _("每年至少一次；连续两次被评议不称职的，其职务终止。"),
        "table": c.CaseTable(_("民主评议"), columns, rows, count=len(rows), cap=200, empty=empty),
    }


def one(request: HttpRequest, row: Evaluation) -> dict[str, Any]:
    """One evaluation: totals by grade, and what follows from them."""
    scale = reads.scale_of(row)
    people = reads.evaluated_of(row)
    lines = [_line(each, scale, row) for each in people]
    columns = [c.Column(_("干部")), *(c.Column(_(grade), "num") for grade in scale), c.Column(_("结果"))]
    facts = [
        c.AnswerRow(_("村"), row.unit.name),
        c.AnswerRow(_("会议"), show.day(row.meets_on)),
        c.AnswerRow(_("应到"), row.due),
        c.AnswerRow(_("发出票"), row.issued if row.counted_at else "—"),
        c.AnswerRow(_("主持"), row.called_name),
    ]
    keeps = may(request.actor, "democracy.evaluate", row.unit.path)
    actions, url = [], case_url(row.case_id)
    if url and row.state in ("called", "reported", "voting"):
        actions.append(show.Action(_("去投票、计票"), url, primary=True))
    if keeps and row.state == "counted":
        actions.append(show.Action(_("反馈结果"), reverse("evaluation_tell", args=[row.pk]), post=True, primary=True))
    notices = [
        (
            "danger",
            _("%(name)s 连续两次被评议不称职，职务依法终止，请按规定办理离任手续（%(basis)s）。")
            % {"name": each.person.name, "basis": BASIS},
        )
        for each in people
        if each.twice
    ]
    notices += [
        ("warning", _("%(name)s 的最低等次超过界线，应当诫勉谈话。") % {"name": each.person.name})
        for each in people
        if each.warned and not each.twice
    ]
    if row.state == "void":
        notices.append(("warning", _("参加投票人数不足，评议无效，须重新组织。")))
    return {
        "heading": row.title,
        "back": c.Link(_("述职和民主评议"), reverse("evaluations")),
        "badges": [c.Badge(_(row.get_state_display()), "info")],
        "facts": facts,
        "actions": actions,
        "notices": notices,
        "panels": [
            show.Panel(_("测评结果（只有总数）"), table=c.CaseTable(_("测评结果"), columns, lines, count=len(lines))),
            _reports(row, people, keeps),
        ],
    }


def _line(each: Evaluated, scale: tuple[str, ...], row: Evaluation) -> c.Row:
    counts = reads.counts_of(each)
    cells = [c.Cell(counts.get(grade, "—") if counts else "—") for grade in scale]
    verdict = c.Cell(
        _(each.grade) if each.grade else "—",
        badge=c.Badge(_("诫勉"), "warning") if each.warned and not each.failed else None,
    )
    return c.Row(name=each.person.name, url="", note=each.duty, cells=[*cells, verdict])


def _reports(row: Evaluation, people: list[Evaluated], keeps: bool) -> show.Panel:
    tasks = [
        c.TaskItem(
            f"{each.person.name}（{each.duty}）",
            reverse("cadre_report", args=[row.pk, each.pk]) if keeps and row.state in ("called", "reported") else "",
            "done" if each.report else "todo",
            each.report[:80],
        )
        for each in people
    ]
    return show.Panel(_("述职报告"), tasks=tasks)
