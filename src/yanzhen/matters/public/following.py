"""Between the follow-up pages and the services: who may look, what the page says, what each act asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.forms import Form
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from yanzhen.kernel.errors import DomainError, NotFound
from yanzhen.kernel.rulebook.api import value
from yanzhen.kernel.ui import components as c
from yanzhen.matters import selectors, services
from yanzhen.matters.domain.loop import ACTS as LOOP
from yanzhen.matters.domain.loop import GRADE_WORDS
from yanzhen.matters.domain.numbers import parse_number
from yanzhen.matters.public import draft, forms, limits, pages
from yanzhen.matters.selectors import villager

#: What a state means to the person who asked.
STATE_WORDS = {
    "collected": _("已收到，正在确定由谁办理"),
    "assigned": _("已交给承办单位，等待签收"),
    "disputed": _("正在核定应由哪个单位办理"),
    "working": _("正在办理"),
    "answered": _("已经答复，请您评价"),
    "archived": _("已经办结"),
    "diverted": _("不在本平台办理，已告诉您到哪里办"),
    "declined": _("没有受理，原因见下方"),
    "merged": _("已与同一件事合并办理"),
    "withdrawn": _("已按您的要求撤回"),
}
NOT_NOW = _("这件事现在不能这样办，请看看最新进展。")
UNKNOWN = NotFound("matters.follow.unknown", "编号或查询码不对，请核对后再试。")


@dataclass(frozen=True, slots=True)
class Asked:
    """A page of one act of the person."""

    form: type[Form]
    title: Any
    submit: Any
    done: Any
    hint: Any = ""
    danger: bool = False


ACTS = {
    "rate": Asked(forms.RateForm, _("评价"), _("提交评价"), _("谢谢您的评价。"), _("解决率和满意率只按您说的算，办理单位改不了。")),
    "person_note": Asked(forms.WordsOnlyForm, _("补充情况"), _("提交"), _("已补充，办理单位会看到。")),
    "person_reopen": Asked(
        forms.ReasonOnlyForm, _("要求重办"), _("要求重办"), _("已要求重办，时限重新计算。"), _("会重新确定由谁办理，并重新计时。")
    ),
    "withdraw": Asked(
        forms.ReasonOnlyForm, _("撤回"), _("确定撤回"), _("已撤回。"), _("撤回后不再办理，也不能恢复；以后可以另外反映。"), danger=True
    ),
}  # fmt: skip


def spoken(error: DomainError) -> str:
    """The sentence of a rule in the reader's language."""
    text = gettext(error.template)
    return text.format(**error.data) if error.data else text


def ask_url() -> str:
    return reverse("follow")


def look_up(request: HttpRequest, number: str, code: str) -> Any:
    """Check number and code and remember them for this session. NotFound for every wrong pair alike; TooMany beyond the
    limits of address and number."""
    now, on, root = timezone.now(), timezone.localdate(), villager.root()
    limits.looking_up(request, unit=root, on=on)
    wanted = parse_number(number) or "-"
    wrong = value("matters.public.wrong_codes", root, on=on)
    if limits.exhausted("wrong", wanted, most=wrong):
        raise UNKNOWN
    try:
        found = selectors.follow(wanted, code, now)
    except NotFound:
        limits.spend("wrong", wanted, most=wrong, seconds=limits.HOUR)
        raise
    draft.write(request, draft.FOLLOWED, {"number": found.number, "code": code})
    return found


def known(request: HttpRequest, number: str) -> Any:
    """The matter whose number and code this session has shown; None when it has not."""
    kept = draft.read(request, draft.FOLLOWED)
    if not kept or kept.get("number") != parse_number(number):
        return None
    try:
        return selectors.follow(kept["number"], kept["code"], timezone.now())
    except NotFound:
        return None


def perform(request: HttpRequest, act: str, found: Any, given: dict[str, Any]) -> None:
    """Do one act of the person."""
    code = draft.read(request, draft.FOLLOWED)["code"]
    service = getattr(services, act)
    service(actor=pages.visitor(request), now=timezone.now(), matter=found.id, code=code, **given)


def page(found: Any) -> dict[str, Any]:
    """Everything the follow-up page shows."""
    facts = [
        c.AnswerRow(gettext("受理编号"), found.number),
        c.AnswerRow(gettext("反映的事"), found.text),
        c.AnswerRow(gettext("地点"), found.place_name),
        c.AnswerRow(gettext("收到时间"), pages.when(found.received_at)),
        c.AnswerRow(gettext("现在由谁办"), found.lead_name or found.holder_name),
    ]
    if found.due_at and found.state in {"collected", "assigned", "disputed", "working"}:
        facts.append(c.AnswerRow(gettext("最迟答复时间"), pages.when(found.due_at)))
    if found.voices > 1:
        facts.append(c.AnswerRow(gettext("反映人数"), found.voices))
    if found.grade and found.grade != "none":
        solved = gettext("解决了") if found.solved else gettext("没有解决")
        facts.append(c.AnswerRow(gettext("评价"), f"{solved} · {gettext(GRADE_WORDS[found.grade])}"))
    steps = [c.Entry(title=_step(each), when=each.at, text=each.text) for each in reversed(found.steps)]
    state = STATE_WORDS.get(found.state, found.state_words)
    if found.state == "answered" and found.grade and found.grade != "none":
        state = gettext("已经答复，也已有评价")
    doors = [(code, ACTS[code].title) for code in ("rate", "person_note", "person_reopen", "withdraw") if code in found.may]
    return {"found": found, "state": state, "facts": facts, "steps": steps, "doors": doors}


_PLAIN = {
    "report": _("收到您反映的事"),
    "assign": _("已交给承办单位"),
    "accept": _("承办单位已签收，开始办理"),
    "take": _("开始办理"),
    "contact": _("与您联系"),
    "progress": _("办理进展"),
    "answer": _("答复"),
    "call_back": _("回访"),
    "archive": _("办结归档"),
    "auto_archive": _("办结归档"),
    "rate": _("您的评价"),
    "person_note": _("您补充的情况"),
    "person_reopen": _("您要求重办"),
    "withdraw": _("您撤回"),
    "add_voice": _("又有人反映同一件事"),
    "redo": _("退回重新办理"),
    "decide_extension": _("延期"),
}


def _step(each: Any) -> Any:
    """Words of a step for the person. ``PublicStep.words`` are the loop's own words; the plain ones are found by them."""
    code = next((code for code, act in LOOP.items() if act.words == each.words), "report" if each.words == "登记" else "")
    return _PLAIN.get(code) or gettext(each.words)
