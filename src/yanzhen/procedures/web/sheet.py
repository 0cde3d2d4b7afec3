"""One act in one step, as a conversation: form → check where it leaves the unit → done; back with everything typed when it was
refused, and with the newest state when somebody else was faster."""

from __future__ import annotations

from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from yanzhen.kernel.errors import Conflict, DomainError, NotAllowed, NotFound
from yanzhen.kernel.scope.api import Actor
from yanzhen.kernel.ui import components as c
from yanzhen.procedures import selectors, services
from yanzhen.procedures.domain import acts
from yanzhen.procedures.models import Case
from yanzhen.procedures.selectors.views import ActChoice
from yanzhen.procedures.web import forms, meeting, show
from yanzhen.procedures.web.fields import DATA, SHOWN, said

NOT_OPEN = "procedures.step.not_open"


def refuse(form: Any, error: DomainError) -> None:
    """Put a rule's "no" into the form, at its field if the form has it."""
    text = _(error.template)
    names = (error.field, f"{DATA}{error.field}", f"{SHOWN}{error.field}") if error.field else ()
    target = next((name for name in names if name in form.fields), None)
    form.add_error(target, text.format(**error.data) if error.data else text)


def spoken(bound: django_forms.BoundField, value: Any) -> Any:
    """A cleaned value as a person would say it."""
    field = bound.field
    if value in (None, "", []):
        return ""
    if isinstance(field, django_forms.ChoiceField):
        names = {str(key): str(label) for key, label in field.choices}
        if isinstance(value, bool):
            return names["yes" if value else "no"]
        values = value if isinstance(value, list) else [value]
        return "、".join(names.get(str(each), str(each)) for each in values)
    if isinstance(value, UploadedFile):
        return value.name
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return bound.data if isinstance(value, list | tuple | int) and bound.data else value


def answers(form: django_forms.Form) -> list[c.AnswerRow]:
    """What was typed, for the page that asks once more; files are chosen there, a browser cannot carry them over."""
    return [
        c.AnswerRow(bound.label, spoken(bound, form.cleaned_data.get(bound.name)))
        for bound in form.visible_fields()
        if not isinstance(bound.field, django_forms.FileField)
    ]


