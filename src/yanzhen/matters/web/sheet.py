"""One act on one matter, as a conversation: form → check → done, and back with everything typed when it was refused."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from yanzhen.kernel.errors import Conflict, DomainError, NotAllowed, NotFound
from yanzhen.matters import selectors
from yanzhen.matters.models import Matter
from yanzhen.matters.web import acts, show

STALE = "matters.matter.wrong_state"


def refuse(form: Any, error: DomainError) -> None:
    """Put a rule's "no" into the form, at its field if the form has it."""
    form.refused = error.code
    text = _(error.template)
    form.add_error(
        error.field if error.field in form.fields else None, text.format(**error.data) if error.data else text
    )


class Sheet:
    """The page of an act."""

    def __init__(self, request: HttpRequest, matter: Matter, code: str) -> None:
        if code not in acts.PAGES:
            raise Http404
        self.request, self.matter, self.code = request, matter, code
        self.page = acts.PAGES[code]
        self.choices = acts.choices(self.page, request.actor, matter)
        self.form = self._form(request.POST, request.FILES) if request.method == "POST" else self._form()

    def _form(self, data: Any = None, files: Any = None, **initial: Any) -> Any:
        prefilled = {"version": self.matter.version, **self.request.GET.dict(), **initial}
        if self.code == "classify":
            prefilled.setdefault("urgency", self.matter.urgency)
        asked = self.choices.get("request", ())
        if len(asked) == 1:
            prefilled.setdefault("request", asked[0][0])
        return self.page.form(data, files, initial=prefilled, choices=self.choices, auto_id=f"id_{self.code}_%s")

    def context(self, **more: Any) -> dict[str, Any]:
        return {
            "matter": self.matter,
            "code": self.code,
            "words": acts.act_words(self.code),
            "page": self.page,
            "form": self.form,
            "category_picker": self.page.choices == "category",
            **more,
        }

    def ask(self, status: int = 200) -> HttpResponse:
        """The form; the part alone for a partial request."""
        part = self.request.htmx and status == 200
        template = "matters/parts/act_form.html" if part else "matters/act.html"
        return render(self.request, template, self.context(), status=status)

    def check(self) -> HttpResponse:
        """What will leave the unit, once more, with the way back."""
        hidden = [(key, value) for key, values in self.request.POST.lists() for value in values]
        kept = [(key, value) for key, value in hidden if key not in {"csrfmiddlewaretoken", "confirmed", "change"}]
        context = self.context(answers=show.answers(self.form), kept=kept, has_files="files" in self.form.fields)
        return render(self.request, "matters/check.html", context)

    def conflict(self) -> HttpResponse:
        """Somebody else was faster: what happened since, and what was typed, ready to be sent again."""
        fresh = selectors.matter_for(self.request.actor, self.matter.pk)
        still = any(act.code == self.code for act in selectors.acts_for(self.request.actor, fresh))
        self.matter = fresh
        data = self.request.POST.copy()
        data["version"] = str(fresh.version)
        self.form = self._form(data)
        latest = [show.entry(each) for each in reversed(selectors.timeline_for(self.request.actor, fresh)[-3:])]
        context = self.context(
            still=still, latest=latest, draft=show.answers(self.form) if self.form.is_valid() else []
        )
        return render(self.request, "matters/conflict.html", context, status=409)

    def perform(self) -> HttpResponse:
        """Do it; refused: the form again with the reason."""
        try:
            acts.perform(self.code, actor=self.request.actor, now=timezone.now(), matter=self.matter, form=self.form)
        except Conflict:
            return self.conflict()
        except (NotAllowed, NotFound):
            raise
        except DomainError as error:
            if error.code == STALE:
                return self.conflict()
            refuse(self.form, error)
            return self.ask(status=422)
        messages.success(self.request, self.page.done)
        return redirect("matter", self.matter.pk)
