"""The list as a workbook in the official form: title, conditions, date, signature line; never names or numbers of persons."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from yanzhen.kernel.intake import api as intake
from yanzhen.matters.web import forms, lists, show

MOST = 20_000


def workbook_response(request: HttpRequest, form: forms.FilterForm, tab: str) -> HttpResponse:
    """The filtered list as a file, entered in the trail. More than anybody reads is refused with the way to less."""
    rows = lists.all_rows(request.actor, lists.filters_of(form, tab), most=MOST + 1)
    if len(rows) > MOST:
        messages.warning(request, _("超过 %(n)s 条，请先按时间或单位缩小范围再导出。") % {"n": MOST})
        return HttpResponseRedirect(f"{reverse('matters')}?{request.GET.urlencode()}")
    now = timezone.now()
    book = intake.export_workbook(
        _("事项台账"),
        [intake.ExportColumn(str(at), str(head), width) for at, (head, width) in enumerate(lists.EXPORT_COLUMNS)],
        (lists.export_row(row) for row in rows),
        unit=request.actor.unit.name if request.actor.unit else "",
        as_of=_("数据时间：%(at)s") % {"at": show.when(now)},
        notes=[_("筛选条件：%(conditions)s") % {"conditions": lists.conditions(form, tab)}],
    )
    name = f"{_('事项台账')}-{timezone.localdate(now):%Y%m%d}.xlsx"
    return intake.workbook_response(book, name, actor=request.actor, now=now, what="matters", rows=len(rows))
