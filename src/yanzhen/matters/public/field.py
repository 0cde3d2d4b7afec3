"""The field pages: what they show and what they carry, between views and services."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from django.contrib.staticfiles import finders
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import get_template
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.rulebook.api import value
from yanzhen.kernel.scope.api import Actor
from yanzhen.kernel.ui import components as c
from yanzhen.kernel.ui import nav
from yanzhen.matters import selectors, services
from yanzhen.matters.domain.draft import Report
from yanzhen.matters.domain.loop import STATE_WORDS
from yanzhen.matters.models import Matter
from yanzhen.matters.public import forms, pages
from yanzhen.matters.selectors import field as reads
from yanzhen.matters.services import field as writes
from yanzhen.matters.web.show import clock_words

#: Files that the field needs without signal, and no other.
FILES = (
    "ui/ui.css", "ui/public.css", "ui/print.css", "field/field.css", "ui/app.js", "ui/vendor/dexie.min.js", "field/store.js",
    "field/sync.js", "field/field.js", "ui/vendor/icons.svg", "ui/mark.svg",
)  # fmt: skip

#: Words of the script, in the reader's language.
WORDS = {
    "waiting": _("已保存到本机"),
    "sending": _("正在上传"),
    "done": _("已上传"),
    "failed": _("上传失败"),
    "conflict": _("内容有冲突"),
    "offline": _("没有网络，联网后自动上传"),
    "login": _("登录已过期，登录后自动上传"),
    "server": _("服务器暂时出错，稍后再试"),
    "busy": _("服务器忙，稍后再试"),
    "other": _("当前登录的不是写这些内容的人，没有上传"),
    "summary_none": _("没有待上传的内容"),
    "summary_some": _("已保存到本机 {n} 条"),
    "summary_failed": _("{n} 条需要处理"),
    "online": _("已联网"),
    "away": _("离线"),
    "synced": _("上次同步 {when}"),
    "never": _("还没有同步过"),
    "retry": _("重试"),
    "edit": _("编辑"),
    "drop": _("放弃"),
    "resend": _("核对无误，仍按我写的提交"),
    "drop_sure": _("放弃后这条内容从本机删除，不能恢复。确定放弃吗？"),
    "mine": _("我写的"),
    "theirs": _("服务器上现在是"),
    "report": _("上报"),
    "photos": _("照片 {n} 张"),
    "saved": _("草稿已保存 {when}"),
    "need_text": _("请写明什么事"),
    "need_place": _("请选择在哪里"),
    "need_words": _("请填写内容"),
    "others": _("本机还有另一个账号没有上传的内容 {n} 条。为保护隐私不显示内容，由本人登录后再上传。"),
    "others_drop": _("从本机删除"),
    "others_sure": _("这 {n} 条内容还没有上传，删除后不能恢复。确定从本机删除吗？"),
    "logout_sure": _("本机还有 {n} 条内容没有上传。退出后仍保存在本机，只有您本人登录后才能上传。确定退出吗？"),
    "bundled": _("已保存 {n} 件到本机，{when}"),
    "bundle_failed": _("没有保存成功，请联网后再试"),
    "bundle_none": _("本机没有保存事项。有网络时在“待办”页点“保存到本机”。"),
    "no_account": _("本机还没有登录过。请在有网络的地方登录一次。"),
    "not_kept": _("这件事项没有保存在本机。"),
    "empty": _("没有内容"),
    "got_place": _("已附大致位置（约100米）"),
    "no_place": _("没有取得位置，不影响提交"),
    "asking_place": _("正在询问位置…"),
    "accept": _("签收"),
    "old": _("这条内容已在本机 {n} 天，请尽快联网上传"),
}


def account_key(actor: Actor) -> str:
    """Name of an account's store on a phone: says nothing about the account."""
    return "" if actor.account_id is None else salted_hmac("yanzhen.field.account", str(actor.account_id)).hexdigest()[:24]


def urls() -> dict[str, str]:
    """Addresses the script uses."""
    names = {"token": "sync_token", "report": "sync_report", "act": "sync_act", "bundle": "field_bundle", "worker": "field_worker",
             "home": "field_home", "write": "field_report", "outbox": "field_outbox", "login": "account_login"}  # fmt: skip
    return {name: reverse(url) for name, url in names.items()}


