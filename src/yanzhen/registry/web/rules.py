"""The rulebook: which value holds here today and why; proposing and approving. The same pages serve the rules of the
business (/rules/) and the security policy (/policy/), each in its own hands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.intake.api import XLSX, ExportColumn, export_workbook
from yanzhen.kernel.rulebook import api as rulebook
from yanzhen.kernel.rulebook import selectors as book
from yanzhen.kernel.rulebook.domain import Rule, parse, typed
from yanzhen.kernel.rulebook.models import RuleValue
from yanzhen.kernel.rulebook.services import note_export
from yanzhen.kernel.scope.api import UnitRef
from yanzhen.kernel.scope.web import requires
from yanzhen.kernel.ui.components import Badge, CaseTable, Cell, Column, Confirm, Empty, Filters, Row
from yanzhen.registry.selectors import rules as select
from yanzhen.registry.selectors.units import ref
from yanzhen.registry.web.posts import ReasonForm
from yanzhen.registry.web.posts_tools import UnitField, day_input, tried, words

# steward: capability to see, to propose, to approve; prefix of the url names
HANDS = {
    "business": ("rules.view", "rules.propose", "rules.approve", "rule"),
    "security": ("policy.propose", "policy.propose", "policy.approve", "policy"),
}
MARKS = {"law": gettext_lazy("法定或文件规定"), "default": gettext_lazy("平台默认")}


def url(steward: str, page: str, *args: Any) -> str:
    """Address of a page of a steward's rulebook."""
    if page in ("list", "inbox"):
        names = {"business": ("rules", "rules_inbox"), "security": ("policy", "policy_inbox")}[steward]
        return reverse(names[page == "inbox"], args=args)
    prefix = HANDS[steward][3]
    return reverse(
        f"{prefix}_{page}" if page != "one" else {"rule": "rule", "policy": "policy_rule"}[prefix], args=args
    )


class PlaceForm(forms.Form):
    """Where and when."""

    q = forms.CharField(label=gettext_lazy("查找规则"), required=False)
    unit = UnitField(label=gettext_lazy("单位（代码或全称）"), required=False)
    on = forms.DateField(label=gettext_lazy("日期"), required=False, widget=day_input())

    def place(self, request: HttpRequest) -> tuple[UnitRef, date, str]:
        """Unit, day and words chosen; the own unit and today where nothing was."""
        given = self.cleaned_data if self.is_valid() else {}
        unit = ref(given["unit"]) if given.get("unit") else request.actor.unit
        return unit, given.get("on") or timezone.localdate(), given.get("q", "")


def place_of(request: HttpRequest, steward: str) -> tuple[PlaceForm, UnitRef, date, str]:
    """The form of a page with what it says."""
    form = PlaceForm(request.GET or None)
    form.fields["unit"].viewer, form.fields["unit"].capability = request.actor, HANDS[steward][0]
    return form, *form.place(request)


def shown(rule: Rule, value: Any) -> str:
    """A value in words, with its measure."""
    if rule.type == "bool":
        return _("是") if value else _("否")
    if rule.type == "list":
        return "、".join(_(str(each)) for each in value) or _("（空）")
    if rule.type == "table":
        return _("表（%(n)s 项）") % {"n": len(value)}
    return f"{value} {_(rule.measure)}".strip() if rule.measure else str(value)


def _line(steward: str, line: book.Line, names: Mapping[int, str], query: str) -> Row:
    held = line.held
    source = names.get(held.unit_id or 0, "") or MARKS[held.rule.mark]
    since = f"{held.valid_from:%Y-%m-%d}" if held.valid_from else ""
    more = _("另有 %(n)s 项按类别的取值") % {"n": len(line.others)} if line.others else ""
    return Row(
        _(str(held.rule.title)), url(steward, "one", held.rule.key) + query,
        (Cell(shown(held.rule, held.value), note=more), Cell(source, note=since), Cell(_(held.basis))),
        note=held.rule.key, badge=Badge(_("待审批"), "warning") if line.pending else None,
    )  # fmt: skip


