"""Pages of people and households."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.intake.api import ExportColumn, export_workbook, workbook_response
from yanzhen.kernel.rulebook.api import value as rule
from yanzhen.kernel.scope.api import may
from yanzhen.kernel.scope.web import requires
from yanzhen.kernel.trail import api as trail
from yanzhen.kernel.ui.components import (
    AnswerRow,
    Badge,
    CaseTable,
    Cell,
    Chip,
    Column,
    Empty,
    Entry,
    Filters,
    Link,
    Row,
)
from yanzhen.registry.domain import people as rules
from yanzhen.registry.models import Correction, Person
from yanzhen.registry.selectors import people as selectors
from yanzhen.registry.selectors.units import ref, unit_by_code
from yanzhen.registry.services import people as services
from yanzhen.registry.web import people_forms as forms
from yanzhen.registry.web.forms import steps, told

EXPORT_MOST = 50_000


def _asked(request: HttpRequest) -> dict[str, Any]:
    """Search and filters of the address, for the selector."""
    found: dict[str, Any] = {
        "q": request.GET.get("q", "")[:60], "sex": request.GET.get("sex", "")[:1],
        "political": request.GET.get("political", "")[:2], "dead": bool(request.GET.get("dead")),
    }  # fmt: skip
    code = request.GET.get("unit", "").strip()
    return {**found, "under": unit_by_code(request.actor, code, "people.view").path if code else ""}


def _without(request: HttpRequest, *names: str, **more: str) -> str:
    kept = {key: value for key, value in request.GET.items() if key not in (*names, "after") and value}
    text = urlencode({**kept, **more})
    return f"{request.path}?{text}" if text else request.path


def _filters(request: HttpRequest) -> Filters:
    form = forms.PeopleFilter(request.GET)
    chips = []
    for name in form.fields:
        value = request.GET.get(name, "")
        if value:
            words = dict(getattr(form.fields[name], "choices", ())).get(value, _("是") if name == "dead" else value)
            chips.append(Chip(form[name].label, words, _without(request, name)))
    hidden = {"q": request.GET["q"]} if request.GET.get("q") else None
    return Filters(form=form, chips=chips, clear_url=request.path, hidden=hidden)


def _row(person: selectors.Shown) -> Row:
    cells = [
        Cell(_(rules.SEX.get(person.sex, ""))), Cell(person.birth_year or ""), Cell(person.unit),
        Cell(person.id_number or person.key), Cell(person.phone),
    ]  # fmt: skip
    return Row(
        person.name, reverse("person", args=[person.id]), cells, badge=Badge(_("已去世")) if person.died else None
    )


@requires("people.view")
@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """The list of people in scope."""
    page = selectors.people_page(request.actor, **_asked(request), after=request.GET.get("after", "")[:140])
    table = CaseTable(
        caption=_("人员"),
        columns=[Column(_("姓名")), Column(_("性别")), Column(_("出生年份"), "num"), Column(_("村或网格")),
                 Column(_("身份证号")), Column(_("电话"))],
        rows=[_row(person) for person in page.people], count=page.count, cap=selectors.COUNT_CAP,
        next_url=_without(request, after=page.after) if page.after else "",
        empty=Empty(_("没有相符的人员"), _("可以按姓名、拼音、首字母、身份证后四位或电话查找。您只能看到管辖范围内的人员。")),
    )  # fmt: skip
    waiting = len(selectors.open_corrections(request.actor))
    context = {"table": table, "filters": _filters(request), "q": request.GET.get("q", ""), "waiting": waiting}
    return render(
        request,
        "registry/people.html",
        {**context, "export_url": f"{reverse('people_export')}?{request.GET.urlencode()}"},
    )


@requires("people.view")
@require_GET
def people_export(request: HttpRequest) -> HttpResponse:
    """The list as a workbook, masked as on the screen."""
    page = selectors.people_page(request.actor, **_asked(request), limit=EXPORT_MOST)
    columns = [
        ExportColumn("name", _("姓名")), ExportColumn("sex", _("性别"), 8), ExportColumn("birth", _("出生年份"), 10),
        ExportColumn("unit", _("村或网格"), 24), ExportColumn("id", _("身份证号"), 22),
        ExportColumn("phone", _("电话"), 16),
    ]  # fmt: skip
    rows = [
        (p.name, _(rules.SEX.get(p.sex, "")), p.birth_year or "", p.unit, p.id_number or p.key, p.phone)
        for p in page.people
    ]
    unit = request.actor.unit.name if request.actor.unit else ""
    today = timezone.localdate().isoformat()
    body = export_workbook(
        _("人员花名册"), columns, rows, unit=unit, as_of=today, notes=[_("证件和电话已按规定隐去。")]
    )
    return workbook_response(
        body, f"{_('人员花名册')}-{today}.xlsx", actor=request.actor, now=timezone.now(), what="people", rows=len(rows)
    )


def _facts(file: selectors.PersonFile) -> list[AnswerRow]:
    person = file.person
    return [
        AnswerRow(_("性别"), _(rules.SEX.get(person.sex, ""))),
        AnswerRow(_("出生日期"), person.birth.isoformat() if person.birth else ""),
        AnswerRow(_("民族"), _(rules.NATION.get(person.nation, ""))),
        AnswerRow(_("政治面貌"), _(rules.POLITICAL.get(person.political, ""))),
        AnswerRow(_("村或网格"), person.unit.name, url=reverse("unit", args=[person.unit_id])),
        *([AnswerRow(_("临时编号"), person.temporary_key)] if person.temporary_key else []),
        *([AnswerRow(_("死亡日期"), person.died_on.isoformat())] if person.died_on else []),
    ]


def _lived(file: selectors.PersonFile) -> list[Entry]:
    return [
        Entry(
            title=f"{row.household.unit.name} {row.household.number}", when=row.valid_from,
            text=_(rules.RELATION.get(row.relation, "")),
            note=_("到 %(day)s") % {"day": row.valid_to.isoformat()} if row.valid_to else _("现住"),
            links=[Link(_("打开该户"), reverse("household", args=[row.household_id]))],
        )
        for row in file.residences
    ]  # fmt: skip


def _done(file: selectors.PersonFile) -> list[Entry]:
    words = trail.actions()
    return [
        Entry(
            title=_(str(words.get(row.action, row.action))),
            when=row.at,
            who=row.actor_post or row.actor_name,
            note=row.purpose,
        )
        for row in file.history
    ]


def _secrets(file: selectors.PersonFile) -> list[tuple[Any, str, str]]:
    """Label, masked value and where to ask for the plain one."""
    rows = []
    for field, label, masked in (
        ("id_number", _("身份证号"), file.shown.id_number),
        ("phone", _("联系电话"), file.shown.phone),
    ):
        url = reverse("person_unmask", args=[file.person.pk, field]) if file.may_unmask and masked else ""
        rows.append((label, masked, url))
    return rows


def _purposes(person: Person) -> dict[str, str]:
    found = rule("people.unmask_purposes", ref(person.unit), on=timezone.localdate())
    return {code: _(words) for code, words in found.items()}


@requires("people.view")
@require_GET
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """The file of one person."""
    file = selectors.person_file(request.actor, pk)
    context = {
        "file": file, "person": file.person, "facts": _facts(file), "secrets": _secrets(file), "lived": _lived(file),
        "done": _done(file), "purposes": _purposes(file.person) if file.may_unmask else {},
        "corrections": [(row, _FIELDS.get(row.field, row.field)) for row in file.corrections],
    }  # fmt: skip
    return render(request, "registry/person.html", context)


_FIELDS = dict(forms.WrongForm.base_fields["field"].choices)


@requires("people.unmask")
@require_POST
def person_unmask(request: HttpRequest, pk: int, field: str) -> HttpResponse:
    """Look behind a mask, once, with a purpose."""
    found = selectors.person_for(request.actor, pk)
    try:
        plain = services.unmask(
            actor=request.actor, now=timezone.now(), person=found, field=field, purpose=request.POST.get("purpose", "")
        )
    except DomainError as error:
        if error.field != "purpose":
            raise
        return render(request, "registry/unmask_failed.html", {"why": told(error), "person": found}, status=422)
    template = "ui/unmasked.html" if getattr(request, "htmx", False) else "registry/unmasked.html"
    response = render(request, template, {"value": plain, "person": found})
    response["Cache-Control"] = "no-store"
    return response


def _page(person: Person, title: str, **more: Any) -> dict[str, Any]:
    facts = [AnswerRow(_("姓名"), person.name), AnswerRow(_("村或网格"), person.unit.name)]
    return {"title": title, "facts": facts, "cancel_url": reverse("person", args=[person.pk]), **more}


@requires("people.manage")
@require_http_methods(["GET", "POST"])
def person_new(request: HttpRequest) -> HttpResponse:
    """Make a file."""
    form = forms.PersonForm(request.POST or None, actor=request.actor, initial={"unit": request.GET.get("unit", "")})

    def do(data: Mapping[str, Any]) -> str:
        made = services.create(actor=request.actor, now=timezone.now(), source="登记", **data)
        return reverse("person", args=[made.pk])

    page = {"title": _("新建人员档案"), "cancel_url": reverse("people"), "lead": _("先在列表里查一查，避免重复建档。")}
    return steps(request, form, page, do, _("档案已建立"), check=False)


@requires("people.manage")
@require_http_methods(["GET", "POST"])
def person_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a file."""
    found = selectors.person_for(request.actor, pk, "people.manage")
    form = forms.EditForm(request.POST or None, actor=request.actor, person=found)

    def do(data: Mapping[str, Any]) -> str:
        services.update(actor=request.actor, now=timezone.now(), person=found, **form.changes())
        return reverse("person", args=[pk])

    return steps(request, form, _page(found, _("修改档案")), do, _("已保存"), check=False)