def show(request: HttpRequest, template: str, page: dict[str, Any], status: int = 200, *, blank: bool = False) -> HttpResponse:
    """A field page. ``blank``: without a trace of who asks (the page that a phone keeps)."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    shell: dict[str, Any] = {
        "field": {"account": "" if blank else account_key(actor), "urls": urls(), "lang": get_language() or "",
                  "words": {name: str(text) for name, text in WORDS.items()}, "shell": blank,
                  "places": page.pop("carried_places", [])},
        "bottom_nav": bar(request.path),
    }  # fmt: skip
    if blank:
        shell |= {"signed_in": False, "actor": None}
    known = nav.places()
    fixed = {name: nav.address(getattr(known, name)) for name in ("switch_post", "privacy", "accessibility", "help", "logout")}
    fixed |= {"home": reverse("field_home"), "feedback": reverse("public_feedback")}
    return render(request, template, page | shell | {"places": fixed}, status=status)


def bar(path: str) -> list[c.NavEntry]:
    """The bottom bar: four places, always the same."""
    entries = (("field_home", _("待办"), "list-check"), ("field_report", _("上报"), "pencil"), ("field_outbox", _("待上传"), "upload"))
    return [c.NavEntry(reverse(name), label, icon, active=reverse(name) == path) for name, label, icon in entries] + [
        c.NavEntry(nav.address("matters") or "/", _("全部"), "search")
    ]


@cache
def _digest(name: str) -> str:
    found = finders.find(name)
    return hashlib.sha256(open(found, "rb").read()).hexdigest() if isinstance(found, str) else ""


def worker_values() -> dict[str, Any]:
    """What the service worker is made of; its version changes with every file it keeps."""
    files = [static(name) for name in FILES]
    listed = json.dumps(files)
    sources = [get_template(f"field/{name}").template.source  # type: ignore[attr-defined]
               for name in ("offline.html", "base.html", "sw.js")]
    version = hashlib.sha256("".join([*files, *(_digest(name) for name in FILES), *sources]).encode()).hexdigest()[:12]
    return {"version": version, "files": listed, "shell": reverse("field_offline")}


# --- pages ----------------------------------------------------------------------------------------------------------------


def home(actor: Actor, now: datetime) -> dict[str, Any]:
    """Own open work, thin."""
    rows = reads.own_open(actor, now)
    return {"rows": [(row, lamp(row)) for row in rows], "may_report": actor.has("matters.report"), "carried_places": places(actor, now)}


def places(actor: Actor, now: datetime) -> list[dict[str, str]]:
    """Places of the post for the form that a phone fills in without signal."""
    return [{"code": place.code, "name": place.name} for place in reads.report_places(actor, now)]


def lamp(row: Any) -> c.Lamp | None:
    return None if row.light == "none" else c.Lamp(row.light, clock_words(row.light_words))


def report_form(request: HttpRequest, now: datetime) -> forms.FieldReportForm:
    """The report form with the places of the post; the first is chosen."""
    places = reads.report_places(request.actor, now)  # type: ignore[attr-defined]
    if request.method == "POST":
        return forms.FieldReportForm(request.POST, request.FILES, places=places)
    return forms.FieldReportForm(places=places, initial={"key": services_key(), "place": places[0].code if places else ""})


def services_key() -> str:
    """A fresh key against doubling for a form without script."""
    from uuid import uuid4

    return uuid4().hex


def report_of(given: dict[str, Any], now: datetime) -> Report:
    """The report of a field form; what was written without signal keeps its time."""
    place = given["place"]
    return Report(
        text=given["text"], place_id=place.ref.id, place_words=given["place_words"], longitude=given["longitude"],
        latitude=given["latitude"], urgency=given["urgency"], name=given["name"], phone=given["phone"], secret=given["secret"],
        channel="grid", files=given["files"], received_at=written_at(given.get("saved_at"), now),
    )  # fmt: skip


def written_at(saved: datetime | None, now: datetime) -> datetime | None:
    """When it was written: not after now, not long ago (a phone's clock may be wrong)."""
    if saved is None:
        return None
    oldest = now - timedelta(days=value("matters.field.late_days", None, on=timezone.localdate(now)))
    return min(saved, now) if saved >= oldest else None


def send_report(request: HttpRequest, given: dict[str, Any], key: str) -> Matter:
    now = timezone.now()
    report = report_of(given, now)
    return services.report(actor=request.actor, now=now, draft=report, key=writes.check_key(key))  # type: ignore[attr-defined]


def act_forms(carried: reads.Carried) -> list[tuple[Any, Any, forms.FieldActForm]]:
    """One form for each act possible now."""
    return [
        (act.code, gettext(act.words), forms.FieldActForm(code=act.code, initial={"version": carried.matter.version, "key": services_key()},
                                                          prefix=None, auto_id=f"{act.code}_%s"))
        for act in carried.acts
    ]  # fmt: skip


def matter_page(carried: reads.Carried) -> dict[str, Any]:
    """One matter on a phone."""
    matter, row = carried.matter, carried.row
    facts = [
        c.AnswerRow(gettext("编号"), matter.number),
        c.AnswerRow(gettext("状态"), gettext(STATE_WORDS[matter.state]), lamp=lamp(row)),  # type: ignore[index]
        c.AnswerRow(gettext("地点"), " · ".join(filter(None, [row.place_name, matter.place_words]))),
        c.AnswerRow(gettext("办结时限"), pages.when(matter.due_at)),
        c.AnswerRow(gettext("当事人"), " ".join(filter(None, [carried.contact.name, carried.contact.phone]))),
    ]
    steps = [
        c.Entry(title=gettext(each.act_words), when=each.at, who=each.actor_name, text=each.words) for each in reversed(carried.entries)
    ]
    return {"matter": matter, "facts": facts, "steps": steps, "acts": act_forms(carried)}


# --- what a phone carries -------------------------------------------------------------------------------------------------


def _iso(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z") if moment else ""


def packed(carried: reads.Carried) -> dict[str, Any]:
    """One matter as JSON for reading without signal; names and numbers behind their masks."""
    matter, row = carried.matter, carried.row
    shown = lamp(row)
    return {
        "id": matter.pk, "number": matter.number, "title": matter.title, "text": matter.text, "version": matter.version,
        "place": " · ".join(filter(None, [row.place_name, matter.place_words])), "state": matter.state,
        "state_words": gettext(STATE_WORDS[matter.state]), "light": row.light,  # type: ignore[index]
        "light_words": str(shown.words) if shown else "", "shape": c.LIGHTS[shown.light][0] if shown else "",
        "light_name": str(c.LIGHTS[shown.light][1]) if shown else "", "due": pages.when(matter.due_at),
        "step_due": _iso(row.step_due_at), "contact": " ".join(filter(None, [carried.contact.name, carried.contact.phone])),
        "acts": [{"code": act.code, "words": gettext(act.words), "label": str(forms.LABELS.get(act.code, "")),
                  "files": act.code in {"progress", "answer"}} for act in carried.acts],
        "entries": [{"at": pages.when(each.at), "title": gettext(each.act_words), "words": each.words} for each in carried.entries],
    }  # fmt: skip


def bundle(actor: Actor, now: datetime, more: list[int]) -> dict[str, Any]:
    """Everything a phone carries along for this post."""
    on = timezone.localdate(now)
    found = reads.carry(actor, now, more, value("matters.field.bundle_most", actor.unit, on=on))
    until = now + timedelta(days=value("matters.field.bundle_days", actor.unit, on=on))
    return {"account": account_key(actor), "who": f"{actor.name} · {actor.post_label}", "saved_at": _iso(now), "until": _iso(until),
            "places": places(actor, now), "matters": [packed(each) for each in found]}  # fmt: skip


def current(actor: Actor, matter_id: int, now: datetime) -> dict[str, Any] | None:
    """How a matter stands now, for somebody whose act came too late; None when it is out of sight."""
    try:
        return packed(reads.carried(actor, selectors.matter_for(actor, matter_id), now, last=3))
    except DomainError:
        return None


def first_error(form: Form) -> tuple[str, str]:
    """(sentence, field) of the first thing wrong with a form."""
    name, errors = next(iter(form.errors.items()))
    label = form.fields[name].label if name in form.fields else ""
    return f"{label}：{errors[0]}" if label else str(errors[0]), name
