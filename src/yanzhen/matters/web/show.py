"""From rows of the selectors to components of the UI kit."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms as django_forms
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yanzhen.kernel.ui import components as c
from yanzhen.matters.domain.loop import ACTS, GRADE_WORDS, By


def when(moment: Any) -> str:
    """A moment in local time, "" for none."""
    return date_format(timezone.localtime(moment), "Y-m-d H:i") if moment else ""


_LEFT = re.compile(r"(剩|超) ([\d.]+) 个(工作日|工作小时)")


def clock_words(text: str) -> str:
    """The selectors' words of a lamp (in the source language) in the reader's language."""
    found = _LEFT.fullmatch(text)
    if not found:
        return _(text) if text else ""
    if found[2] == "0":  # less than six minutes of working time, or none before the next working day
        return _("马上到期") if found[1] == "剩" else ""
    words = {
        ("剩", "工作日"): _("剩 %(n)s 个工作日"),
        ("剩", "工作小时"): _("剩 %(n)s 个工作小时"),
        ("超", "工作日"): _("超 %(n)s 个工作日"),
        ("超", "工作小时"): _("超 %(n)s 个工作小时"),
    }
    return words[found[1], found[3]] % {"n": found[2]}


def sentence(step: Any) -> str:
    """A step of a reckoning in the reader's language, its named parts too."""
    data = {name: _(part) if isinstance(part, str) and part else part for name, part in step.data.items()}
    return _(step.text).format(**data)


def lamp(row: Any) -> c.Lamp | None:
    """The lamp of a row of the selectors; None where no clock runs any more."""
    if row.light == "none":
        return None
    return c.Lamp(row.light, clock_words(row.light_words))


def badges(row: Any) -> c.Badge | None:
    """The one badge of a row: pressed before secret before joined voices."""
    if row.press_level:
        return c.Badge(
            _("督办") if row.press_level == 1 else _("%(level)s级督办") % {"level": row.press_level}, "danger"
        )
    if row.secret:
        return c.Badge(_("保密"), "warning")
    if row.voices > 1:
        return c.Badge(_("%(n)s人反映") % {"n": row.voices}, "info")
    return None


@dataclass(frozen=True, slots=True)
class ListColumn:
    """A column of the list of matters."""

    label: Any
    cell: Callable[[Any], c.Cell]
    kind: str = "text"


def _lamp_cell(row: Any) -> c.Cell:
    shown = lamp(row)
    return c.Cell("", lamp=shown) if shown else c.Cell("—")


LIST_COLUMNS: Mapping[str, ListColumn] = {
    "light": ListColumn(gettext_lazy("时限"), _lamp_cell),
    "state": ListColumn(gettext_lazy("状态"), lambda row: c.Cell(_(row.state_words))),
    "place": ListColumn(gettext_lazy("发生地"), lambda row: c.Cell(row.place_name)),
    "category": ListColumn(gettext_lazy("类别"), lambda row: c.Cell(row.category_name or _("未分类"))),
    "holder": ListColumn(gettext_lazy("当前单位"), lambda row: c.Cell(row.holder_name)),
    "lead": ListColumn(gettext_lazy("牵头单位"), lambda row: c.Cell(row.lead_name or "—")),
    "received": ListColumn(gettext_lazy("收到时间"), lambda row: c.Cell(when(row.received_at)), "date"),
    "due": ListColumn(gettext_lazy("办结时限"), lambda row: c.Cell(when(row.due_at) or "—"), "date"),
    "voices": ListColumn(gettext_lazy("反映人数"), lambda row: c.Cell(row.voices), "num"),
}
DEFAULT_COLUMNS = ("light", "state", "place", "holder", "received")


def list_row(row: Any, columns: Sequence[str]) -> c.Row:
    """One line of a list: the title is the link, number and category stand below it."""
    return c.Row(
        name=row.title,
        url=reverse("matter", args=[row.id]),
        cells=[LIST_COLUMNS[code].cell(row) for code in columns],
        key=str(row.id),
        note=" · ".join(filter(None, [row.number, row.category_name if "category" not in columns else ""])),
        badge=badges(row),
    )


