"""From what selectors give to words and components of the UI kit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from yanzhen.kernel.ui import components as c
from yanzhen.procedures.domain.bodies import BODIES
from yanzhen.procedures.domain.definition import KIND_WORDS, OUTCOME_WORDS, Kind
from yanzhen.procedures.drawing.graph import Mark
from yanzhen.procedures.drawing.of import Standing
from yanzhen.procedures.selectors.views import ActChoice, CaseView, StepView
from yanzhen.procedures.web.fields import said

STATE_WORDS: Mapping[str, Any] = {
    "running": gettext_lazy("办理中"),
    "resolved": gettext_lazy("办结"),
    "rejected": gettext_lazy("未获通过"),
    "ended": gettext_lazy("终止"),
}
STATE_TONES = {"running": "info", "resolved": "success", "rejected": "danger", "ended": "neutral"}

#: What the button of an act says.
ACT_WORDS: Mapping[str, Any] = {
    "submit": gettext_lazy("提交"),
    "judge": gettext_lazy("办理"),
    "answer": gettext_lazy("会签"),
    "announce": gettext_lazy("发会议通知"),
    "hold": gettext_lazy("登记会议"),
    "publish": gettext_lazy("登记公示"),
    "object": gettext_lazy("登记异议"),
    "reply": gettext_lazy("答复异议"),
    "close": gettext_lazy("期满，进入下一步"),
    "amend": gettext_lazy("修改内容"),
    "end": gettext_lazy("终止"),
    "signal": gettext_lazy("结束等待"),
}
#: What an act did, for the history.
DONE_WORDS: Mapping[str, Any] = {
    "start": gettext_lazy("发起"),
    "submit": gettext_lazy("提交"),
    "judge": gettext_lazy("办理"),
    "answer": gettext_lazy("会签"),
    "announce": gettext_lazy("发出会议通知"),
    "hold": gettext_lazy("登记会议"),
    "publish": gettext_lazy("登记公示"),
    "object": gettext_lazy("收到异议"),
    "reply": gettext_lazy("答复异议"),
    "close": gettext_lazy("步骤期满"),
    "amend": gettext_lazy("修改内容"),
    "signal": gettext_lazy("等待结束"),
    "end": gettext_lazy("终止"),
    "move": gettext_lazy("转入新版程序"),
    "migrate": gettext_lazy("转入新版程序"),
    "interest": gettext_lazy("登记回避"),
    "overdue": gettext_lazy("超过时限"),
}
#: Acts that lead on; the first of them that is possible is the big button.
FORWARD = ("submit", "judge", "answer", "hold", "publish", "reply", "close", "announce", "amend", "object")


def day(moment: Any) -> str:
    """A day in local time, "" for none; ISO text stays."""
    if isinstance(moment, datetime):
        return date_format(timezone.localtime(moment), "Y-m-d")
    return moment.isoformat() if isinstance(moment, date) else str(moment or "")


def when(moment: datetime | None) -> str:
    """A moment in local time."""
    return date_format(timezone.localtime(moment), "Y-m-d H:i") if moment else ""


def outcome(code: str) -> str:
    """An outcome in words."""
    words = OUTCOME_WORDS.get(code)
    return said(words) if words else code


def kind(step_kind: Kind) -> str:
    """A kind of step in words."""
    return said(KIND_WORDS[step_kind])


def body(code: str) -> str:
    """A body in words."""
    return said(BODIES[code].title) if code in BODIES else code


def missing(found: Any) -> str:
    """What is missing, in the reader's language."""
    return _(found.template).format(**found.data)


def lamp(light: str, due: Any) -> c.Lamp | None:
    """The lamp of a due time; none where no clock runs."""
    if light == "none" or not due:
        return None
    return c.Lamp(light, _("%(day)s 前") % {"day": day(due)})


def counts(result: Mapping[str, Any]) -> str:
    """The figures of a meeting or ballot in one line; "" for other steps."""
    if not result.get("due"):
        return ""
    parts = [_("应到 %(due)s 人，实到 %(present)s 人") % {"due": result["due"], "present": result.get("present", "")}]
    if result.get("votes_for") is not None:
        parts.append(
            _("赞成 %(yes)s，反对 %(no)s，弃权 %(abstain)s")
            % {"yes": result["votes_for"], "no": result.get("against", 0), "abstain": result.get("abstain", 0)}
        )
    return "；".join(parts)


