"""What the shell's own pages hold."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from yanzhen.kernel.notify import api as notify
from yanzhen.kernel.scope.api import Actor
from yanzhen.kernel.ui import components as c
from yanzhen.kernel.ui import nav
from yanzhen.matters import api as matters
from yanzhen.registry import api as registry

SHOWN = 12  # lines of each part; the whole is one click away
FOUND = 20
FIELD_LEVELS = frozenset({"village", "sub1", "sub2", "sub3", "sub4"})


def layout(request: HttpRequest) -> str:
    """Standing pages in the staff's layout for staff, in the light one for everybody else."""
    return "ui/base.html" if request.actor.account_id else "ui/public.html"


def officer_home(request: HttpRequest) -> dict[str, Any]:
    """The officer's own pages, with their open counts, and not one line of business data."""
    entries = [entry for entry in nav.entries(request.actor, request.path) if entry.url != reverse("home")]
    return {"entries": entries, "unread": notify.unread_count(request.actor.account_id)}


def lights(rows: Any) -> c.CaseTable:
    """Red, yellow, green by unit below; every number opens its list."""
    base = reverse("matters")
    lines = []
    for each in rows:
        address = f"{base}?tab=all&place={each.unit.id}"
        lines.append(
            c.Row(
                name=each.unit.name,
                url=address,
                cells=[
                    c.Cell(getattr(each, light), url=f"{address}&light={light}" if getattr(each, light) else "")
                    for light in ("red", "yellow", "green")
                ],
            )
        )
    columns = [
        c.Column(_("单位")),
        c.Column(f"■ {_('超期')}", "num"),
        c.Column(f"▲ {_('临期')}", "num"),
        c.Column(f"● {_('正常')}", "num"),
    ]
    return c.CaseTable(
        _("本单位红黄绿"),
        columns,
        lines,
        id="lights",
        empty=c.Empty(_("没有在办事项"), _("辖区内的在办事项会按单位列在这里。")),
    )


def workbench(viewer: Actor, now: datetime) -> dict[str, Any]:
    """To do, pressed, lights, notices: nothing else."""
    bench = matters.workbench_for(viewer, now)
    notices = notify.inbox(viewer, limit=5)
    field = viewer.unit is not None and viewer.unit.level in FIELD_LEVELS
    return {
        "bench": bench,
        "field": field,
        "todo": matters.table(
            bench.todo[:SHOWN],
            caption=_("待办"),
            columns=("light", "state", "place"),
            count=bench.todo_count.n,
            cap=bench.todo_count.cap,
            id="todo",
            empty=c.Empty(_("没有待办事项"), _("轮到您办理的事项会按时限排在这里。")),
        ),
        "more": len(bench.todo) > SHOWN or bench.todo_count.n > len(bench.todo),
        "pressed": [(each, matters.gist(each.letter)) for each in bench.pressed],
        "lights": None if field and len(bench.lights) < 2 else lights(bench.lights),
        "notices": notices.notices,
        "unread": notices.unread,
        "may_report": viewer.has("matters.report"),
    }


def look_up(viewer: Actor, text: str, now: datetime) -> dict[str, Any]:
    """Matters, people and units that fit what was typed, each only as far as the viewer may see."""
    text = text.strip()[:60]
    found: dict[str, Any] = {"q": text}
    if not text:
        return found
    if viewer.has("matters.view"):
        exact = matters.number_in(viewer, text)
        if exact is not None:
            return {"goto": reverse("matter", args=[exact])}
        rows = matters.search_for(viewer, text, now, limit=FOUND)
        found["matters"] = (
            matters.table(rows, caption=_("事项"), id="found-matters", count=len(rows), cap=FOUND) if rows else None
        )
        found["all_url"] = f"{reverse('matters')}?{urlencode({'tab': 'all', 'q': text})}"
    if viewer.has("people.view"):
        found["people"] = registry.find_people(viewer, text, limit=FOUND)
    if viewer.has("units.view"):
        found["units"] = registry.find_units(viewer, text, limit=FOUND)
    found["nothing"] = not any(found.get(key) for key in ("matters", "people", "units"))
    return found
