"""Tags of the UI kit (a template builtin). What they take: ``components.py``; how they look: the gallery."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

from django import template
from django.forms import (
    BaseForm,
    BoundField,
    CheckboxInput,
    CheckboxSelectMultiple,
    Field,
    FileInput,
    RadioSelect,
    Select,
)
from django.forms.utils import flatatt
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from yanzhen.kernel.ui import components as c
from yanzhen.kernel.ui.charts import option

register = template.Library()

PARTS = "ui/parts/"
_JSON_ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


# --- small marks ---


@register.simple_tag
def icon(name: str, title: str = "") -> SafeString:
    """An icon of the sprite; without a title it is decoration and hidden from screen readers."""
    url = static("ui/vendor/icons.svg")
    if title:
        return format_html(
            '<svg class="yz-icon" role="img" aria-label="{}"><use href="{}#{}"></use></svg>', title, url, name
        )
    return format_html(
        '<svg class="yz-icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>', url, name
    )


@register.simple_tag
def lamp(light: Any, words: Any = "") -> SafeString:
    """``{% lamp "yellow" "剩 1.5 个工作日" %}`` or ``{% lamp value %}`` with a Lamp: shape + word + colour."""
    own = ""
    if isinstance(light, c.Lamp):
        light, words, own = light.light, light.words, str(light.lead)
    shape, word = c.LIGHTS.get(str(light), c.LIGHTS[c.Light.GREY])
    known = str(light) if str(light) in c.LIGHTS else "grey"
    text, lead = str(words), own or str(word)
    shown = text if text.startswith(lead) else f"{lead} {text}".strip()
    return format_html(
        '<span class="yz-lamp yz-lamp--{}"><span class="yz-lamp__shape" aria-hidden="true">{}</span> {}</span>',
        known,
        shape,
        shown,
    )


@register.simple_tag
def badge(text: Any, tone: str = "neutral") -> SafeString:
    """``{% badge "涉密" "danger" %}`` or ``{% badge value %}`` with a Badge."""
    if isinstance(text, c.Badge):
        text, tone = text.text, text.tone
    return format_html('<span class="yz-badge yz-badge--{}">{}</span>', tone, text)


@register.filter
def acting_as(actor: Any) -> str:
    """The post one acts in, in the reader's language: the unit's name stays, the role is a word of ours."""
    label, unit = str(actor.post_label or actor.name), actor.unit.name if actor.unit else ""
    role = label.removeprefix(unit)
    shown = _(role) if role else ""
    return f"{unit} {shown}".strip() if unit and shown != role else label


@register.filter
def capped(count: int | None, cap: int = 1000) -> str:
    """A bounded count in words: 37, "1000+" from the cap on, "" when unknown."""
    if count is None:
        return ""
    return f"{cap}+" if count >= cap else str(count)


@register.simple_tag
def moment(when: Any) -> SafeString:
    """A full date (and time) as a ``<time>`` element; plain words stay words."""
    if isinstance(when, datetime):
        local = timezone.localtime(when) if timezone.is_aware(when) else when
        return format_html('<time datetime="{}">{}</time>', local.isoformat(), date_format(local, "Y-m-d H:i"))
    if isinstance(when, date):
        return format_html('<time datetime="{}">{}</time>', when.isoformat(), date_format(when, "Y-m-d"))
    return format_html("{}", when)


@register.simple_tag(takes_context=True)
def nonce(context: template.Context) -> str:
    """The nonce of this response's content security policy ("" when there is none)."""
    return str(getattr(context.get("request"), "csp_nonce", "") or "")


# --- forms ---


def _grouped(widget: Any) -> bool:
    return isinstance(widget, RadioSelect | CheckboxSelectMultiple)


@register.inclusion_tag(f"{PARTS}field.html")
def field(bound: BoundField, label: str = "", hint: str = "", purpose: str = "", width: str = "") -> dict[str, Any]:
    """One question: label, hint, error, input; optional questions are marked, mandatory ones are not.

    ``purpose``: why it is asked (also read from ``form_field.purpose``). ``width``: short, medium, long.
    """
    widget = bound.field.widget
    hint = hint or str(bound.help_text or "")
    purpose = purpose or str(getattr(bound.field, "purpose", "") or "")
    ids = [f"{bound.auto_id}_hint"] if hint else []
    ids += [f"{bound.auto_id}_error"] if bound.errors else []
    grouped, single_box = _grouped(widget), isinstance(widget, CheckboxInput)
    attrs: dict[str, Any] = {}
    if not grouped:
        attrs["class"] = " ".join(
            filter(None, ["yz-check__input" if single_box else "yz-input", widget.attrs.get("class", ""), width])
        )
        if bound.errors:
            attrs["aria-invalid"] = "true"
        if ids:
            attrs["aria-describedby"] = " ".join(ids)
    return {
        "bound": bound,
        "label": label or bound.label,
        "hint": hint,
        "purpose": purpose,
        "errors": _texts(bound),
        "optional": not bound.field.required and not single_box,
        "grouped": grouped,
        "single_box": single_box,
        "is_file": isinstance(widget, FileInput),
        "described": " ".join(ids),
        "options": [_option(bound, sub) for sub in bound] if grouped else [],
        "control": "" if grouped else _control(bound, attrs),
    }


