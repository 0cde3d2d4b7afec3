"""What the pages hold: one function a page, from selectors to the components of the UI kit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import segno
from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.scope.api import Actor
from yanzhen.kernel.ui import components as c
from yanzhen.matters import selectors
from yanzhen.matters.domain.loop import CHANNEL_WORDS, DIVERSION_WORDS, STATE_WORDS, STOP_WORDS, URGENCY_WORDS
from yanzhen.matters.models import Matter
from yanzhen.matters.web import acts, show

REQUEST_WORDS = {"extension": "延期", "unsolvable": "无法解决", "dispute": "管辖异议", "exclusion": "剔除统计"}


def matter_facts(matter: Matter, row: Any) -> list[c.AnswerRow]:
    """What is known about a matter, in words."""
    place = " · ".join(filter(None, [row.place_name, matter.place_words]))
    rows = [
        c.AnswerRow(_("发生地"), place if matter.located else _("待确定地点")),
        c.AnswerRow(_("类别"), matter.category.full_name if matter.category else _("未分类")),
        c.AnswerRow(_("紧急程度"), _(URGENCY_WORDS[matter.urgency])),
        c.AnswerRow(_("来源"), _(CHANNEL_WORDS[matter.channel]) + (f" {matter.source}" if matter.source else "")),
        c.AnswerRow(_("收到时间"), show.when(matter.received_at)),
        c.AnswerRow(_("当前单位"), row.holder_name),
    ]
    if row.lead_name:
        rows.append(c.AnswerRow(_("牵头单位"), row.lead_name))
    if matter.diversion:
        rows.append(c.AnswerRow(_("分流情形"), _(DIVERSION_WORDS[matter.diversion])))
    if matter.merged_into_id:
        into = matter.merged_into
        rows.append(c.AnswerRow(_("已并入"), into.number, url=reverse("matter", args=[into.pk])))
    return rows


def clock_facts(matter: Matter, now: datetime) -> list[c.AnswerRow]:
    """How the deadlines came about."""
    rows = [
        c.AnswerRow(_("这一步的时限"), show.when(matter.step_due_at)),
        c.AnswerRow(_("响应时限"), show.when(matter.respond_due_at)),
        c.AnswerRow(_("办结时限"), show.when(matter.due_at)),
    ]
    try:
        rows.append(c.AnswerRow(_("计算依据"), "\n".join(show.sentence(each) for each in selectors.due_steps(matter, now))))
    except DomainError as error:  # a year without a working calendar: said, not guessed
        rows.append(c.AnswerRow(_("计算依据"), _(error.template).format(**error.data)))
    for stop in matter.stops.order_by("began_at"):
        span = f"{show.when(stop.began_at)} — {show.when(stop.ended_at) or _('现在')}"
        rows.append(
            c.AnswerRow(_("停表"), f"{span}，{_(STOP_WORDS.get(stop.reason, stop.reason))} {stop.words}".strip())
        )
    return rows


def party(each: Any) -> c.Entry:
    """A unit that takes part, with where it stands."""
    if each.ended_at:
        state = _("已退出")
    elif each.done_at:
        state = _("已完成")
    else:
        state = _("办理中") if each.accepted_at else _("待签收")
    return c.Entry(title=f"{each.unit_name}（{_(each.role_words)}）", when=each.assigned_at, who=state, text=each.words)


def matter_page(viewer: Actor, matter: Matter, now: datetime) -> dict[str, Any]:
    """The page of one matter."""
    row = selectors.row_of(viewer, matter, now)
    possible = acts.possible(viewer, matter)
    triage = any(code in {"assign", "classify"} for code, _words, _page in possible)
    presses = list(matter.presses.select_related("by_unit").order_by("-at", "-id"))
    first = possible[0] if possible and possible[0][0] in acts.FORWARD else None
    return {
        "matter": matter,
        "row": row,
        "lamp": show.lamp(row),
        "state": _(STATE_WORDS[matter.state]),
        "facts": matter_facts(matter, row),
        "clock": clock_facts(matter, now),
        "contact": selectors.contact_for(viewer, matter),
        "may_unmask": selectors.may_unmask(viewer, matter),
        "attachments": matter.attachments.select_related("file").order_by("at"),
        "timeline": [show.entry(each) for each in reversed(selectors.timeline_for(viewer, matter))],
        "participations": [party(each) for each in selectors.parties_for(viewer, matter)],
        "waiting": [
            (_(REQUEST_WORDS.get(each.kind, each.kind)), each)
            for each in selectors.requests_for(viewer, matter)
            if each.granted is None and each.decided_at is None
        ],
        "presses": presses,
        "in_force": next(((each, show.gist(each.letter)) for each in presses if not each.cleared_at), None),
        "ratings": [(show.grade(each.grade), each) for each in matter.ratings.order_by("-at")],
        "similar": selectors.similar_for(viewer, matter) if triage else [],
        "suggestions": selectors.suggestions_for(viewer, matter) if triage else None,
        "voices": matter.joined_voices.order_by("at"),
        "acts": possible,
        "first": first,
        "form": first[2].form(
            initial={"version": matter.version},
            choices=acts.choices(first[2], viewer, matter),
            auto_id=f"id_{first[0]}_%s",
        )
        if first
        else None,
    }


def follow_url(matter: Matter) -> str:
    """Where the person follows their request; the code is typed there, never part of an address."""
    try:
        path = reverse("follow")
    except NoReverseMatch:
        path = "/p/follow/"
    return f"{settings.YANZHEN.base_url.rstrip('/')}{path}?number={matter.number}"


def slip_page(matter: Matter, code: str = "") -> dict[str, Any]:
    """Number, next step and time limit for the person, with a QR code (drawn here, no request leaves the host). The code is
    known only right after the report: nothing but its hash is kept."""
    url = follow_url(matter)
    return {
        "matter": matter,
        "code": code,
        "state": _(STATE_WORDS[matter.state]),
        "url": url,
        "qr": segno.make(url, error="m").svg_inline(scale=4, border=2, svgclass="ym-qr", lineclass=None),
        "due": show.when(matter.due_at),
        "respond_due": show.when(matter.respond_due_at),
    }