@requires("people.view")
@require_http_methods(["GET", "POST"])
def person_wrong(request: HttpRequest, pk: int) -> HttpResponse:
    """ "This is wrong": propose a correction."""
    found = selectors.person_for(request.actor, pk)
    form = forms.WrongForm(request.POST or None, actor=request.actor)

    def do(data: Mapping[str, Any]) -> str:
        services.propose_correction(actor=request.actor, now=timezone.now(), person=found, **data)
        return reverse("person", args=[pk])

    lead = _("提出后由村里核实，核实前档案不变。")
    return steps(request, form, _page(found, _("这里不对"), lead=lead), do, _("已提交，等村里核实"), check=False)


@requires("people.manage")
@require_http_methods(["GET", "POST"])
def person_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Move somebody to another household."""
    found = selectors.person_for(request.actor, pk, "people.manage")
    form = forms.MoveForm(request.POST or None, actor=request.actor)

    def do(data: Mapping[str, Any]) -> str:
        services.move_household(actor=request.actor, now=timezone.now(), person=found, **data)
        return reverse("person", args=[pk])

    return steps(request, form, _page(found, _("变更居住户")), do, _("已变更"), check=False)


@requires("people.manage")
@require_http_methods(["GET", "POST"])
def person_merge(request: HttpRequest, pk: int) -> HttpResponse:
    """Put another file of the same person into this one."""
    found = selectors.person_for(request.actor, pk, "people.manage")
    form = forms.MergeForm(request.POST or None, actor=request.actor, person=found)

    def do(data: Mapping[str, Any]) -> str:
        services.merge(actor=request.actor, now=timezone.now(), person=found, **data)
        return reverse("person", args=[pk])

    return steps(request, form, _page(found, _("合并重复档案")), do, _("已合并"), check=False)


@requires("people.manage")
@require_http_methods(["GET", "POST"])
def person_deceased(request: HttpRequest, pk: int) -> HttpResponse:
    """Register a death."""
    found = selectors.person_for(request.actor, pk, "people.manage")
    form = forms.DeceasedForm(request.POST or None, actor=request.actor)

    def do(data: Mapping[str, Any]) -> str:
        services.mark_deceased(actor=request.actor, now=timezone.now(), person=found, **data)
        return reverse("person", args=[pk])

    return steps(request, form, _page(found, _("登记死亡")), do, _("已登记"))


@requires("people.manage")
@require_GET
def corrections(request: HttpRequest) -> HttpResponse:
    """Proposals that wait for this village."""
    rows = [
        Row(row.person.name, reverse("correction", args=[row.pk]),
            [Cell(_FIELDS.get(row.field, row.field)), Cell(row.person.unit.name), Cell(row.proposed_name),
             Cell(_date(row.proposed_at))])
        for row in selectors.open_corrections(request.actor)
    ]  # fmt: skip
    columns = [
        Column(_("姓名")),
        Column(_("项目")),
        Column(_("村或网格")),
        Column(_("提出人")),
        Column(_("日期"), "date"),
    ]
    empty = Empty(_("没有待核实的更正"), _("有人指出档案里的错误时，会出现在这里。"))
    table = CaseTable(caption=_("待核实的更正"), columns=columns, rows=rows, empty=empty)
    return render(request, "registry/list.html", {"title": _("待核实的更正"), "table": table})


def _date(at: datetime) -> str:
    return timezone.localtime(at).date().isoformat()


@requires("people.manage")
@require_http_methods(["GET", "POST"])
def correction(request: HttpRequest, pk: int) -> HttpResponse:
    """Decide one proposal."""
    row = selectors.correction_for(request.actor, pk)
    form = forms.DecideForm(request.POST or None, actor=request.actor)

    def do(data: Mapping[str, Any]) -> str:
        services.decide_correction(
            actor=request.actor,
            now=timezone.now(),
            correction=row,
            accept=data["accept"] == "yes",
            answer=data["answer"],
        )
        return reverse("corrections")

    facts = [AnswerRow(_FIELDS.get(row.field, row.field), _proposed(row)), AnswerRow(_("说明"), row.reason)]
    page = _page(row.person, _("核实更正"))
    page = {**page, "facts": [*page["facts"], *facts], "cancel_url": reverse("corrections"), "submit": _("提交")}
    return steps(request, form, page, do, _("已办理"), check=False)


def _proposed(row: Correction) -> str:
    codes = services.LISTS.get(row.field, {})
    return _(codes[row.proposed]) if row.proposed in codes else row.proposed


@requires("people.view")
@require_GET
def households(request: HttpRequest) -> HttpResponse:
    """The list of households in scope."""
    after = request.GET.get("after", "")
    asked = _asked(request)
    rows, count, more = selectors.households_page(
        request.actor,
        q=asked["q"],
        under=asked["under"],
        after=int(after) if after.isdigit() and len(after) < 19 else 0,
    )
    lines = [
        Row(row.number, reverse("household", args=[row.pk]), [Cell(row.unit.name), Cell(row.address), Cell(row.size)])
        for row in rows
    ]
    columns = [Column(_("户号")), Column(_("村或网格")), Column(_("住址")), Column(_("人数"), "num")]
    empty = Empty(_("没有相符的家庭户"), _("可以按户号、住址或家庭成员姓名查找。"))
    next_url = _without(request, after=str(more)) if more else ""
    table = CaseTable(caption=_("家庭户"), columns=columns, rows=lines, count=count, next_url=next_url, empty=empty)
    return render(request, "registry/households.html", {"table": table, "q": asked["q"]})


@requires("people.view")
@require_GET
def household(request: HttpRequest, pk: int) -> HttpResponse:
    """One household with its members."""
    found = selectors.household_for(request.actor, pk)
    rows = [
        Row(row.person.name, reverse("person", args=[row.person_id]),
            [Cell(_(rules.RELATION.get(row.relation, ""))), Cell(row.person.birth.year if row.person.birth else ""),
             Cell(row.valid_from.isoformat())])
        for row in selectors.members_of(found)
        if may(request.actor, "people.view", row.person.unit.path)
    ]  # fmt: skip
    columns = [Column(_("姓名")), Column(_("与户主关系")), Column(_("出生年份"), "num"), Column(_("迁入日期"), "date")]
    table = CaseTable(caption=_("家庭成员"), columns=columns, rows=rows, empty=Empty(_("这一户现在没有人")))
    facts = [
        AnswerRow(_("村或网格"), found.unit.name, url=reverse("unit", args=[found.unit_id])),
        AnswerRow(_("住址"), found.address), AnswerRow(_("备注"), found.note),
    ]  # fmt: skip
    return render(request, "registry/household.html", {"household": found, "facts": facts, "table": table})


@requires("people.manage")
@require_http_methods(["GET", "POST"])
def household_new(request: HttpRequest) -> HttpResponse:
    """Make a household."""
    form = forms.HouseholdForm(request.POST or None, actor=request.actor)

    def do(data: Mapping[str, Any]) -> str:
        made = services.create_household(actor=request.actor, now=timezone.now(), **data)
        return reverse("household", args=[made.pk])

    page = {"title": _("新建家庭户"), "cancel_url": reverse("households")}
    return steps(request, form, page, do, _("家庭户已建立"), check=False)