def table(rows: Sequence[Any], *, caption: Any, columns: Sequence[str] = DEFAULT_COLUMNS, **more: Any) -> c.CaseTable:
    """A list of matters."""
    heads = [c.Column(_("事项")), *(c.Column(LIST_COLUMNS[code].label, LIST_COLUMNS[code].kind) for code in columns)]
    return c.CaseTable(caption=caption, columns=heads, rows=[list_row(row, columns) for row in rows], **more)


def chosen(form: django_forms.Form, params: Mapping[str, str], path: str) -> list[c.Chip]:
    """The filters in force, each with the address of the page without it."""
    chips = []
    for name, field in form.fields.items():
        value = form.cleaned_data.get(name) if form.is_valid() else None
        if value in (None, "", False, []):
            continue
        rest = {key: text for key, text in params.items() if key not in {name, "cursor"}}
        chips.append(c.Chip(field.label, spoken(form[name], value), f"{path}?{urlencode(rest)}"))
    return chips


def spoken(bound: django_forms.BoundField, value: Any) -> Any:
    """A cleaned value as a person would say it."""
    field = bound.field
    if value is True:
        return _("是")
    if value is False:
        return _("否")
    if isinstance(field, django_forms.MultipleChoiceField):
        names = {str(key): str(label) for key, label in field.choices}
        return "、".join(names.get(str(each), str(each)) for each in value)
    if isinstance(field, django_forms.ChoiceField):
        return {str(key): str(label) for key, label in field.choices}.get(str(value), str(value))
    if isinstance(field, django_forms.DateField):
        return value.isoformat()
    if isinstance(value, list):
        return "、".join(name for name, _content in value)
    return (
        getattr(value, "full_name", None)
        or getattr(value, "number", None)
        or getattr(value, "name", None)
        or str(value)
    )


def answers(form: django_forms.Form) -> list[c.AnswerRow]:
    """What was typed, for the page that asks once more."""
    rows = []
    for bound in form.visible_fields():
        if isinstance(bound.field, django_forms.FileField):
            continue  # files are chosen on the page of the check itself: a browser cannot carry them over
        value = form.cleaned_data.get(bound.name)
        if isinstance(bound.field, django_forms.TypedChoiceField) and value is not None and isinstance(value, bool):
            value = dict(bound.field.choices)["yes" if value else "no"]
        elif value not in (None, "", []):
            value = spoken(bound, value)
        rows.append(c.AnswerRow(bound.label, value if value != [] else ""))
    return rows


LIGHT_OF_ACT = {
    "auto_press": "red",
    "press": "red",
    "overdue": "red",
    "archive": "green",
    "auto_archive": "green",
    "stop_clock": "stopped",
}


def who(each: Any) -> str:
    """Who did it: somebody in a post, the person who reported, or the platform by time."""
    if each.actor_post:
        return " ".join(filter(None, [each.actor_post, each.actor_name]))
    act = ACTS.get(each.act)
    return _("本人") if act is not None and act.by is By.PERSON else _("平台")


def entry(each: Any) -> c.Entry:
    """One line of the history."""
    note = _("状态：%(state)s") % {"state": _(each.state_words)}
    return c.Entry(
        title=_(each.act_words),
        when=each.at,
        who=who(each),
        text=each.words,
        light=LIGHT_OF_ACT.get(each.act, ""),
        note=note + (" · " + _("当事人可见") if each.public else ""),
    )


@dataclass(frozen=True, slots=True)
class Letter:
    """A press letter, taken apart for paper: head, number, addressee, paragraphs, signature."""

    title: str
    number: str
    to: str
    body: tuple[str, ...]
    sign: tuple[str, ...]


def letter(text: str) -> Letter:
    """The parts of a letter of the loop (title, number, addressee, paragraphs, two lines of signature); any other text is
    all body."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) < 6 or not lines[0].endswith("函"):
        return Letter("", "", "", tuple(lines), ())
    return Letter(lines[0], lines[1], lines[2], tuple(lines[3:-2]), tuple(lines[-2:]))


def gist(text: str) -> str:
    """What the letter wants, without its head: the words of whoever pressed."""
    body = letter(text).body
    return body[1] if len(body) > 2 else body[0] if body else ""


def grade(code: str) -> str:
    return _(GRADE_WORDS[code]) if code else ""