def _control(bound: BoundField, attrs: dict[str, Any]) -> SafeString:
    """The input. A plain drop-down is written here: the library draws a template for each of its hundred options."""
    widget = bound.field.widget
    choices = list(widget.choices) if type(widget) is Select else []
    if not choices or any(isinstance(words, list | tuple) for _value, words in choices):
        return bound.as_widget(attrs=attrs)
    given = widget.build_attrs(widget.attrs, bound.build_widget_attrs(attrs, widget))
    if bound.auto_id:
        given.setdefault("id", bound.auto_id)
    chosen = set(widget.format_value(bound.value()))
    options = format_html_join(
        "", '<option value="{}"{}>{}</option>',
        (
            (value, mark_safe(" selected") if str(value) in chosen else "", words)
            for value, words in (("" if key is None else key, words) for key, words in choices)
        ),
    )  # fmt: skip
    return format_html('<select name="{}"{}>{}</select>', bound.html_name, flatatt(given), options)


def _option(bound: BoundField, sub: Any) -> dict[str, Any]:
    """One radio button or tick box of a group, as plain values for the template."""
    data = sub.data
    return {
        "id": sub.id_for_label,
        "name": data["name"],
        "value": data["value"],
        "label": sub.choice_label,
        "checked": data["selected"],
        "type": data["type"],
        "disabled": bool(data["attrs"].get("disabled")) or bound.field.disabled,
    }


def _texts(bound: BoundField) -> list[str]:
    """Errors of a field. Django's "this field is required" neither names the field nor says what to do; ours does."""
    general = str(Field.default_error_messages["required"])
    widget = bound.field.widget
    if isinstance(widget, CheckboxInput):
        wanted = _("请勾选：%(label)s")
    elif isinstance(widget, Select | RadioSelect | CheckboxSelectMultiple | FileInput):
        wanted = _("请选择：%(label)s")
    else:
        wanted = _("请填写：%(label)s")
    return [wanted % {"label": bound.label} if str(error) == general else str(error) for error in bound.errors]


def _target(form: BaseForm, name: str) -> str:
    """The id that an error line leads to: the input, or the first of a group."""
    bound = form[name]
    return f"{bound.auto_id}_0" if _grouped(bound.field.widget) else bound.id_for_label or bound.auto_id


@register.inclusion_tag(f"{PARTS}error_summary.html")
def error_summary(form: Any, *more: Any) -> dict[str, Any]:
    """All errors of one or more forms at the top of the page, the same words as at the fields, with links.

    Draws nothing without errors. The page title gets its prefix 错误 from the layout (context variable ``form``) or
    from the script.
    """
    lines: list[tuple[str, str]] = []
    for each in (form, *more):
        if each is None or not getattr(each, "errors", None):
            continue
        for name, errors in each.errors.items():
            if name == "__all__":
                lines += [(str(error), "") for error in errors]
            else:
                lines += [(text, _target(each, name)) for text in _texts(each[name])]
    return {"lines": lines}


# --- lists, tasks, answers ---


@register.inclusion_tag(f"{PARTS}task_list.html")
def task_list(items: Any, label: str = "") -> dict[str, Any]:
    """The parts of a long piece of work with their statuses."""
    words = {
        "todo": _("未开始"),
        "doing": _("进行中"),
        "done": _("已完成"),
        "blocked": _("暂不能开始"),
    }
    return {
        "items": [(item, words[str(item.status)], f"yz-task-{at}") for at, item in enumerate(items)],
        "label": label,
    }


@register.inclusion_tag(f"{PARTS}check_answers.html")
def check_answers(rows: Any, caption: str = "") -> dict[str, Any]:
    """Questions and answers before submitting, each with its way back; also any list of facts (no change links)."""
    return {"rows": list(rows), "caption": caption, "changeable": any(row.change_url for row in rows)}


_CELL = {"num": SafeString(' class="yz-num"'), "date": SafeString(' class="yz-date"')}


def _cell(column: c.Column, cell: c.Cell) -> SafeString:
    """One ``<td>``. Built here and not in the template, because a list has hundreds of them."""
    marks = [lamp(cell.lamp)] if cell.lamp else []
    marks += [badge(cell.badge)] if cell.badge else []
    text = format_html('<a href="{}">{}</a>', cell.url, cell.text) if cell.url else conditional_escape(cell.text)
    note = format_html('<span class="yz-note">{}</span>', cell.note) if cell.note else ""
    inner = SafeString(" ".join([*marks, text]) + note)
    return format_html('<td data-label="{}"{}>{}</td>', column.label, _CELL.get(column.kind, ""), inner)


