"""Pages of the tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_GET, require_http_methods

from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.scope.api import Actor, may
from yanzhen.kernel.scope.web import requires
from yanzhen.kernel.ui.components import AnswerRow, Entry, Figure, Link
from yanzhen.registry.domain import units as rules
from yanzhen.registry.models import Unit
from yanzhen.registry.selectors import posts as post_selectors
from yanzhen.registry.selectors import units as selectors
from yanzhen.registry.selectors.people import residents_count
from yanzhen.registry.services import units as services
from yanzhen.registry.web import unit_forms
from yanzhen.registry.web.forms import options, steps

PAGE = 100


def level_choices(unit: Unit | None, *, below_only: bool = False) -> list[tuple[str, str]]:
    """Levels with their words, below the village by their local names."""
    today = timezone.localdate()
    local = selectors.sub_level_names(selectors.ref(unit) if unit else None, today)
    words = [(level, local.get(level, _(str(Unit.Level(level).label)))) for level in (*rules.DIVISIONS, *local)]
    if below_only and unit is not None and unit.level in rules.LADDER:
        at = rules.LADDER.index(unit.level)
        return [(level, label) for level, label in words if rules.LADDER.index(level) > at]
    return words


def level_word(unit: Any, words: Mapping[str, str]) -> str:
    """What a unit is: its level, or its kind where there are no levels."""
    return words.get(unit.level) or _(str(Unit.Kind(unit.kind).label))


def _lines(nodes: Any, words: Mapping[str, str]) -> list[tuple[Any, str]]:
    return [(node, level_word(node, words)) for node in nodes]


@requires("units.view")
@require_GET
def units(request: HttpRequest) -> HttpResponse:
    """The tree from the viewer's place down, or the hits of a search."""
    q, level = request.GET.get("q", "").strip(), request.GET.get("level", "")
    words = dict(level_choices(None))
    context: dict[str, Any] = {"q": q, "level": level, "levels": words.items(), "searched": bool(q or level)}
    if q:
        found = selectors.find_units(request.actor, q, level=level if level in words else "", limit=50)
        context["hits"] = [(unit, above, level_word(unit, words)) for unit, above in options(found)]
    elif level in words:
        found = list(selectors.units_in(request.actor, level=level)[:PAGE])
        context["hits"] = [(unit, above, level_word(unit, words)) for unit, above in options(found)]
    else:
        nodes = selectors.children_of(request.actor, None).nodes
        context["lines"] = _lines(nodes, words)
        if len(nodes) == 1 and nodes[0].children:  # one root: shown open
            branch = selectors.children_of(request.actor, nodes[0].id, limit=PAGE)
            context |= {"root": context["lines"][0], "parent": nodes[0].id, "after": branch.after}
            context["lines"] = _lines(branch.nodes, words)
    return render(request, "registry/units.html", context)


@requires("units.view")
@require_GET
def unit_children(request: HttpRequest, pk: int) -> HttpResponse:
    """One expand of the tree."""
    branch = selectors.children_of(request.actor, pk, after=request.GET.get("after", "")[:24], limit=PAGE)
    lines = _lines(branch.nodes, dict(level_choices(None)))
    return render(request, "registry/parts/branch.html", {"lines": lines, "after": branch.after, "parent": pk})


@requires("units.view")
@require_GET
def unit_find(request: HttpRequest) -> HttpResponse:
    """Hits for the unit picker."""
    name = request.GET.get("name", "unit")[:40]
    q = request.GET.get(f"{name}_q", "").strip()[:40]
    found = selectors.find_units(
        request.actor, q, level=request.GET.get("level", ""), kind=request.GET.get("kind", ""), limit=8,
        capability=request.GET.get("capability") or "units.view",
    )  # fmt: skip
    context = {"options": options(found), "name": name, "id": request.GET.get("id", f"id_{name}")[:60], "q": q}
    return render(request, "registry/parts/unit_options.html", context)


