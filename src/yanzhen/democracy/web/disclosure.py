"""Pages of the disclosures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from yanzhen.democracy.domain import disclosure as rules
from yanzhen.democracy.domain.disclosure import Item, Section, State
from yanzhen.democracy.models import Disclosure
from yanzhen.democracy.selectors import disclosure as reads
from yanzhen.democracy.selectors import sources
from yanzhen.democracy.services.disclosure import sections_of_table
from yanzhen.democracy.web import forms, show
from yanzhen.kernel.files import api as files
from yanzhen.kernel.intake.api import rows_of
from yanzhen.kernel.scope.api import Actor, may
from yanzhen.kernel.ui import components as c
from yanzhen.registry.models import Unit

TABS = (("work", "待办理"), ("review", "审核中"), ("up", "公布中"), ("past", "已期满"))
EVERY_WORDS = {"month": "每月", "quarter": "每季度", "half": "每半年", "year": "每年", "event": "随时"}
ACTION_WORDS = {
    "democracy.disclosure.drafted": "拟稿",
    "democracy.disclosure.changed": "修改",
    "democracy.disclosure.submitted": "送审",
    "democracy.disclosure.reviewed": "监委会审核",
    "democracy.disclosure.published": "公布",
    "democracy.disclosure.ended": "公布期满",
    "democracy.objection.made": "收到异议",
}


def calendar_page(request: HttpRequest, unit: Unit, today: date) -> dict[str, Any]:
    """A village's calendar with lamps; what is not drafted yet has a way to draft it."""
    actor, keeps = request.actor, may(request.actor, "democracy.disclose", unit.path)
    lines = reads.calendar(unit, today)
    rows = [_line(unit, line, keeps) for line in lines]
    late = sum(line.lamp == "red" and not (line.disclosure and line.disclosure.published_at) for line in lines)
    panels = [
        show.Panel(
            figures=[
                c.Figure(_("公布中"), len(reads.up_now(unit)), f"{reverse('disclosures_all')}?tab=up&unit={unit.pk}"),
                c.Figure(_("逾期未公布"), late, light="red" if late else ""),
                c.Figure(
                    _("待答复异议"), reads.open_objections(unit).count(), f"{reverse('objections')}?unit={unit.pk}"
                ),
            ]
        )
    ]
    columns = [
        c.Column(_("公开事项")),
        c.Column(_("期间")),
        c.Column(_("最迟")),
        c.Column(_("进度")),
        c.Column(_("办理")),
    ]
    actions = [
        show.Action(_("公开目录"), reverse("catalogue")),
        show.Action(_("公开页"), reverse("open_village", args=[unit.code])),
    ]
    if keeps:
        actions.insert(
            0,
            show.Action(
                _("随时公开"),
                f"{reverse('disclosure_new')}?unit={unit.pk}&item=consultation",
                icon="plus",
                primary=True,
            ),
        )
    return {
        "heading": _("%(village)s：村务公开日历") % {"village": unit.name},
        "actions": actions,
        "panels": panels,
        "intro": _("公开内容由平台上的记录生成，不用重新填写；公布前由监委会审核，公布不少于十五日。"),
        "table": c.CaseTable(_("公开日历"), columns, rows, count=len(rows), empty=c.Empty(_("近期没有应公开的事项"))),
        "viewer": actor,
    }


def _line(unit: Unit, line: reads.DueLine, keeps: bool) -> c.Row:
    row = line.disclosure
    url = reverse("disclosure", args=[row.pk]) if row else ""
    lamp = show.lamp(line.lamp)
    act = c.Cell("—")
    if row is None and keeps and line.subject_kind == "decision":
        act = c.Cell(_("去拟稿"), url=reverse("decision", args=[line.subject_id]))
    elif row is None and keeps and line.period.first <= timezone.localdate():
        act = c.Cell(
            _("拟稿"), url=f"{reverse('disclosure_new')}?unit={unit.pk}&item={line.item.code}&period={line.period.code}"
        )
    elif row is not None:
        act = c.Cell(_("查看"), url=url)
    state = c.Cell(
        _(row.get_state_display()) if row else _("未拟稿"),
        note=show.when(row.published_at) if row and row.published_at else "",
    )
    name = _(line.item.title) + (f"：{line.subject_title}" if line.subject_title else "")
    return c.Row(
        name=name,
        url=url,
        note=line.item.basis.split("：")[0],
        cells=[c.Cell(line.period.code), c.Cell(show.day(line.due), lamp=lamp), state, act],
    )


