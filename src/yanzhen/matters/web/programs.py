"""Forms and tables of the pages for tokens and webhooks."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yanzhen.kernel.scope.api import Actor, capabilities
from yanzhen.kernel.ui import components as c
from yanzhen.matters.domain.programs import ALL, EVENT_WORDS, PREFIX, unpack
from yanzhen.matters.models import Webhook, WebhookCall
from yanzhen.matters.selectors import programs as reads
from yanzhen.matters.web.show import when

HOLDS = 90  # days proposed for a new token


class TokenForm(forms.Form):
    """A new token."""

    name = forms.CharField(label=gettext_lazy("接入系统的名称"), max_length=60)
    capabilities = forms.MultipleChoiceField(
        label=gettext_lazy("权限"), widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("只给用得到的权限。令牌能做的，不会超出您当前岗位。"),
    )  # fmt: skip
    valid_to = forms.DateField(
        label=gettext_lazy("有效期至"), widget=forms.DateInput(attrs={"type": "date", "class": "medium"}, format="%Y-%m-%d")
    )


class WebhookForm(forms.Form):
    """A new webhook."""

    url = forms.CharField(
        label=gettext_lazy("推送地址"), max_length=300, widget=forms.URLInput(),
        help_text=gettext_lazy("主机须在运维人员设置的允许名单内（YANZHEN_WEBHOOK_HOSTS）。"),
    )  # fmt: skip
    events = forms.MultipleChoiceField(label=gettext_lazy("事件"), widget=forms.CheckboxSelectMultiple)


def token_form(viewer: Actor, today: date, given: Any = None) -> TokenForm:
    """The form with the rights of the viewer's post."""
    form = TokenForm(given, initial={"valid_to": today + timedelta(days=HOLDS)})
    labels = capabilities()
    form.fields["capabilities"].choices = [(code, _(str(labels[code].label))) for code in reads.rights_of(viewer)]
    return form


def webhook_form(given: Any = None) -> WebhookForm:
    """The form with all events."""
    form = WebhookForm(given)
    form.fields["events"].choices = [(PREFIX + name, f"{_(words)} ({PREFIX}{name})") for name, words in EVENT_WORDS.items()]
    return form


def _rights(kept: str) -> str:
    labels = capabilities()
    return "、".join(_(str(labels[code].label)) if code in labels else code for code in kept.split(","))


def _state(line: reads.TokenLine, today: date) -> c.Badge:
    if line.token.ended_at is not None:
        return c.Badge(_("已吊销"), "neutral")
    return c.Badge(_("已到期"), "neutral") if line.token.valid_to < today else c.Badge(_("有效"), "success")


def token_table(lines: list[reads.TokenLine], today: date) -> c.CaseTable:
    """Tokens with post, rights, last day, last use."""
    rows = []
    for each in lines:
        state = _state(each, today)
        held = each.token.ended_at is None
        end = c.Cell(_("吊销"), url=reverse("token_end", args=[each.token.pk])) if held else c.Cell("—")
        cells = [
            c.Cell(each.post, note=each.unit), c.Cell(_rights(each.token.capabilities)),
            c.Cell(date_format(each.token.valid_to, "Y-m-d")), c.Cell(when(each.token.last_used_at) or _("从未使用")), end,
        ]  # fmt: skip
        rows.append(c.Row(name=each.token.name, url=reverse("token_end", args=[each.token.pk]), badge=state, cells=cells))
    columns = [c.Column(_("接入系统")), c.Column(_("岗位")), c.Column(_("权限")), c.Column(_("有效期至"), "date")]
    columns += [c.Column(_("最近使用"), "date"), c.Column(_("操作"))]
    empty = c.Empty(
        _("还没有接口令牌"), _("给其他系统签发令牌后，它们就能通过接口登记和办理事项。"), c.Link(_("签发令牌"), reverse("token_new"))
    )  # fmt: skip
    return c.CaseTable(_("接口令牌"), columns, rows, count=len(rows), empty=empty)


def _events(kept: str) -> str:
    names = [name.removeprefix(PREFIX) for name in unpack(kept)]
    return _("全部事件") if kept == ALL else "、".join(_(EVENT_WORDS[name]) for name in names)


def webhook_table(hooks: list[Webhook], failed: dict[int, int]) -> c.CaseTable:
    """Webhooks with events and what was given up."""
    rows = [
        c.Row(
            name=each.url,
            url=reverse("webhook", args=[each.pk]),
            badge=c.Badge(_("推送中"), "success") if each.active else c.Badge(_("已停用"), "neutral"),
            cells=[
                c.Cell(_events(each.events)),
                c.Cell(when(each.created_at)),
                c.Cell(failed[each.pk], badge=c.Badge(_("推送失败"), "danger")) if failed.get(each.pk) else c.Cell(0),
            ],
        )
        for each in hooks
    ]
    columns = [c.Column(_("推送地址")), c.Column(_("事件")), c.Column(_("添加时间"), "date"), c.Column(_("失败次数"), "num")]
    empty = c.Empty(_("还没有事件推送"), _("添加后，辖区内事项的进展会自动告诉对方系统。"), c.Link(_("添加推送"), reverse("webhook_new")))
    return c.CaseTable(_("事件推送"), columns, rows, count=len(rows), empty=empty)


_CALLS = {"waiting": ("等待推送", "info"), "done": ("已送达", "success"), "failed": ("推送失败", "danger")}


def calls_table(hook: Webhook, calls: list[WebhookCall], next_url: str = "") -> c.CaseTable:
    """Deliveries, each with a page of its own."""
    rows = [
        c.Row(
            name=each.event,
            url=reverse("webhook_call", args=[hook.pk, each.pk]),
            badge=c.Badge(_(_CALLS[each.status][0]), _CALLS[each.status][1]),
            cells=[
                c.Cell(when(each.created_at)),
                c.Cell(each.tries),
                c.Cell(when(each.next_at) or "—"),
                c.Cell(each.answer or "—"),
            ],
        )
        for each in calls
    ]
    columns = [c.Column(_("事件")), c.Column(_("时间"), "date"), c.Column(_("尝试"), "num"), c.Column(_("下次尝试"), "date")]
    columns.append(c.Column(_("对方答复")))
    empty = c.Empty(_("还没有推送记录"), _("辖区内事项有进展时会出现在这里。"))
    return c.CaseTable(_("推送记录"), columns, rows, next_url=next_url, empty=empty)


def call_page(hook: Webhook, call: WebhookCall) -> dict[str, Any]:
    """What was sent, how it went, and whether it can be sent again."""
    rows = [
        c.AnswerRow(_("事件"), call.event),
        c.AnswerRow(_("状态"), _(_CALLS[call.status][0])),
        c.AnswerRow(_("时间"), when(call.created_at)),
        c.AnswerRow(_("尝试"), call.tries),
        c.AnswerRow(_("下次尝试"), when(call.next_at)),
        c.AnswerRow(_("对方答复"), call.answer),
    ]
    return {"kept": hook, "call": call, "rows": rows, "again": call.status != "done"}


def end_card(title: str, text: str, action: str, submit: str, back: str) -> c.Confirm:
    """The card before something ends for good."""
    return c.Confirm(title=title, text=text, action=action, submit=submit, cancel_url=back, danger=True)