@register.inclusion_tag(f"{PARTS}case_list.html")
def case_list(table: c.CaseTable) -> dict[str, Any]:
    """A list of cases: table on the PC, cards on the phone."""
    others = list(table.columns)[1:]
    lines = [
        (row, SafeString("".join(_cell(column, cell) for column, cell in zip(others, row.cells, strict=False))))
        for row in table.rows
    ]
    return {"table": table, "lines": lines, "first": table.columns[0], "others": others}


@register.inclusion_tag(f"{PARTS}paging.html")
def paging(next_url: str = "", prev_url: str = "") -> dict[str, Any]:
    """Previous and next page of a keyset list."""
    return {"next_url": next_url, "prev_url": prev_url}


@register.inclusion_tag(f"{PARTS}filter_chips.html")
def filter_chips(filters: c.Filters) -> dict[str, Any]:
    """Filter form (closed at first, applied on purpose), chosen filters as chips, saved views."""
    fields = [bound for bound in filters.form if not bound.is_hidden] if filters.form else []
    return {"filters": filters, "fields": fields}


@register.inclusion_tag(f"{PARTS}timeline.html")
def timeline(entries: Any, label: str = "") -> dict[str, Any]:
    """What happened, newest or oldest first as given."""
    marks = [(entry, *c.LIGHTS.get(entry.light, ("", ""))) for entry in entries]
    return {"entries": marks, "label": label or _("办理轨迹")}


@register.inclusion_tag(f"{PARTS}empty.html", name="empty_state")
@register.inclusion_tag(f"{PARTS}empty.html")
def empty(title: Any, text: Any = "", action: Any = None) -> dict[str, Any]:
    """An empty place: ``{% empty "没有待办" "新的事项会出现在这里" link %}`` or ``{% empty value %}`` with an Empty.

    Directly inside ``{% for %}`` the word belongs to the loop: write ``{% empty_state … %}`` there.
    """
    return {"empty": title if isinstance(title, c.Empty) else c.Empty(title, text, action or None)}


@register.inclusion_tag(f"{PARTS}tabs.html")
def tabs(items: Any, label: str = "") -> dict[str, Any]:
    """Tabs are links; the current one says so to everybody."""
    return {"tabs": items, "label": label or _("分类")}


@register.inclusion_tag(f"{PARTS}figures.html")
def figures(items: Any, label: str = "") -> dict[str, Any]:
    """A row of numbers that open lists."""
    shown = [(figure, *c.LIGHTS.get(figure.light, ("", ""))) for figure in items]
    return {"figures": shown, "label": label}


@register.inclusion_tag(f"{PARTS}steps.html")
def steps(current: int, total: int, label: Any = "") -> dict[str, Any]:
    """第 3 步，共 5 步 · 证明材料 (only in linear flows)."""
    return {"current": int(current), "total": int(total), "label": label, "dots": range(1, int(total) + 1)}


# --- messages, confirmation, masks ---


@register.inclusion_tag(f"{PARTS}notice.html")
def notice(text: Any, tone: str = "info", title: Any = "") -> dict[str, Any]:
    """A notice in the page; danger and warning say so in words too."""
    icons = {"success": "circle-check", "warning": "alert-triangle", "danger": "alert-triangle"}
    lead = {"warning": _("注意"), "danger": _("重要"), "success": _("完成")}.get(str(tone), _("提示"))
    return {"text": text, "tone": str(tone), "title": title, "icon": icons.get(str(tone), "info-circle"), "lead": lead}


@register.inclusion_tag(f"{PARTS}confirm.html", takes_context=True)
def confirm(context: template.Context, card: c.Confirm) -> dict[str, Any]:
    """The interruption card; a plain POST form, works without script."""
    return {"card": card, "csrf_token": context.get("csrf_token"), "request": context.get("request")}


@register.inclusion_tag(f"{PARTS}masked.html", takes_context=True)
def masked(context: template.Context, value: Any, url: str = "", label: Any = "") -> dict[str, Any]:
    """A masked value; 查看 asks for the purpose and posts ``purpose`` to ``url``, whose answer (``ui/unmasked.html``
    with ``value``) takes the place of the mask. Without ``url`` (no right to look) there is the mask alone."""
    return {"value": value, "url": url, "label": label, "csrf_token": context.get("csrf_token")}


# --- charts ---


@register.inclusion_tag(f"{PARTS}chart.html", takes_context=True)
def chart(context: template.Context, spec: c.ChartSpec) -> dict[str, Any]:
    """A chart with its conclusion in one sentence and its table twin, both from the same numbers."""
    rows = [
        (
            category,
            [
                (s.values[at] if at < len(s.values) else None, s.urls[at] if at < len(s.urls) else "")
                for s in spec.series
            ],
        )
        for at, category in enumerate(spec.categories)
    ]
    data = json.dumps(option(spec), ensure_ascii=False, default=str).translate(_JSON_ESCAPES)
    return {"spec": spec, "rows": rows, "json": mark_safe(data), "nonce": nonce(context)}  # noqa: S308 escaped above