def all_page(request: HttpRequest, unit: Unit | None) -> dict[str, Any]:
    """Notices of the whole scope by tab."""
    tab = request.GET.get("tab", "work")
    after = request.GET.get("after", "")
    found, more = reads.disclosures_page(request.actor, unit=unit, tab=tab, after=int(after) if after.isdigit() else 0)
    more_query = f"&unit={unit.pk}" if unit else ""
    tabs = [c.Tab(_(words), f"?tab={code}{more_query}", active=code == tab) for code, words in TABS]
    rows = [
        c.Row(
            name=each.title,
            url=reverse("disclosure", args=[each.pk]),
            badge=show.state_badge(each.state),
            cells=[
                c.Cell(each.unit.name),
                c.Cell(show.day(each.due_on)),
                c.Cell(show.when(each.published_at)),
                c.Cell(show.day(each.up_until)),
            ],
        )
        for each in found
    ]
    columns = [
        c.Column(_("公开内容")),
        c.Column(_("村")),
        c.Column(_("最迟"), "date"),
        c.Column(_("公布"), "date"),
        c.Column(_("公布到"), "date"),
    ]
    actions = [show.Action(_("公开目录"), reverse("catalogue"))]
    if request.actor.has("democracy.oversee"):
        actions.append(show.Action(_("看板"), reverse("democracy_board")))
    empty = c.Empty(_("没有公开内容"), _("按公开日历拟稿后出现在这里。"))
    return {
        "heading": _("村务公开"),
        "tabs": tabs,
        "actions": actions,
        "table": c.CaseTable(_("公开内容"), columns, rows, next_url=show.more_url(request, more), empty=empty),
    }


def catalogue_page(items: Sequence[Item]) -> dict[str, Any]:
    """What is disclosed, how often, from where, on which basis."""
    origin = {"table": _("上传表格"), "text": _("填写文字")}
    rows = [
        c.Row(
            name=_(item.title),
            url="",
            note=_(item.what),
            cells=[
                c.Cell(_(item.group)),
                c.Cell(_(EVERY_WORDS[item.every])),
                c.Cell(origin.get(item.source, _("平台记录"))),
                c.Cell(_("期满后%(n)s日内") % {"n": item.grace}),
                c.Cell(item.basis),
            ],
        )
        for item in items
    ]
    columns = [
        c.Column(_("公开事项")),
        c.Column(_("类别")),
        c.Column(_("频次")),
        c.Column(_("内容来源")),
        c.Column(_("时限")),
        c.Column(_("依据")),
    ]
    return {
        "heading": _("村务公开目录"),
        "back": c.Link(_("村务公开"), reverse("disclosures")),
        "table": c.CaseTable(_("村务公开目录"), columns, rows, count=len(rows)),
    }


def one(request: HttpRequest, row: Disclosure) -> dict[str, Any]:
    """One notice: its words as they will hang, the way to the board, objections, the proof."""
    notice = reads.notice_of(row)
    facts = [
        c.AnswerRow(_("村"), row.unit.name),
        c.AnswerRow(_("期间"), row.period),
        c.AnswerRow(_("最迟公布"), show.day(row.due_on)),
        c.AnswerRow(_("拟稿"), f"{row.drafted_name} {show.when(row.drafted_at)}"),
    ]
    if row.reviewed_at:
        facts.append(
            c.AnswerRow(
                _("监委会审核"),
                " ".join(filter(None, [row.reviewed_name, show.when(row.reviewed_at), row.review_words])),
            )
        )
    if row.published_at:
        facts += [
            c.AnswerRow(_("公布"), f"{row.published_name} {show.when(row.published_at)}"),
            c.AnswerRow(_("公布到"), show.day(row.up_until)),
            c.AnswerRow(_("内容指纹"), row.digest),
        ]
    panels = [show.Panel(_("公开内容"), notice=notice)]
    if row.published_at:
        panels.append(_objections(request.actor, row))
    notices = (
        [("danger", _("监委会退回：%(words)s") % {"words": row.review_words})] if row.state == State.RETURNED else []
    )
    return {
        "heading": row.title,
        "back": c.Link(_("村务公开"), f"{reverse('disclosures')}?unit={row.unit_id}"),
        "badges": [show.state_badge(row.state)],
        "facts": facts,
        "panels": panels,
        "notices": notices,
        "actions": _actions(request.actor, row),
        "history": _history(row),
    }


def _history(row: Disclosure) -> list[c.Entry]:
    return [
        c.Entry(
            _(ACTION_WORDS.get(each.action, each.action)), each.at, each.actor_name or _("村民"), note=each.actor_post
        )
        for each in reads.history(row)
    ]


def _objections(viewer: Actor, row: Disclosure) -> show.Panel:
    entries = []
    for each in reads.objections_of(row):
        links = (
            [c.Link(_("事项"), reverse("matter", args=[each.matter_id]))]
            if may(viewer, "matters.view", row.unit.path)
            else []
        )
        if (
            may(viewer, "democracy.supervise", row.unit.path)
            and row.state == State.UP
            and row.subject_kind == "decision"
        ):
            links.append(c.Link(_("异议成立"), reverse("objection_uphold", args=[each.pk])))
        note = (
            _("答复：%(words)s") % {"words": each.answer}
            if each.answer
            else _("应在 %(due)s 前答复") % {"due": show.when(each.due_at)}
        )
        entries.append(
            c.Entry(_("村民异议"), each.made_at, "", each.text, "green" if each.answered_at else "yellow", note, links)
        )
    return show.Panel(_("异议和答复"), timeline=entries, text="" if entries else _("没有异议。"))