class Sheet:
    """The page of an act."""

    def __init__(self, request: HttpRequest, pk: int, step: str, act: str) -> None:
        self.request, self.viewer, self.now = request, _actor(request), timezone.now()
        self.case: Case = selectors.case_for(self.viewer, pk)
        self.view = selectors.case_view(self.viewer, self.case, self.now)
        self.here = next((each for each in self.view.steps if each.step.key == step), None)
        if self.here is None or act not in forms.FORMS:
            raise Http404
        self.act = act
        asked = request.POST.get("key") or request.GET.get("key", "")
        found = [each for each in self.view.acts if each.step == step and each.act == act]
        self.choice = next((each for each in found if not asked or each.key == asked), None)
        if self.choice is None and found:
            raise Http404
        if act == "object" and self.here.status == "open" and self.here.step.kind == "publicity":
            self.choice = ActChoice(step, act)  # anybody who sees the notice may object
        self.form = self._form(request.POST, request.FILES) if request.method == "POST" else self._form()

    # --- the form --------------------------------------------------------------------------------------------------

    def _form(self, data: Any = None, files: Any = None) -> Any:
        step, kind = self.here.step, forms.FORMS[self.act]  # type: ignore[union-attr]
        more: dict[str, Any] = meeting.options(self) if self.act == "hold" else {}
        initial = {"version": self.case.version, "key": self.choice.key if self.choice else ""}
        initial |= {DATA + key: value for key, value in self.view.data.items()} | more.pop("initial", {})
        if self.act in ("announce", "publish"):
            today = timezone.localdate(self.now)
            initial |= {"given_on": today, "on": today}
        return kind(
            data, files, initial=initial, definition=self.view.definition, step=step, viewer=self.viewer,
            choices=self._choices(), shown=step.evidence, auto_id=f"id_{self.act}_%s", **more,
        )  # fmt: skip

    def _choices(self) -> dict[str, Any]:
        step = self.here.step  # type: ignore[union-attr]
        offered = self.choice.outcomes if self.choice else tuple(step.ways)
        return {
            "outcome": [(each, show.outcome(each)) for each in offered if each != "skipped"],
            "body": [(each, show.body(each)) for each in step.bodies],
            "objection": [(each.pk, each.words[:120]) for each in open_objections(self.case, self.here.step_id)],  # type: ignore[union-attr]
        }

    def context(self, **more: Any) -> dict[str, Any]:
        """What the templates get."""
        step = self.here.step  # type: ignore[union-attr]
        return {
            "case": self.case, "step": step, "step_title": said(step.title), "here": self.here, "act": self.act, "form": self.form,
            "words": show.ACT_WORDS[self.act], "note": said(step.note), "standing": show.standing(self.here),  # type: ignore[arg-type]
            "checked": bool(self.choice and self.choice.check), "basis": step.basis, **more,
        }  # fmt: skip

    # --- the conversation ------------------------------------------------------------------------------------------

    def answer(self) -> HttpResponse:
        """The whole conversation."""
        if self.choice is None:
            return self.late()
        if self.request.method == "GET" or "change" in self.request.POST:
            return self.ask()
        if not self.form.is_valid():
            return self.ask(status=422)
        if self.choice.check and "confirmed" not in self.request.POST:
            return self.check()
        return self.perform()

    def ask(self, status: int = 200) -> HttpResponse:
        """The form."""
        template = "procedures/meeting.html" if self.act == "hold" else "procedures/act.html"
        return render(self.request, template, self.context(**meeting.context(self)), status=status)

    def check(self) -> HttpResponse:
        """What will leave the unit, once more, with the way back."""
        kept = [
            (key, value)
            for key, values in self.request.POST.lists()
            for value in values
            if key not in {"csrfmiddlewaretoken", "confirmed", "change"}
        ]
        files = [bound for bound in self.form.visible_fields() if isinstance(bound.field, django_forms.FileField)]
        return render(
            self.request, "procedures/check.html", self.context(answers=answers(self.form), kept=kept, files=files)
        )

    def late(self) -> HttpResponse:
        """The act is not possible (any more): what was typed, to be copied, and where the case stands now."""
        if self.request.method == "GET":
            raise NotFound("procedures.act.none", "这一步现在不能这样办理，或不归您的岗位办理。")
        typed = [
            (bound.label, bound.data)
            for bound in self.form.visible_fields()
            if isinstance(bound.data, str) and bound.data
        ]
        return render(self.request, "procedures/late.html", self.context(typed=typed), status=409)

    def perform(self) -> HttpResponse:
        """Do it; refused: the form again with the reason."""
        try:
            with transaction.atomic():
                self._do()
        except Conflict:
            return Sheet(self.request, self.case.pk, self.here.step.key, self.act)._again()  # type: ignore[union-attr]
        except (NotAllowed, NotFound):
            raise
        except DomainError as error:
            refuse(self.form, error)
            return self.ask(status=422)
        messages.success(self.request, self._told())
        return redirect("case", self.case.pk)

    def _again(self) -> HttpResponse:
        """Somebody else was faster: the same form on the newest state, with what was typed."""
        if self.choice is None:
            return self.late()
        data = self.request.POST.copy()
        data["version"] = str(self.case.version)
        self.form = self._form(data)
        self.form.is_valid()
        self.form.add_error(
            None, _("您办理期间，这件事已被别人更新。您填写的内容还在，请核对后再次提交；附件要重新选择。")
        )
        return self.ask(status=409)

    def _do(self) -> None:
        step, version = self.here.step.key, self.form.cleaned_data.get("version")  # type: ignore[union-attr]
        act = self.form.act()
        given = self.form.case_data() if self.form.carries else {}
        changed = {key: value for key, value in given.items() if _differs(value, self.view.data.get(key))}
        self.case = services.act(
            actor=self.viewer, now=self.now, case=self.case, step=step, act=act, version=version,
            evidence=self.form.values() if self.form.carries else {}, files=self.form.uploads() if self.form.carries else (),
            data={} if isinstance(act, acts.Amend) else changed,
        )  # fmt: skip

    def _told(self) -> str:
        """What happened, and where it stands now."""
        fresh = selectors.case_view(self.viewer, self.case, self.now)
        step = self.here.step.key  # type: ignore[union-attr]
        mine = [each for each in (*fresh.earlier, *fresh.steps) if each.step.key == step and each.outcome]
        done = _("“%(step)s”已登记") % {"step": said(self.here.step.title)}  # type: ignore[union-attr]
        parts = [done]
        if mine and self.act in ("hold", "judge", "submit", "close", "answer"):
            parts += [show.outcome(mine[-1].outcome), show.counts(mine[-1].result), show.needed(mine[-1].result)]
        now = [said(each.step.title) for each in fresh.steps if each.status == "open"]
        if now:
            parts.append(_("现在：%(steps)s") % {"steps": "、".join(now)})
        else:
            parts.append(str(show.STATE_WORDS[self.case.state]))
        return "；".join(each for each in parts if each)


def _differs(given: Any, held: Any) -> bool:
    def plain(value: Any) -> str:
        if hasattr(value, "isoformat"):
            return str(value.isoformat())
        return "" if value in (None, "", []) else str(value)

    return plain(given) != plain(held)


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined, no-any-return]


def open_objections(case: Case, step_id: int | None) -> list[Any]:
    """Objections of a step that wait for an answer."""
    step = case.steps.filter(pk=step_id).first() if step_id else None
    return list(step.objections.filter(upheld__isnull=True).order_by("pk")) if step else []