def _rules(request: HttpRequest, steward: str) -> HttpResponse:
    """Every key with the value that holds at a unit on a day."""
    form, unit, on, q = place_of(request, steward)
    lines = book.overview(unit, on=on, steward=steward, q=q)
    names = select.names(line.held.unit_id for line in lines)
    query = f"?unit={unit.code}&on={on:%Y-%m-%d}"
    table = CaseTable(
        _("%(unit)s %(on)s 适用的规则") % {"unit": unit.name, "on": on.isoformat()},
        [Column(_("规则")), Column(_("取值")), Column(_("来源")), Column(_("依据"))],
        [_line(steward, line, names, query) for line in lines], count=len(lines), empty=Empty(_("没有符合条件的规则")),
    )  # fmt: skip
    context = {
        "table": table, "filters": Filters(form, action="", open=True), "query": query, "steward": steward,
        "inbox": url(steward, "inbox"), "waiting": _waiting(request, steward),
    }  # fmt: skip
    return render(request, "registry/rules/list.html", context)


def _waiting(request: HttpRequest, steward: str) -> int:
    capability = HANDS[steward][2]
    return select.proposals_for(request.actor, steward, capability).count() if request.actor.has(capability) else 0


def _rule(request: HttpRequest, steward: str, key: str) -> HttpResponse:
    """One key: why its value holds here, and its history along the way."""
    rule = book.rule_of(key, steward)
    form, unit, on, _q = place_of(request, steward)
    dims = {name: request.GET.get(name, "") for name in rule.dims}
    steps = book.inherited(rule, unit, on=on, **dims)
    held = rulebook.held(key, unit, on=on, **dims)
    past = list(book.history(key, unit.chain)[:100])
    names = select.names(unit.chain)
    context = {
        "rule": rule, "title": _(str(rule.title)), "unit": unit, "on": on, "form": form, "value": shown(rule, held.value),
        "basis": _(held.basis), "mark": MARKS[rule.mark], "default": shown(rule, rule.default),
        "steps": [(names.get(s.unit_id or 0, ""), shown(rule, s.stated.value) if s.stated else "", s) for s in steps],
        "history": [(row, names.get(row.unit_id, ""), shown(rule, book.as_stated(row).value)) for row in past],
        "table": typed(rule, held.value) if rule.type == "table" else "", "back": url(steward, "list"),
        "propose": url(steward, "propose", key) + f"?unit={unit.code}" if request.actor.has(HANDS[steward][1]) else "",
    }  # fmt: skip
    return render(request, "registry/rules/one.html", context)


