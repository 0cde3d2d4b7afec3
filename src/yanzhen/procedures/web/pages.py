"""What the pages hold: one function a page, from selectors to the components of the UI kit."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from yanzhen.kernel.scope.api import Actor, may
from yanzhen.kernel.ui import components as c
from yanzhen.procedures import selectors
from yanzhen.procedures.documents.papers import PAPERS
from yanzhen.procedures.domain.definition import Definition
from yanzhen.procedures.drawing import of, reading, svg
from yanzhen.procedures.models import Case
from yanzhen.procedures.selectors.views import ActChoice, CaseView, StepView
from yanzhen.procedures.web import fields, forms, show
from yanzhen.procedures.web.fields import said


def act_url(case: Case, choice: ActChoice) -> str:
    """Where an act is done."""
    if choice.act == "end":
        return reverse("case_end", args=[case.pk])
    url = reverse("case_act", args=[case.pk, choice.step, choice.act])
    return f"{url}?key={choice.key}" if choice.key else url


def drawing(view: CaseView) -> dict[str, Any]:
    """The diagram with the current step marked, and the same in words."""
    stands = show.standings(view, show.walked(view.case))
    language = show.language()
    lines = reading.lines(view.definition, language, stands)
    graph = of.graph_of(view.definition, language, stands)
    summary = reading.summary(lines, english=language.startswith("en"))
    return {"svg": safe(svg.draw(graph, ident="dia", description=summary)), "lines": lines, "summary": summary}


def bare(definition: Definition, ident: str = "dia") -> dict[str, Any]:
    """The diagram of a version and the same in words."""
    language = show.language()
    notes = {step.key: of.Standing(notes=(show.kind(step.kind),)) for step in definition.steps}
    lines = reading.lines(definition, language)
    graph = of.graph_of(definition, language, notes, began=False)
    summary = reading.summary(lines, english=language.startswith("en"))
    return {"svg": safe(svg.draw(graph, ident=ident, description=summary)), "lines": lines, "summary": summary}


def safe(markup: str) -> SafeString:
    """Our own drawing: every text in it was escaped there."""
    return mark_safe(markup)  # noqa: S308


# --- a case -------------------------------------------------------------------------------------------------------


def task(view: CaseView, step: StepView, number: int) -> c.TaskItem:
    """One step as a line of the task list."""
    status = {"open": "doing", "done": "done", "skipped": "done"}.get(step.status, "blocked")
    mine = [each for each in view.acts if each.step == step.step.key and each.act in forms.FORMS]
    first = next((each for code in show.FORWARD for each in mine if each.act == code), None)
    url = act_url(view.case, first) if first else f"#step-{step.step.key}" if step.step_id else ""
    again = _("（第 %(n)s 次）") % {"n": step.round} if step.round > 1 else ""
    hint = "；".join(show.standing(step)) or show.kind(step.step.kind)
    return c.TaskItem(f"{number}. {said(step.step.title)}{again}", url if status != "blocked" else "", status, hint)


def buttons(view: CaseView) -> list[dict[str, Any]]:
    """What this viewer may do now, by step; the way forward first."""
    titles = {step.key: said(step.title) for step in view.definition.steps}
    offs = {f"{each.key}": each.title for each in _sign_offs(view)}
    found = []
    for each in sorted(view.acts, key=lambda a: show.FORWARD.index(a.act) if a.act in show.FORWARD else 99):
        if each.act not in forms.FORMS:
            continue
        label = show.act_words(each) + (f"：{offs[each.key]}" if each.key in offs else "")
        found.append(
            {"label": label, "step": titles.get(each.step, ""), "url": act_url(view.case, each), "act": each.act}
        )
    return found


def _sign_offs(view: CaseView) -> list[Any]:
    marked = [each.step_id for each in view.steps if each.status == "open"]
    return [off for row in view.case.steps.filter(pk__in=marked).order_by("pk") for off in row.sign_offs.order_by("pk")]


def data_rows(view: CaseView, viewer: Actor) -> list[c.AnswerRow]:
    """What the case carries."""
    return [
        c.AnswerRow(said(field.title), fields.value_words(field, view.data.get(field.key), viewer))
        for field in view.definition.fields
        if view.data.get(field.key) not in (None, "", [])
    ]


def step_card(view: CaseView, step: StepView) -> dict[str, Any]:
    """Everything recorded in one step that was opened."""
    row = view.case.steps.get(pk=step.step_id)
    meetings = [meeting_rows(each) for each in row.meetings.order_by("pk")]
    return {
        "key": step.step.key,
        "title": said(step.step.title),
        "kind": show.kind(step.step.kind),
        "round": step.round,
        "status": step.status,
        "lamp": show.lamp(step.light, step.due_at) if step.status == "open" else None,
        "decided": show.decided(step),
        "missing": [show.missing(each) for each in step.missing],
        "words": step.words,
        "number": step.number,
        "basis": step.step.basis,
        "meetings": meetings,
        "sign_offs": [sign_off(each) for each in row.sign_offs.order_by("pk")],
        "postings": [posting_rows(each) for each in row.postings.order_by("pk")],
        "objections": list(row.objections.order_by("pk")),
        "files": [evidence(view.case, step, each) for each in row.evidence.select_related("file").order_by("pk")],
        "papers": papers(view, step),
        "ballot": getattr(row, "ballot", None) if step.step.ballot else None,
    }


def meeting_rows(meeting: Any) -> dict[str, Any]:
    """A meeting announced and held."""
    rows = [
        c.AnswerRow(_("会议"), show.body(meeting.body)),
        c.AnswerRow(_("通知日期"), show.day(meeting.notified_on)),
        c.AnswerRow(_("开会日期"), show.day(meeting.held_on or meeting.planned_on)),
        c.AnswerRow(_("地点"), meeting.place),
        c.AnswerRow(_("主持人"), meeting.chair),
        c.AnswerRow(_("议题"), meeting.items),
    ]
    if meeting.due is not None:
        result = {
            name: getattr(meeting, name)
            for name in ("due", "present", "votes_for", "against", "abstain", "need_present", "need_for")
        }
        rows.append(c.AnswerRow(_("人数和票数"), show.counts(result)))
        rows.append(c.AnswerRow(_("法定要求"), " ".join(filter(None, [show.needed(result), meeting.basis]))))
        rows.append(c.AnswerRow(_("结果"), show.outcome(meeting.outcome)))
        rows.append(c.AnswerRow(_("会议记录"), meeting.minutes))
        rows.append(c.AnswerRow(_("登记人"), meeting.recorded_name))
    roll = list(meeting.attendance.order_by("pk"))
    return {
        "rows": [each for each in rows if each.value],
        "void": meeting.void,
        "here": [each.name for each in roll if each.present],
        "absent": [each.name for each in roll if not each.present],
    }


def sign_off(off: Any) -> c.Entry:
    """One of several who must agree."""
    state = _("等待答复") if off.agreed is None else _("同意") if off.agreed else _("不同意")
    who = " ".join(filter(None, [off.answered_post, off.answered_name]))
    note = _("理由代码 %(code)s") % {"code": off.code} if off.code else ""
    return c.Entry(f"{off.title}：{state}", off.answered_at or "", who, off.words, note=note)


def posting_rows(posting: Any) -> list[c.AnswerRow]:
    """A public notice."""
    return [
        c.AnswerRow(_("公示时间"), _("%(first)s 至 %(last)s") % {"first": posting.put_up_on, "last": posting.until}),
        c.AnswerRow(_("最少天数"), posting.least_days),
        c.AnswerRow(_("公示地点"), posting.where),
        c.AnswerRow(_("公开页"), _("打开"), url=reverse("posting", args=[posting.pk])),
        c.AnswerRow(_("依据"), posting.basis),
    ]


def evidence(case: Case, step: StepView, shown: Any) -> dict[str, Any]:
    """Something that was shown."""
    titles = {each.key: said(each.title) for each in step.step.evidence} | {
        key: str(text) for key, text in forms.HoldForm.PAPERS
    }
    return {
        "title": titles.get(shown.key, _("附件")),
        "value": shown.value,
        "url": reverse("case_file", args=[case.pk, shown.pk]) if shown.file_id else "",
        "image": bool(shown.file_id and shown.file.mime.startswith("image")),
        "by": shown.by_name,
        "at": shown.at,
    }


def papers(view: CaseView, step: StepView) -> list[dict[str, Any]]:
    """Documents that can be drawn up in this step."""
    return [
        {
            "name": said(PAPERS[code].name),
            "code": code,
            "pdf": reverse("case_paper", args=[view.case.pk, step.step.key, code, "pdf"]),
            "word": reverse("case_paper", args=[view.case.pk, step.step.key, code, "docx"]),
        }
        for code in step.step.documents
        if code in PAPERS
    ]


def case_page(viewer: Actor, case: Case, now: datetime) -> dict[str, Any]:
    """The page of one case."""
    view = selectors.case_view(viewer, case, now)
    titles = {step.key: said(step.title) for step in view.definition.steps}
    opened = [each for each in view.steps if each.step_id]
    over = [each for each in opened if each.status == "open" and each.light != "none"]
    worst = min(
        over, key=lambda each: (("red", "yellow", "green", "none").index(each.light), each.due_at), default=None
    )
    return {
        "case": case,
        "view": view,
        "state": show.STATE_WORDS[case.state],
        "tone": show.STATE_TONES[case.state],
        "lamp": show.lamp(worst.light, worst.due_at) if worst else None,
        "procedure": said(view.definition.title),
        "basis": view.definition.basis,
        "tasks": [task(view, each, number) for number, each in enumerate(view.steps, 1)],
        "buttons": buttons(view),
        "facts": [
            c.AnswerRow(_("单位"), case.unit.name),
            c.AnswerRow(
                _("发起"), " ".join(filter(None, [show.when(case.started_at), case.starter_post, case.starter_name]))
            ),
            *data_rows(view, viewer),
        ],
        "cards": [step_card(view, each) for each in opened if each.status != "skipped"],
        "earlier": [step_card(view, each) for each in view.earlier if each.step_id],
        "timeline": [show.entry(each, titles) for each in case.entries.order_by("-pk")],
        "interests": list(case.interests.order_by("pk")),
        "may_end": any(each.act == "end" for each in view.acts),
        "may_move": case.state == "running" and may(viewer, "procedures.migrate", case.unit_path),
        "may_act": viewer.has("procedures.act") and case.state == "running",
        **drawing(view),
    }


def questions(ballot: Any) -> Any:
    """The questions of a ballot."""
    return json.loads(ballot.questions or "[]")