def _facts(unit: Unit, word: str) -> list[AnswerRow]:
    rows = [AnswerRow(_("代码"), unit.code), AnswerRow(_("级别或类型"), word)]
    if unit.level == "township":
        rows.append(AnswerRow(_("乡级类型"), _(rules.township_class(unit.code))))
    if unit.level == "village":
        rows.append(AnswerRow(_("村级类型"), _(rules.village_class(unit.code))))
    if unit.class_code:
        rows.append(AnswerRow(_("城乡分类代码"), unit.class_code))
    rows += [AnswerRow(_("办公电话"), unit.phone), AnswerRow(_("有效期起"), unit.valid_from.isoformat())]
    if unit.valid_to:
        rows.append(AnswerRow(_("撤销日期"), unit.valid_to.isoformat()))
    return rows


def _history(unit: Unit) -> list[Entry]:
    return [
        Entry(
            title=_(change.get_what_display()), when=change.on,
            text=" → ".join(filter(None, [change.before, change.after])), note=change.document,
            links=[Link(change.other.name, reverse("unit", args=[change.other_id]))] if change.other else [],
        )
        for change in selectors.changes_of(unit)
    ]  # fmt: skip


CHANGES: dict[str, Any] = {
    "rename": lazy("更名"), "recode": lazy("变更代码"), "move": lazy("划转"), "merge": lazy("并入其他单位"),
    "split": lazy("分设"), "end": lazy("撤销"), "edit": lazy("修改信息"), "leader": lazy("确定负责人"),
}  # fmt: skip


def _figures(unit: Unit, words: Mapping[str, str], actor: Actor) -> list[Figure]:
    found = [
        Figure(words.get(level) or _(str(Unit.Kind(kind).label)), number)
        for kind, level, number in selectors.counts_below(unit)
    ]
    if may(actor, "people.view", unit.path):
        people, households = residents_count(unit)
        people_url = f"{reverse('people')}?unit={unit.code}"
        found += [
            Figure(_("人"), people, people_url),
            Figure(_("户"), households, f"{reverse('households')}?unit={unit.code}"),
        ]
    return found


@requires("units.view")
@require_GET
def unit(request: HttpRequest, pk: int) -> HttpResponse:
    """One unit: facts, what hangs on it, who is in office, its border, what happened to it."""
    found = selectors.unit_for(request.actor, pk)
    words, today = dict(level_choices(found)), timezone.localdate()
    border = selectors.boundary_of(found, today)
    context = {
        "unit": found, "above": [each for each in selectors.path_of([found])[pk] if may(request.actor, "units.view", each.path)],
        "facts": _facts(found, level_word(found, words)), "figures": _figures(found, words, request.actor),
        "bodies": [(body, level_word(body, words)) for body in selectors.bodies_on(found)],
        "lines": _lines(selectors.children_of(request.actor, pk, limit=PAGE).nodes, words),
        "after": selectors.children_of(request.actor, pk, limit=PAGE).after,
        "leaders": selectors.leaders_of(found, today), "posts": _posts(found), "history": _history(found),
        "border": rules.svg_path(border) if border else "",
        "changes": _changes(found) if may(request.actor, "units.manage", found.path) and not found.valid_to else [],
    }  # fmt: skip
    return render(request, "registry/unit.html", context)


def _posts(unit: Unit) -> list[Any]:
    on = timezone.localdate()
    held = unit.posts.filter(post_selectors.valid_on(on), approved_at__isnull=False).select_related("account", "role")
    return list(held.order_by("role__name", "pk"))


def _changes(unit: Unit) -> list[Link]:
    return [Link(label, reverse("unit_change", args=[unit.pk, what])) for what, label in CHANGES.items()]


@requires("units.view")
@require_GET
def unit_map(request: HttpRequest, pk: int) -> JsonResponse:
    """Borders of a unit's children as GeoJSON, for maps of the platform."""
    tolerance = {"fine": 0.0001, "coarse": 0.002}.get(request.GET.get("detail", ""), 0.0005)
    found = selectors.boundaries_below(request.actor, pk, on=timezone.localdate(), tolerance=tolerance)
    return JsonResponse(found, content_type="application/geo+json")


def _page(unit: Unit, title: str, **more: Any) -> dict[str, Any]:
    return {"title": title, "unit": unit, "cancel_url": reverse("unit", args=[unit.pk]), **more}