def needed(result: Mapping[str, Any]) -> str:
    """How many were needed."""
    if not result.get("need_present"):
        return ""
    return _("到会须有 %(here)s 人，通过须有 %(yes)s 票") % {"here": result["need_present"], "yes": result["need_for"]}


def decided(step: StepView) -> str:
    """What a finished step decided, where and when, in one line."""
    if step.status == "skipped":
        return outcome("skipped")
    if step.status not in ("done", "void") or not step.outcome:
        return ""
    result = step.result
    parts = [outcome(step.outcome)]
    if result.get("body"):
        parts.append(body(str(result["body"])))
    parts += [counts(result)]
    if result.get("from"):
        parts.append(_("公示 %(first)s 至 %(last)s") % {"first": result["from"], "last": result.get("until", "")})
    if result.get("objections"):
        parts.append(_("异议 %(n)s 条") % {"n": result["objections"]})
    parts.append(str(result.get("held_on") or day(step.done_at)))
    parts.append(" ".join(filter(None, [step.done_post, step.done_name])))
    return " · ".join(each for each in parts if each)


def standing(step: StepView) -> tuple[str, ...]:
    """Who, until when, what is missing, what was decided: the lines below a step's name."""
    if step.status == "open":
        parts = ["、".join(step.who)]
        if step.due_at:
            parts.append(_("%(day)s 前") % {"day": day(step.due_at)})
        if step.earliest:
            parts.append(_("%(day)s 起可进入下一步") % {"day": day(step.earliest)})
        lines = [" · ".join(each for each in parts if each)]
        if step.missing:
            lines.append(" ".join(missing(each) for each in step.missing))
        return tuple(each for each in lines if each)
    if step.status in ("done", "skipped", "void"):
        return tuple(each for each in [decided(step)] if each)
    return tuple(each for each in ["、".join(step.who)] if each)


MARKS = {"open": Mark.NOW, "done": Mark.DONE, "skipped": Mark.SKIPPED, "void": Mark.AHEAD, "waiting": Mark.AHEAD}


def standings(view: CaseView, walked: Mapping[str, frozenset[tuple[str, str]]]) -> dict[str, Standing]:
    """Where the case stands, for the drawing and its text."""
    return {
        each.step.key: Standing(
            MARKS.get(each.status, Mark.AHEAD), standing(each), walked.get(each.step.key, frozenset())
        )
        for each in view.steps
    }


def walked(case: Any) -> dict[str, frozenset[tuple[str, str]]]:
    """The ways that were taken out of each step, in any round."""
    found: dict[str, set[tuple[str, str]]] = {}
    for row in case.steps.exclude(outcome="").order_by("pk"):
        pairs = {(row.outcome, target) for target in row.to.split(",") if target}
        found.setdefault(row.key, set()).update(pairs)
    return {key: frozenset(pairs) for key, pairs in found.items()}


def act_words(choice: ActChoice) -> str:
    """The button of an act."""
    return str(ACT_WORDS.get(choice.act, choice.act))


def entry(each: Any, titles: Mapping[str, str]) -> c.Entry:
    """One line of the history."""
    step = titles.get(each.step_key, "")
    head = str(DONE_WORDS.get(each.act, each.act))
    title = f"{step}：{head}" if step else head
    if each.outcome:
        title += f"（{outcome(each.outcome)}）"
    who = " ".join(filter(None, [each.actor_post, each.actor_name])) or _("平台")
    if each.on_behalf_of:
        who += _("（代 %(name)s）") % {"name": each.on_behalf_of}
    note = _("第 %(n)s 次") % {"n": each.round} if each.round > 1 else ""
    light = "red" if each.act == "overdue" else ""  # the lamp speaks of time; the outcome stands in the title
    return c.Entry(title, each.at, who, each.words, light, note)


def language() -> str:
    """The reader's language."""
    return get_language() or "zh-hans"