def _actions(actor: Actor, row: Disclosure) -> list[show.Action]:
    found: list[show.Action] = []
    disclose, supervise = (
        may(actor, "democracy.disclose", row.unit.path),
        may(actor, "democracy.supervise", row.unit.path),
    )
    if disclose and row.state in (State.DRAFT, State.RETURNED):
        found.append(
            show.Action(
                _("送监委会审核"),
                reverse("disclosure_submit", args=[row.pk]),
                post=True,
                primary=True,
                fields={"version": str(row.version)},
            )
        )
        found.append(show.Action(_("修改"), reverse("disclosure_edit", args=[row.pk])))
    if supervise and row.state == State.REVIEW and actor.account_id != row.drafted_by:
        found.append(show.Action(_("审核"), reverse("disclosure_review", args=[row.pk]), primary=True))
    if disclose and row.state == State.READY:
        found.append(show.Action(_("公布"), reverse("disclosure_publish", args=[row.pk]), primary=True))
    if row.published_at:
        found.append(show.Action(_("打印公开栏用"), reverse("disclosure_print", args=[row.pk]), icon="printer"))
        found.append(show.Action(_("公开页"), reverse("open_notice", args=[row.unit.code, row.pk])))
    if disclose and row.state == State.UP:
        found.append(show.Action(_("更正"), reverse("disclosure_correct", args=[row.pk])))
    return found


# --- drafting ---------------------------------------------------------------------------------------------------------


def draft_form(
    request: HttpRequest, item: Item, kind: type[forms.DraftForm] = forms.DraftForm, **initial: Any
) -> forms.DraftForm:
    """The form for an item's source."""
    bound = request.method == "POST"
    return kind(
        request.POST if bound else None,
        request.FILES if bound else None,
        source=item.source if item.source in ("table", "text") else "",
        event=item.every == "event" and kind is forms.DraftForm,
        initial=initial,
    )


def sections_of(request: HttpRequest, item: Item, form: forms.DraftForm) -> tuple[Section, ...] | None:
    """What was given: rows of the uploaded table, words, or None for what the records hold."""
    data = form.cleaned_data
    if item.source == "text":
        return (Section("", data["text"]),)
    if item.source != "table":
        return None
    stored = files.store(
        actor=request.actor, now=timezone.now(), upload=data["file"], purpose="workbook", name=data["file"].name
    )
    return sections_of_table("", [cells for _number, cells in rows_of(files.content(stored), stored.mime)])


def draft_page(unit: Unit, item: Item, period: str, today: date) -> dict[str, Any]:
    """What the records say for this period, before it becomes a draft."""
    panels = []
    if sources.has_records(item):
        span = rules.parse_period(item.every, period or rules.period_of(item.every, today).code)
        notice = rules.Notice(item.code, unit.code, unit.name, "", span.code, sources.from_records(unit, item, span))
        panels = [show.Panel(_("平台记录里有这些内容"), notice=notice)]
    elif item.columns:
        panels = [show.Panel(_("表格的列"), text="、".join(_(each) for each in item.columns))]
    return {
        "heading": _("拟稿：%(item)s %(period)s") % {"item": _(item.title), "period": period},
        "intro": _(item.what),
        "panels": panels,
        "back": c.Link(_("村务公开日历"), f"{reverse('disclosures')}?unit={unit.pk}"),
        "submit": _("生成公开稿"),
    }


def old_text(row: Disclosure) -> str:
    """The words of a notice in words."""
    return "\n".join(
        section.text for section in reads.notice_of(row).sections if section.text and section.heading != "说明"
    )


def objections_page(request: HttpRequest, unit: Unit | None) -> dict[str, Any]:
    """Objections that wait for an answer."""
    from yanzhen.democracy.selectors.scope import villages_in

    now = timezone.now()
    villages = [unit] if unit else list(villages_in(request.actor)[:400])
    found = [row for village in villages for row in reads.open_objections(village)]
    rows = [
        c.Row(
            name=each.text[:60],
            url=reverse("disclosure", args=[each.disclosure_id]),
            note=each.disclosure.title,
            cells=[
                c.Cell(each.disclosure.unit.name),
                c.Cell(show.when(each.made_at)),
                c.Cell(
                    "", lamp=c.Lamp("red" if each.due_at and each.due_at < now else "yellow", show.when(each.due_at))
                ),
            ],
        )
        for each in found
    ]
    columns = [c.Column(_("异议")), c.Column(_("村")), c.Column(_("提出"), "date"), c.Column(_("答复时限"))]
    return {
        "heading": _("待答复的公开异议"),
        "back": c.Link(_("村务公开"), reverse("disclosures")),
        "table": c.CaseTable(_("待答复的异议"), columns, rows, count=len(rows), empty=c.Empty(_("没有待答复的异议"))),
    }