@requires("units.manage")
@require_http_methods(["GET", "POST"])
def unit_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Found a unit below another."""
    parent = selectors.unit_for(request.actor, pk, "units.manage")
    levels = level_choices(parent, below_only=True)
    form = unit_forms.NewUnit(request.POST or None, actor=request.actor, unit=parent, levels=levels)

    def do(data: Mapping[str, Any]) -> str:
        made = services.create(actor=request.actor, now=timezone.now(), parent=parent, **data)
        return reverse("unit", args=[made.pk])

    title = _("在“%(name)s”之下设立单位") % {"name": parent.name}
    return steps(request, form, _page(parent, title), do, _("已设立"))


Doer = Callable[[Actor, Unit, Mapping[str, Any]], Unit | None]


def _merge(actor: Actor, unit: Unit, data: Mapping[str, Any]) -> Unit:
    return services.merge(
        actor=actor, now=timezone.now(), sources=[unit], target=data["target"], on=data["on"], document=data["document"]
    )


def _split(actor: Actor, unit: Unit, data: Mapping[str, Any]) -> Unit:
    part = services.Part(data["name"], data["code"], tuple(int(child) for child in data["children"]))
    return services.split(
        actor=actor, now=timezone.now(), unit=unit, parts=[part], on=data["on"], document=data["document"]
    )[0]


def _leader(actor: Actor, unit: Unit, data: Mapping[str, Any]) -> None:
    services.set_leader(actor=actor, now=timezone.now(), unit=unit, **data)


def _plainly(service: Callable[..., Unit]) -> Doer:
    return lambda actor, unit, data: service(actor=actor, now=timezone.now(), unit=unit, **data)


FORMS: dict[str, tuple[type[Any], Doer]] = {
    "rename": (unit_forms.Rename, _plainly(services.rename)),
    "recode": (unit_forms.Recode, _plainly(services.recode)),
    "move": (unit_forms.Move, _plainly(services.move)),
    "merge": (unit_forms.Merge, _merge),
    "split": (unit_forms.Split, _split),
    "end": (unit_forms.End, _plainly(services.end)),
    "edit": (unit_forms.Edit, _plainly(services.edit)),
    "leader": (unit_forms.Leader, _leader),
}
GRAVE = ("move", "merge", "split", "end", "recode")


@requires("units.manage")
@require_http_methods(["GET", "POST"])
def unit_change(request: HttpRequest, pk: int, what: str) -> HttpResponse:
    """Rename, recode, move, merge, split, end, edit a unit, or name who leads it."""
    found = selectors.unit_for(request.actor, pk, "units.manage")
    if what not in FORMS:
        raise NotFound("units.change.unknown", "没有这种变更。")
    form_class, act = FORMS[what]
    form = form_class(request.POST or None, actor=request.actor, unit=found)

    def do(data: Mapping[str, Any]) -> str:
        changed = act(request.actor, found, data)
        return reverse("unit", args=[changed.pk if changed else pk])

    warning = _("这项变更会影响下级单位和有关岗位，提交后不能撤回，只能再次变更。") if what in GRAVE else ""
    title = _("%(what)s：%(name)s") % {"what": CHANGES[what], "name": found.name}
    return steps(
        request, form, _page(found, title, warning=warning), do, _("已办理"), check=what in GRAVE or what == "rename"
    )


@requires("units.manage")
@require_http_methods(["GET", "POST"])
def unit_boundaries(request: HttpRequest) -> HttpResponse:
    """Upload borders."""
    form = unit_forms.Boundaries(request.POST or None, request.FILES or None, actor=request.actor)

    def do(data: Mapping[str, Any]) -> str:
        services.store_boundaries(
            actor=request.actor,
            now=timezone.now(),
            text=data["file"],
            on=data["on"],
            source=data["source"],
            crs=data["crs"],
        )
        return reverse("units")

    page = {"title": _("上传边界"), "cancel_url": reverse("units"), "multipart": True, "submit": _("上传")}
    return steps(request, form, page, do, _("边界已保存"), check=False)
