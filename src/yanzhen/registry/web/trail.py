"""The trail: the audit officer's pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yanzhen.kernel.accounts.selectors import named
from yanzhen.kernel.intake.api import CSV, XLSX, ExportColumn, export_csv, export_workbook
from yanzhen.kernel.scope.web import requires
from yanzhen.kernel.trail import selectors as select
from yanzhen.kernel.trail import services
from yanzhen.kernel.trail.models import TrailRow
from yanzhen.kernel.trail.selectors import Wanted
from yanzhen.kernel.ui.components import CaseTable, Cell, Chip, Column, Empty, Filters, Row
from yanzhen.registry.web.posts_tools import UnitField, day_input

MOST = 100_000  # rows of one export; narrow the time for more


def action_choices() -> list[tuple[str, str]]:
    """Declared actions by their words."""
    return [
        ("", "—"),
        *sorted(((code, _(str(label))) for code, label in services.actions().items()), key=lambda c: c[0]),
    ]


class TrailFilter(forms.Form):
    """What to look for."""

    since = forms.DateField(label=gettext_lazy("从"), required=False, widget=day_input())
    last_day = forms.DateField(label=gettext_lazy("到（含当天）"), required=False, widget=day_input())
    username = forms.CharField(label=gettext_lazy("用户名"), required=False)
    action = forms.ChoiceField(label=gettext_lazy("动作"), required=False, choices=action_choices)
    subject = forms.CharField(label=gettext_lazy("对象（编号或名称）"), required=False)
    unit = UnitField(label=gettext_lazy("单位（代码或全称）"), required=False)

    def __init__(self, *args: Any, viewer: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].viewer, self.fields["unit"].capability = viewer, "trail.view"

    def clean_username(self) -> Any:
        text = self.cleaned_data["username"]
        found = named(text)
        if text and found is None:
            raise forms.ValidationError(_("没有这个用户名。"))
        return found

    def wanted(self) -> Wanted:
        """The filter as the selector takes it (nothing while the form has errors)."""
        given = self.cleaned_data if self.is_valid() else {}
        last = given.get("last_day")
        account, unit = given.get("username"), given.get("unit")
        return Wanted(
            since=_midnight(given.get("since")), until=_midnight(last + timedelta(days=1) if last else None),
            account_id=account.pk if account else None, action=given.get("action", ""), subject=given.get("subject", ""),
            unit_path=unit.path if unit else "",
        )  # fmt: skip


def _midnight(day: Any) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time())) if day else None


def words(action: str) -> str:
    """An action's words."""
    return _(str(services.actions().get(action, action)))


def _line(row: TrailRow) -> Row:
    who = f"{row.actor_name} {row.actor_post}".strip() or _("系统或公众")
    what = row.subject_label or f"{row.subject_kind} {row.subject_id}"
    return Row(
        date_format(timezone.localtime(row.at), "Y-m-d H:i:s"), reverse("trail_row", args=[row.pk]),
        (Cell(words(row.action), note=row.purpose), Cell(who, note=row.ip), Cell(what)),
        note=f"#{row.pk}",
    )  # fmt: skip


@requires("trail.view")
def rows(request: HttpRequest) -> HttpResponse:
    """Rows newest first, filtered, by keyset pages."""
    form = TrailFilter(request.GET or None, viewer=request.actor)
    before, after = (int(text) if (text := request.GET.get(key, "")).isdigit() else 0 for key in ("before", "after"))
    page = select.page_of(select.rows_for(request.actor, form.wanted()), before=before, after=after)
    query = request.GET.copy()
    query.pop("before", None), query.pop("after", None)
    base = query.urlencode()
    chips = [Chip(form.fields[key].label, form.data[key], "?") for key in form.fields if form.data.get(key)]
    table = CaseTable(
        _("操作留痕"), [Column(_("时间")), Column(_("动作")), Column(_("人员与岗位")), Column(_("对象"))],
        [_line(row) for row in page.rows], empty=Empty(_("没有符合条件的留痕")),
        next_url=f"?{base}&before={page.older}" if page.older else "",
        prev_url=f"?{base}&after={page.newer}" if page.newer else "",
    )  # fmt: skip
    context = {"table": table, "filters": Filters(form, chips, "?"), "query": base}
    return render(request, "registry/trail/list.html", context)


def difference(before: str, after: str) -> list[tuple[str, str, str, bool]]:
    """Field, value before, value after, changed: of two canonical JSON texts."""
    old, new = (json.loads(text) if text else {} for text in (before, after))
    keys = sorted(set(old) | set(new))
    return [(key, _show(old.get(key)), _show(new.get(key)), old.get(key) != new.get(key)) for key in keys]


def _show(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@requires("trail.view")
def row(request: HttpRequest, row_id: int) -> HttpResponse:
    """One row: before and after side by side."""
    found = select.row_for(request.actor, row_id)
    context = {"row": found, "words": words(found.action), "lines": difference(found.before, found.after)}
    return render(request, "registry/trail/one.html", context)


def _columns() -> list[ExportColumn]:
    heads = {
        "id": _("编号"), "at": _("时间"), "action": _("动作"), "actor_name": _("人员"), "actor_post": _("岗位"),
        "on_behalf_of": _("代行"), "channel": _("渠道"), "ip": _("地址"), "subject_kind": _("对象类别"),
        "subject_id": _("对象编号"), "subject_label": _("对象"), "before": _("之前"), "after": _("之后"),
        "purpose": _("用途或理由"), "digest": _("摘要值"), "seal_id": _("封存号"),
    }  # fmt: skip
    return [ExportColumn(code, heading, 18) for code, heading in heads.items()]


def _cells(found: Any, columns: list[ExportColumn]) -> Iterator[dict[str, Any]]:
    for row in found[:MOST].iterator(chunk_size=2000):
        yield {column.code: getattr(row, column.code) for column in columns} | {"action": words(row.action)}


@requires("trail.export")
def export(request: HttpRequest) -> HttpResponse:
    """The filtered rows as a workbook or CSV; the export leaves its own trace."""
    form = TrailFilter(request.GET or None, viewer=request.actor)
    found, columns = select.rows_for(request.actor, form.wanted()), _columns()
    as_csv = request.GET.get("format") == "csv"
    body = export_csv(columns, _cells(found, columns)) if as_csv else export_workbook(
        _("操作留痕"), columns, _cells(found, columns), unit=request.actor.unit.name if request.actor.unit else ""
    )  # fmt: skip
    services.note_export(actor=request.actor, now=timezone.now(), filters=request.GET.urlencode())
    kind, name = (CSV, "trail.csv") if as_csv else (XLSX, "trail.xlsx")
    return HttpResponse(body, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@requires("trail.view")
def seals(request: HttpRequest) -> HttpResponse:
    """The newest seals, and how far sealing has come."""
    context = {"seals": select.seals(), "waiting": select.oldest_unsealed()}
    return render(request, "registry/trail/seals.html", context)


@requires("trail.export")
def anchor(request: HttpRequest) -> HttpResponse:
    """The newest seals' digests as plain text, to print, sign and keep apart from the machine."""
    text = services.anchor_text(actor=request.actor, now=timezone.now())
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
