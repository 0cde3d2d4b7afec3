"""Several matters at once, with the result of each: what could not be done is said row by row, the rest is done."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from yanzhen.kernel.errors import DomainError
from yanzhen.matters import selectors, services
from yanzhen.matters.web import forms

MOST = 100


class Bulk:
    """The page of a bulk action. Only matters that the viewer sees are taken; others are not even named."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        asked = [int(each) for each in request.POST.getlist("tick") if each.isdigit()][:MOST]
        self.matters = [found for found in (self._seen(each) for each in asked) if found]
        leads = (
            [(unit.pk, unit.name) for unit in selectors.lead_choices(request.actor, self.matters[0], "")]
            if self.matters
            else []
        )
        data = request.POST.copy()
        data.setlist("tick", [str(each.pk) for each in self.matters])
        self.form = forms.BulkForm(data, ids=[each.pk for each in self.matters], leads=leads)

    def _seen(self, pk: int) -> Any:
        try:
            return selectors.matter_for(self.request.actor, pk)
        except DomainError:
            return None

    def ask(self, status: int = 200) -> HttpResponse:
        """Which ones, to whom, once more."""
        first = "confirmed" not in self.request.POST and "lead" not in self.request.POST
        action = self.request.POST.get("action", "")
        context = {"form": self.form, "matters": self.matters, "action": action, "first": first}
        return render(self.request, "matters/bulk.html", context, status=status)

    def perform(self) -> HttpResponse:
        """Do it and show what came of each."""
        data = self.form.cleaned_data
        chosen = [each for each in self.matters if each.pk in set(data["tick"])]
        if data["action"] == "assign":
            results = services.assign_many(
                actor=self.request.actor, now=timezone.now(), matters=chosen, lead=data["lead"], words=data["words"]
            )
        else:
            results = services.archive_many(actor=self.request.actor, now=timezone.now(), matters=chosen)
        lines = [
            (result.matter, result.error and _(result.error.template).format(**result.error.data)) for result in results
        ]
        good = sum(1 for _matter, error in lines if not error)
        context = {"lines": lines, "good": good, "bad": len(lines) - good, "action": data["action"]}
        return render(self.request, "matters/bulk_result.html", context)
