"""A secret ballot, from the paper to the agreed count: who does what now, and nothing about who voted what.

The keeper of the step prepares, opens and closes; each teller reports an own count; nobody sees the other's before both are in.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yanzhen.kernel.errors import DomainError, NotAllowed, NotFound
from yanzhen.kernel.scope.api import Actor
from yanzhen.kernel.ui import components as c
from yanzhen.procedures import selectors
from yanzhen.procedures.models import Ballot, Case
from yanzhen.procedures.selectors import ballots as reads
from yanzhen.procedures.selectors import hanging as found_in
from yanzhen.procedures.services import ballots as writes
from yanzhen.procedures.web import roll, show
from yanzhen.procedures.web.fields import CountField, LinesField, WordsField, day, said
from yanzhen.procedures.web.sheet import refuse
from yanzhen.registry.api import unit_ref

STATE_WORDS = {
    "prepared": gettext_lazy("准备中"),
    "open": gettext_lazy("投票中"),
    "closed": gettext_lazy("已截止，计票"),
    "disputed": gettext_lazy("两份计票不一致"),
    "agreed": gettext_lazy("计票一致"),
}


class PrepareForm(forms.Form):
    body = forms.ChoiceField(label=gettext_lazy("哪个会议"))
    roll = LinesField(
        label=gettext_lazy("选民名单"), required=False, help_text=gettext_lazy("一行一个姓名；不列名单的填应到人数")
    )
    due = CountField(label=gettext_lazy("应到人数"), required=False)
    teller_one = forms.TypedChoiceField(label=gettext_lazy("计票人一"), coerce=int)
    teller_two = forms.TypedChoiceField(label=gettext_lazy("计票人二"), coerce=int)
    remote = forms.BooleanField(label=gettext_lazy("允许用一次性投票码远程投票（当地规则准许的才行）"), required=False)


class KeyForm(forms.Form):
    passphrase = forms.CharField(
        label=gettext_lazy("计票口令"), max_length=200, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("至少十二个字，自己记牢：平台不保存，丢了就打不开电子票"), min_length=12,
    )  # fmt: skip


class CodesForm(forms.Form):
    number = CountField(label=gettext_lazy("印多少个投票码"))


class CloseForm(forms.Form):
    on = day(label=gettext_lazy("投票日期"), required=False)


class RecountForm(forms.Form):
    reason = WordsField(label=gettext_lazy("为什么重新计票"), max_length=200)


class CountForm(forms.Form):
    """One teller's count: a number for each option of each question."""

    papers = CountField(label=gettext_lazy("收回纸质选票（张）"))
    spoilt = CountField(label=gettext_lazy("其中废票（张）"), required=False)
    passphrase = forms.CharField(
        label=gettext_lazy("计票口令"),
        max_length=200,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, paper: reads.Paper, sealed: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not sealed:
            del self.fields["passphrase"]
        self.named: dict[str, tuple[str, str]] = {}
        for question in paper.questions:
            for option in question.options:
                if option.startswith("blank"):
                    continue
                name = f"n_{question.key}_{option}"
                title = paper.titles.get(question.key, "")
                words = _(paper.options.get(option, option))
                label = words if paper.form != "scale" else f"{title} · {words}"
                self.fields[name] = CountField(label=label, required=False)
                self.named[name] = (question.key, option)

    def totals(self) -> dict[str, dict[str, int]]:
        """What was counted on paper."""
        found: dict[str, dict[str, int]] = {}
        for name, (question, option) in self.named.items():
            found.setdefault(question, {})[option] = self.cleaned_data.get(name) or 0
        return found


class VoteForm(forms.Form):
    """A sealed vote: the code and the marks."""

    code = forms.CharField(
        label=gettext_lazy("投票码"), max_length=20, widget=forms.TextInput(attrs={"autocomplete": "off", "class": "medium"}),
        help_text=gettext_lazy("信封里的 12 位投票码，用一次就作废"),
    )  # fmt: skip

    def __init__(self, *args: Any, paper: reads.Paper, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        for question in paper.questions:
            offered = [(o, _(paper.options.get(o, o))) for o in question.options if not o.startswith("blank")]
            label = paper.titles.get(question.key, question.key)
            name = f"q_{question.key}"
            if question.marks > 1:
                most = _("最多选 %(n)s 项") % {"n": question.marks}
                self.fields[name] = forms.MultipleChoiceField(
                    label=label, choices=offered, required=False, widget=forms.CheckboxSelectMultiple, help_text=most
                )
            else:
                self.fields[name] = forms.ChoiceField(label=label, choices=offered, widget=forms.RadioSelect)

    def marked(self) -> dict[str, list[str]]:
        """Marks by question."""
        found = {}
        for name, value in self.cleaned_data.items():
            if name.startswith("q_"):
                found[name[2:]] = list(value) if isinstance(value, list) else [value]
        return found


class Room:
    """The ballot of a step, and what this viewer may do with it now."""

    def __init__(self, request: HttpRequest, pk: int, step: str) -> None:
        self.request, self.now = request, timezone.now()
        self.viewer: Actor = request.actor  # type: ignore[attr-defined]
        self.case: Case = selectors.case_for(self.viewer, pk)
        self.view = selectors.case_view(self.viewer, self.case, self.now)
        self.here = next((each for each in self.view.steps if each.step.key == step), None)
        if self.here is None or self.here.step.ballot is None or self.here.step_id is None:
            raise Http404
        self.step = self.here.step
        row = self.case.steps.get(pk=self.here.step_id)
        self.ballot: Ballot | None = getattr(row, "ballot", None)
        self.paper = reads.paper_for(self.case, self.step, timezone.localdate(self.now))
        self.keeper = any(each.step == step for each in self.view.acts)
        seats = self.ballot.tellers.order_by("seat") if self.ballot else ()
        self.tellers = list(seats)
        self.seat = next((each for each in self.tellers if each.account_id == self.viewer.account_id), None)

    # --- what is offered ---------------------------------------------------------------------------------------------

    def forms(self) -> dict[str, forms.Form]:
        """Forms of what this viewer may do now, by deed."""
        data = self.request.POST if self.request.method == "POST" else None
        asked = self.request.POST.get("do", "")

        def bound(deed: str) -> Any:
            return data if deed == asked else None

        ballot, found = self.ballot, {}
        if ballot is None:
            if self.keeper:
                found["prepare"] = self._prepare(bound("prepare"))
            return found
        state = ballot.state
        if state == "prepared" and ballot.remote and self.seat:
            found["key"] = KeyForm(bound("key"))
        if state == "prepared" and self.keeper:
            if ballot.remote:
                found["codes"] = CodesForm(bound("codes"), initial={"number": ballot.due - ballot.codes.count()})
            found["open"] = forms.Form(bound("open"))
        if state == "open" and self.keeper:
            found["close"] = CloseForm(bound("close"), initial={"on": timezone.localdate(self.now)})
        if state == "closed" and self.seat and reads.own_tally(self.viewer, ballot) is None:
            found["count"] = CountForm(bound("count"), paper=self.paper, sealed=ballot.votes.exists())
        if state in ("closed", "disputed", "agreed") and self.keeper:
            found["recount"] = RecountForm(bound("recount"))
        return found

    def _prepare(self, data: Any) -> PrepareForm:
        today = timezone.localdate(self.now)
        bodies = [(each, show.body(each)) for each in self.step.bodies]
        lines = roll.roll(self.step.bodies[0], unit_ref(self.case.unit_id), today)
        initial = {"roll": "\n".join(each.name for each in lines)}
        form = PrepareForm(data, initial=initial)
        form.fields["body"].choices = bodies  # type: ignore[attr-defined]
        people = found_in.teller_choices(self.case, today)
        for name in ("teller_one", "teller_two"):
            form.fields[name].choices = [("", "—"), *people]  # type: ignore[attr-defined]
        self.people = dict(people)
        self.lines = {each.name: each.person_id for each in lines}
        return form

    # --- what is done ------------------------------------------------------------------------------------------------

    def perform(self, deed: str, form: Any) -> str:
        """Do it; returns what to say."""
        data, ballot = form.cleaned_data, self.ballot
        given: dict[str, Any] = {"actor": self.viewer, "now": self.now}
        if ballot is None:
            tellers = [(data[name], self.people[data[name]]) for name in ("teller_one", "teller_two")]
            names = [(name, self.lines.get(name)) for name in data["roll"]]
            writes.prepare(
                **given, case=self.case, step=self.step.key, body=data["body"], tellers=tellers, due=data["due"] or 0, roll=names,
                remote=data["remote"],
            )  # fmt: skip
            return _("投票已准备好")
        given["ballot_id"] = ballot.pk
        deeds: dict[str, Callable[[], Any]] = {
            "key": lambda: writes.set_key(**given, passphrase=data["passphrase"]),
            "open": lambda: writes.open_ballot(**given),
            "close": lambda: writes.close_ballot(**given, on=data["on"]),
            "recount": lambda: writes.recount(**given, reason=data["reason"]),
            "count": lambda: writes.count(
                **given, totals=form.totals(), papers=data["papers"], spoilt=data["spoilt"] or 0,
                passphrase=data.get("passphrase", ""),
            ),
        }  # fmt: skip
        deeds[deed]()
        words = {
            "key": _("口令已设定"), "open": _("投票开始"), "close": _("投票截止，请两名计票人分别计票"),
            "recount": _("重新计票，请两名计票人从头再数一遍"), "count": _("您的计票结果已报出"),
        }  # fmt: skip
        return str(words[deed])

    def take(self) -> HttpResponse:
        """Mark that somebody on the roll took a paper or an envelope."""
        line, what = self.request.POST.get("line", ""), self.request.POST.get("what", "paper")
        try:
            if self.ballot is None or not line.isdigit():
                raise Http404
            writes.take(actor=self.viewer, now=self.now, ballot_id=self.ballot.pk, line=int(line), what=what)
        except DomainError as error:
            if isinstance(error, NotAllowed | NotFound):
                raise
            messages.error(self.request, _(error.template).format(**error.data))
        return redirect("case_ballot", self.case.pk, self.step.key)

    def answer(self) -> HttpResponse:
        """The page, or one deed."""
        deed = self.request.POST.get("do", "")
        if self.request.method == "GET":
            return self.page(self.forms())
        if deed == "take":
            return self.take()
        offered = self.forms()
        form = offered.get(deed)
        if form is None:
            raise NotAllowed("procedures.act.denied", "这一步不由您当前的岗位办理。")
        if not form.is_valid():
            return self.page(offered, 422)
        try:
            if deed == "codes":
                return self.codes(form)
            messages.success(self.request, self.perform(deed, form))
        except (NotAllowed, NotFound):
            raise
        except DomainError as error:
            refuse(form, error)
            return self.page(offered, 422)
        return redirect("case_ballot", self.case.pk, self.step.key)

    def codes(self, form: CodesForm) -> HttpResponse:
        """The codes for the envelopes: shown once, never kept."""
        if self.ballot is None:
            raise Http404
        codes = writes.print_codes(
            actor=self.viewer, now=self.now, ballot_id=self.ballot.pk, number=form.cleaned_data["number"]
        )
        return render(
            self.request,
            "procedures/ballot_codes.html",
            {"case": self.case, "step": self.step, "codes": codes, "ballot": self.ballot},
        )

    def page(self, offered: dict[str, forms.Form], status: int = 200) -> HttpResponse:
        """Where the ballot stands."""
        ballot = self.ballot
        counted = set(ballot.tallies.filter(recount=ballot.recount).values_list("seat", flat=True)) if ballot else set()
        lines = list(ballot.roll.order_by("name", "pk")) if ballot and ballot.state == "open" and self.keeper else []
        context = {
            "case": self.case, "step": self.step, "step_title": said(self.step.title), "ballot": ballot, "forms": offered,
            "state": STATE_WORDS[ballot.state] if ballot else "", "totals": result_rows(ballot, self.paper, self.case) if ballot else None,
            "tellers": [(each, each.seat in counted, bool(each.public_share)) for each in self.tellers], "lines": lines,
            "keeper": self.keeper,
            "taken": ballot.roll.exclude(took="").count() if ballot else 0,
            "sealed": ballot.votes.count() if ballot and ballot.state != "open" else 0,
            "form": next((f for f in offered.values() if f.errors), None),
            "mine": reads.own_tally(self.viewer, ballot) if ballot else None,
            "may_close": any(e.step == self.step.key and e.act == "close" for e in self.view.acts),
        }  # fmt: skip
        return render(self.request, "procedures/ballot.html", context, status=status)


def result_rows(ballot: Ballot, paper: reads.Paper, case: Case) -> list[c.AnswerRow] | None:
    """The agreed totals in words; None while they are not agreed or too few voted to tell."""
    shown = reads.totals_shown(ballot, case.unit_id, timezone.localdate())
    if shown is None:
        return None
    rows = []
    for question in paper.questions:
        parts = [
            f"{_(paper.options.get(option, option))} {number}"
            for option, number in shown.get(question.key, {}).items()
            if not option.startswith("blank")
        ]
        rows.append(c.AnswerRow(paper.titles.get(question.key, question.key), "，".join(parts)))
    return rows


# --- without a login ----------------------------------------------------------------------------------------------


def public_ballot(pk: int) -> tuple[Ballot, Case, reads.Paper]:
    """A ballot that everybody may see: of a case that is not restricted."""
    ballot = found_in.public_ballot(pk)
    case = ballot.step.case
    step = selectors.definition_of(case).step(ballot.step.key)
    return ballot, case, reads.paper_for(case, step, timezone.localdate())


def board(request: HttpRequest, pk: int) -> HttpResponse:
    """The public board: receipts, agreed totals, and the data with which anybody can check them."""
    ballot, case, paper = public_ballot(pk)
    asked = request.GET.get("receipt", "").strip()
    shown = reads.board_of(ballot) if ballot.state in ("closed", "disputed", "agreed") else None
    found = reads.on_board(ballot, asked) if asked and shown else None
    context = {
        "ballot": ballot, "case": case, "state": STATE_WORDS[ballot.state], "asked": asked, "found": found,
        "receipts": shown.receipts if shown else (), "totals": result_rows(ballot, paper, case),
        "open": ballot.state == "open" and ballot.remote,
        "unit": case.unit.name,
    }  # fmt: skip
    return render(request, "procedures/board.html", context)


def board_file(pk: int) -> bytes:
    """Everything that is needed to check the count without the platform, as JSON."""
    ballot, _case, _paper = public_ballot(pk)
    if ballot.state not in ("closed", "disputed", "agreed"):
        raise NotFound("procedures.ballot.none", "没有这次投票。")
    shown = reads.board_of(ballot)
    asked = [{"key": q.key, "options": q.options, "marks": q.marks} for q in shown.questions]
    return json.dumps(
        {
            "context": shown.context, "questions": asked, "publics": [f"{each:x}" for each in shown.publics], "votes": shown.votes,
            "receipts": shown.receipts, "parts": shown.parts, "totals": shown.said,
        },
        ensure_ascii=False,
    ).encode()  # fmt: skip


def vote(request: HttpRequest, pk: int) -> HttpResponse:
    """Cast a sealed vote with a one-time code. Neither an account nor a time is kept."""
    ballot, case, paper = public_ballot(pk)
    if ballot.state != "open" or not ballot.remote:
        raise NotFound("procedures.ballot.none", "没有这次投票。")
    form = VoteForm(request.POST if request.method == "POST" else None, paper=paper)
    context = {"ballot": ballot, "case": case, "form": form, "unit": case.unit.name}
    if request.method == "GET" or not form.is_valid():
        return render(request, "procedures/vote.html", context, status=422 if form.errors else 200)
    try:
        receipt = writes.cast(ballot_id=ballot.pk, code=form.cleaned_data["code"], marked=form.marked())
    except DomainError as error:
        refuse(form, error)
        return render(request, "procedures/vote.html", context, status=422)
    return render(request, "procedures/voted.html", context | {"receipt": receipt})