class ProposalForm(forms.Form):
    """A proposed value."""

    unit = UnitField(label=gettext_lazy("适用单位及以下（代码或全称）"))
    value = forms.CharField(label=gettext_lazy("取值"))
    basis = forms.CharField(label=gettext_lazy("依据（文件名称、文号或条款）"), max_length=300)
    valid_from = forms.DateField(label=gettext_lazy("生效日期"), widget=day_input())
    last_day = forms.DateField(label=gettext_lazy("失效日期（含当天，不填为长期）"), widget=day_input(), required=False)
    note = forms.CharField(label=gettext_lazy("说明"), max_length=300, required=False)

    def __init__(self, *args: Any, rule: Rule, viewer: Any, capability: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rule = rule
        self.fields["unit"].viewer, self.fields["unit"].capability = viewer, capability
        if rule.type == "bool":
            self.fields["value"].widget = forms.Select(choices=[("true", _("是")), ("false", _("否"))])
        elif rule.type in ("list", "table"):
            self.fields["value"].widget = forms.Textarea(attrs={"rows": 8})
            self.fields["value"].help_text = _("一行一项") if rule.type == "list" else "JSON"
        elif rule.choices:
            self.fields["value"].widget = forms.Select(choices=[(each, _(str(each))) for each in rule.choices])
        limits = [rule.minimum, rule.maximum]
        if any(limit is not None for limit in limits):
            self.fields["value"].help_text = _("可取 %(low)s 至 %(high)s") % {
                "low": "—" if rule.minimum is None else rule.minimum, "high": "—" if rule.maximum is None else rule.maximum
            }  # fmt: skip
        for name in rule.dims:
            self.fields[f"dim_{name}"] = forms.CharField(label=_("仅适用于：%(name)s") % {"name": name}, required=False)

    def clean_value(self) -> Any:
        try:
            return parse(self.rule, self.cleaned_data["value"])
        except DomainError as error:
            raise forms.ValidationError(words(error)) from None

    def dims(self) -> dict[str, str]:
        """The dimensions that were filled in."""
        return {name: text for name in self.rule.dims if (text := self.cleaned_data.get(f"dim_{name}", ""))}


def _propose(request: HttpRequest, steward: str, key: str) -> HttpResponse:
    """Propose a value: first its effect is shown, then it is sent."""
    rule, unit_code = book.rule_of(key, steward), request.GET.get("unit", "")
    start = {
        "unit": unit_code or request.actor.unit.code,
        "valid_from": timezone.localdate(),
        "value": _start(request, rule),
    }
    form = ProposalForm(
        request.POST or None, initial=start, rule=rule, viewer=request.actor, capability=HANDS[steward][1]
    )  # fmt: skip
    preview = None
    if request.method == "POST" and form.is_valid():
        if "send" in request.POST and tried(form, lambda: _send(request, form)):
            messages.success(request, _("已提出，等待另一人审批。"))
            return redirect(url(steward, "one", key))
        preview = _preview(form)
    context = {
        "form": form, "rule": rule, "title": _(str(rule.title)), "preview": preview, "back": url(steward, "one", key),
    }  # fmt: skip
    return render(request, "registry/rules/propose.html", context, status=422 if form.errors else 200)


def _start(request: HttpRequest, rule: Rule) -> str:
    return typed(rule, rulebook.value(rule.key, request.actor.unit, on=timezone.localdate()))


def _until(last: date | None) -> date | None:
    return last + timedelta(days=1) if last else None


def _send(request: HttpRequest, form: ProposalForm) -> RuleValue:
    given = form.cleaned_data
    return rulebook.propose(
        actor=request.actor, now=timezone.now(), unit=ref(given["unit"]), key=form.rule.key, value=given["value"],
        basis=given["basis"], valid_from=given["valid_from"], valid_to=_until(given["last_day"]), dims=form.dims(),
        note=given["note"],
    )  # fmt: skip


def _preview(form: ProposalForm) -> dict[str, Any] | None:
    if not form.is_valid():
        return None
    given = form.cleaned_data
    seen = select.effect(form.rule, ref(given["unit"]), given["value"], on=given["valid_from"], dims=form.dims())
    return {
        "unit": given["unit"].name, "before": shown(form.rule, seen.before), "after": shown(form.rule, seen.after),
        "taken": seen.taken, "kept": seen.kept,
    }  # fmt: skip


def _inbox(request: HttpRequest, steward: str) -> HttpResponse:
    """Open proposals: those to decide, and the own ones."""
    _see, propose_cap, approve_cap, _prefix = HANDS[steward]
    capability = approve_cap if request.actor.has(approve_cap) else propose_cap
    found = list(select.proposals_for(request.actor, steward, capability)[:200])
    names = select.names(row.unit_id for row in found)
    items = []
    for row in found:
        rule = book.rule_of(row.key)
        mine = row.proposed_by == request.actor.account_id
        unit = ref(row.unit_id)
        now_held = rulebook.held(row.key, unit, on=row.valid_from)
        items.append({
            "row": row, "title": _(str(rule.title)), "unit": names.get(row.unit_id, ""), "mine": mine,
            "value": shown(rule, book.as_stated(row).value), "before": shown(rule, now_held.value),
            "approve": url(steward, "approve", row.pk) if not mine and request.actor.has(approve_cap) else "",
            "reject": url(steward, "withdraw" if mine else "reject", row.pk),
        })  # fmt: skip
    context = {"items": items, "back": url(steward, "list"), "steward": steward}
    return render(request, "registry/rules/inbox.html", context)


def _approve(request: HttpRequest, steward: str, row_id: int) -> HttpResponse:
    """Approve (POST)."""
    row = select.proposal_for(request.actor, steward, HANDS[steward][2], row_id)
    if request.method == "POST":
        rulebook.approve(actor=request.actor, now=timezone.now(), row=row, unit=ref(row.unit_id))
        messages.success(request, _("规则变更已批准，自生效日起适用。"))
    return redirect(url(steward, "inbox"))


def _close(
    request: HttpRequest, steward: str, row_id: int, act: Callable[..., Any], title: str, at: int
) -> HttpResponse:
    row = select.proposal_for(request.actor, steward, HANDS[steward][at], row_id)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and tried(
        form,
        lambda: act(
            actor=request.actor, now=timezone.now(), row=row, unit=ref(row.unit_id), reason=form.cleaned_data["reason"]
        ),
    ):
        messages.success(request, _("已办理。"))
        return redirect(url(steward, "inbox"))
    card = Confirm(title, row.key, request.path, title, url(steward, "inbox"), form=form)
    return render(request, "registry/confirm.html", {"card": card, "form": form}, status=422 if form.errors else 200)


def _reject(request: HttpRequest, steward: str, row_id: int) -> HttpResponse:
    """Refuse, with a reason."""
    return _close(request, steward, row_id, rulebook.reject, _("不同意这项变更"), 2)


def _withdraw(request: HttpRequest, steward: str, row_id: int) -> HttpResponse:
    """Take the own proposal back."""
    return _close(request, steward, row_id, rulebook.withdraw, _("撤回这项变更"), 1)


@requires("rules.view")
def export(request: HttpRequest) -> HttpResponse:
    """The rules that hold at a unit on a day, as a workbook."""
    _form, unit, on, q = place_of(request, "business")
    lines = book.overview(unit, on=on, steward="business", q=q)
    names = select.names(line.held.unit_id for line in lines)
    heads = [_("规则"), _("名称"), _("取值"), _("来源"), _("生效日期"), _("依据"), _("性质")]
    columns = [ExportColumn(str(at), head, 24) for at, head in enumerate(heads)]
    cells = [
        [
            line.held.rule.key, _(str(line.held.rule.title)), shown(line.held.rule, line.held.value),
            names.get(line.held.unit_id or 0, _("默认")), line.held.valid_from, _(line.held.basis),
            str(MARKS[line.held.rule.mark]),
        ]
        for line in lines
    ]  # fmt: skip
    note_export(actor=request.actor, now=timezone.now(), unit=unit, on=on)
    body = export_workbook(_("适用规则"), columns, cells, unit=unit.name, as_of=on.isoformat())
    return HttpResponse(body, content_type=XLSX, headers={"Content-Disposition": 'attachment; filename="rules.xlsx"'})


def _in_hands(view: Callable[..., HttpResponse], steward: str, act: int) -> Callable[..., HttpResponse]:
    """The page for one steward, behind that steward's capability."""

    def page(request: HttpRequest, **where: Any) -> HttpResponse:
        return view(request, steward, **where)

    page.__name__, page.__doc__ = view.__name__.strip("_"), view.__doc__
    return requires(HANDS[steward][act])(page)


rules, policy_rules = (_in_hands(_rules, steward, 0) for steward in HANDS)
rule, policy_rule = (_in_hands(_rule, steward, 0) for steward in HANDS)
propose, policy_propose = (_in_hands(_propose, steward, 1) for steward in HANDS)
inbox, policy_inbox = (_in_hands(_inbox, steward, 0) for steward in HANDS)
approve, policy_approve = (_in_hands(_approve, steward, 2) for steward in HANDS)
reject, policy_reject = (_in_hands(_reject, steward, 2) for steward in HANDS)
withdraw, policy_withdraw = (_in_hands(_withdraw, steward, 1) for steward in HANDS)
