"""What the public pages show: from selectors to plain values."""

from __future__ import annotations

from collections import OrderedDict
from datetime import date
from typing import Any

from django import forms as django_forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yanzhen.democracy.domain.disclosure import State, catalogue
from yanzhen.democracy.models import Disclosure
from yanzhen.democracy.selectors import disclosure as reads
from yanzhen.matters.public.api import ChallengeForm, PhoneField, WordsField, qr_image
from yanzhen.registry.api import path_of
from yanzhen.registry.models import Unit


class ObjectionForm(ChallengeForm):
    """What is not right; who says it may stay unsaid."""

    text = WordsField(
        label=gettext_lazy("哪里不对？"),
        rows=5,
        max_length=1000,
        help_text=gettext_lazy("说清楚哪一项、您知道的情况是什么。不要写身份证号、银行卡号。"),
    )
    name = django_forms.CharField(
        label=gettext_lazy("称呼"), max_length=30, required=False, help_text=gettext_lazy("可以不留")
    )
    phone = PhoneField(label=gettext_lazy("电话"), required=False, help_text=gettext_lazy("留了电话，会直接答复您"))

    @property
    def said(self) -> dict[str, str]:
        """What was said and by whom, without the challenge."""
        return {name: self.cleaned_data[name] for name in ("text", "name", "phone")}


class ProofForm(django_forms.Form):
    """The fingerprint from a printed notice."""

    digest = django_forms.CharField(
        label=gettext_lazy("纸上的内容指纹（前八位以上）"),
        max_length=64,
        required=False,
        widget=django_forms.TextInput(attrs={"autocomplete": "off"}),
    )
    on = django_forms.DateField(
        label=gettext_lazy("哪一天"),
        required=False,
        widget=django_forms.DateInput(attrs={"type": "date", "class": "short"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""


def above(unit: Unit) -> str:
    """Township and county of a village."""
    return " ".join(each.name for each in path_of([unit])[unit.pk] if each.level in {"county", "township"})


def _entry(row: Disclosure) -> dict[str, Any]:
    return {
        "title": row.title,
        "url": reverse("open_notice", args=[row.unit.code, row.pk]),
        "on": row.published_at,
        "until": row.up_until,
        "state": _(row.get_state_display()),
        "up": row.state == State.UP,
    }


def board(unit: Unit) -> dict[str, Any]:
    """A village's board: what hangs now by group, newest first; what hung before in one list."""
    groups: OrderedDict[str, list[dict[str, Any]]] = OrderedDict()
    items = catalogue()
    for row in reads.up_now(unit):
        group = items[row.item].group if row.item in items else ""
        groups.setdefault(_(group) if group else _("其他"), []).append(_entry(row))
    return {
        "unit": unit,
        "above": above(unit),
        "groups": list(groups.items()),
        "past": [_entry(row) for row in reads.past(unit, 30)],
    }


def notice(row: Disclosure) -> dict[str, Any]:
    """One notice with its objections and answers."""
    return {
        "unit": row.unit,
        "above": above(row.unit),
        "row": row,
        "notice": reads.notice_of(row),
        "up": row.state == State.UP,
        "state": _(row.get_state_display()),
        "objections": reads.objections_of(row),
        "replaced_by": row.replaced_by.first(),
    }


def proof(row: Disclosure) -> dict[str, Any]:
    """The proof of one notice, in plain words and in full."""
    found = reads.proof_of(row)
    url = reverse("open_notice", args=[row.unit.code, row.pk])
    return {"unit": row.unit, "row": row, "proof": found, "qr": qr_image(url), "canonical": row.content}


def asked(unit: Unit, digest: str, on: date | None) -> dict[str, Any]:
    """The answer to "is this what hung?" and "what hung that day?"."""
    found = reads.by_digest(unit, digest) if digest else None
    return {
        "found": _entry(found) if found else None,
        "unknown": bool(digest) and found is None,
        "that_day": [_entry(row) for row in reads.up_on(unit, on)] if on else None,
        "on": on,
    }
