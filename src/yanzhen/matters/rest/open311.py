"""Open311 GeoReport v2 (http://wiki.open311.org/GeoReport_v2, frozen text) and Service Discovery, in XML and JSON.

What is shown holds no personal data: class, place, progress. The text only where rule ``matters.open311.publish_text`` says so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import wraps
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.rulebook.api import value
from yanzhen.kernel.scope.api import Actor, UnitRef, public
from yanzhen.kernel.scope.web import public_page
from yanzhen.kernel.worktime.api import BEIJING
from yanzhen.matters import services as writes
from yanzhen.matters.domain.draft import Report
from yanzhen.matters.domain.loop import OPEN, STATE_WORDS, Channel, State
from yanzhen.matters.domain.numbers import parse_number
from yanzhen.matters.models import Category, Entry, Matter
from yanzhen.matters.rest.auth import WaitError, admit, spend
from yanzhen.matters.selectors import programs as reads
from yanzhen.matters.selectors.lines import line

SPEC = "http://wiki.open311.org/GeoReport_v2"
CHANGED = "2026-11-01T00:00:00Z"  # when the definitions below last changed
SPAN = timedelta(days=90)
MOST = 1000
DEEPEST = 10_000  # rows that paging goes down to
LONGEST = 4000
_ILLEGAL = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PHONE = re.compile(r"\+?[\d-]{5,20}")
_ATTRIBUTE = re.compile(r"attribute\[([^\]]*)\](\[\])?")


@dataclass
class RefusedError(Exception):
    """What the specification calls errors: (code, description) pairs and the status of the answer."""

    status: int
    errors: list[tuple[int, str]] = field(default_factory=list)


def refuse(status: int, description: str) -> RefusedError:
    """One error whose code is the status."""
    return RefusedError(status, [(status, description)])


# --- the two formats --------------------------------------------------------------------------------------------------------

#: Element of the members of a list, by the list's element.
_MEMBER = {
    "services": "service", "service_requests": "request", "attributes": "attribute", "values": "value", "errors": "error",
    "endpoints": "endpoint", "formats": "format",
}  # fmt: skip


def _text(given: Any) -> str:
    if isinstance(given, bool):
        return "true" if given else "false"
    return _ILLEGAL.sub("", str(given))


def _fill(parent: Element, given: Any) -> None:
    if isinstance(given, Mapping):
        for name, inner in given.items():
            _fill(SubElement(parent, name), inner)
    elif isinstance(given, Sequence) and not isinstance(given, str):
        for inner in given:
            _fill(SubElement(parent, _MEMBER[parent.tag]), inner)
    elif given is not None:
        parent.text = _text(given)


def answer(form: str, root: str, given: Any, status: int = 200) -> HttpResponse:
    """The same values as XML below ``root``, or as JSON by the specification's Spark convention (the root left out)."""
    if form == "json":
        body = json.dumps(given, ensure_ascii=False)
        return HttpResponse(body, status=status, content_type="application/json; charset=utf-8")
    element = Element(root)
    _fill(element, given)
    raw = b'<?xml version="1.0" encoding="utf-8"?>\n' + tostring(element, encoding="utf-8").split(b"?>\n", 1)[-1]
    return HttpResponse(raw, status=status, content_type="text/xml; charset=utf-8")


def errors(form: str, refused: RefusedError) -> HttpResponse:
    """Errors as the specification wants them."""
    listed = [{"code": code, "description": text} for code, text in refused.errors]
    response = answer(form, "errors", listed, refused.status)
    return response


View = Callable[..., HttpResponse]


def endpoint(*methods: str) -> Callable[[View], View]:
    """A public resource: its methods, its refusals in its own format, its jurisdiction checked."""

    def wrap(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, form: str = "xml", **kwargs: Any) -> HttpResponse:
            if request.method not in methods:
                response = errors(form, refuse(405, _("这个资源不支持该方法。")))
                response["Allow"] = ", ".join(methods)
                return response
            try:
                _jurisdiction(request)
                return view(request, form=form, **kwargs)
            except RefusedError as refused:
                return errors(form, refused)
            except WaitError as wait:
                response = errors(form, refuse(429, _("调用太频繁，请稍后再试。")))
                response["Retry-After"] = str(wait.seconds)
                return response
            except (SuspiciousOperation, MultiPartParserError):
                return errors(form, refuse(400, _("请求内容读不懂，请检查格式。")))
            except DomainError as error:
                text = _(error.template)
                text = text.format(**error.data) if error.data else text
                return errors(form, refuse(error.status if error.status in (403, 404) else 400, text))

        return csrf_exempt(public_page(checked))

    return wrap


def sent(request: HttpRequest, name: str) -> str:
    """A parameter without blanks around it and without NUL, which no database takes; "" when it is not there."""
    given = request.POST if request.method == "POST" else request.GET
    return str(given.get(name, "")).replace("\x00", "").strip()


# --- where we are -----------------------------------------------------------------------------------------------------------


def _today() -> date:
    return timezone.localdate()


def here() -> UnitRef:
    """The division that Open311 speaks for."""
    top = reads.common_unit()
    wanted = str(value("matters.open311.unit", top, on=_today()))
    found = top if wanted == "auto" else reads.division_by_code(wanted)
    if found is None:
        raise refuse(400, _("本平台还没有设置收件单位。"))
    return found


def _jurisdiction(request: HttpRequest) -> None:
    given = sent(request, "jurisdiction_id") or request.GET.get("jurisdiction_id", "")
    own = str(value("matters.open311.jurisdiction", reads.common_unit(), on=_today()))
    if given and own != "any" and given != own:
        raise refuse(404, _("没有这个 jurisdiction_id。"))


# --- discovery and services -------------------------------------------------------------------------------------------------


@endpoint("GET")
def discovery(request: HttpRequest, form: str) -> HttpResponse:
    """Where the service is, in which formats, and who is asked for a key."""
    base = settings.YANZHEN.base_url.rstrip("/")
    told = {
        "changeset": CHANGED,
        "contact": _("%(unit)s社会治理中心，%(url)s") % {"unit": here().name, "url": base},
        "key_service": _("接口密钥由数据专员在平台的“接口令牌”页面签发：%(url)s") % {"url": f"{base}/tokens/"},
        "endpoints": [
            {
                "specification": SPEC,
                "url": f"{base}/open311/v2",
                "changeset": CHANGED,
                "type": "production",
                "formats": ["text/xml", "application/json"],
            }
        ],
    }
    return answer(form, "discovery", told)


def _leaves() -> list[Category]:
    found = reads.categories(public=True, most=5000)
    parents = {each.parent_id for each in found}
    return [each for each in found if each.pk not in parents]


def _group(category: Category) -> str:
    while category.parent is not None:
        category = category.parent
    return category.name


def _service(category: Category) -> dict[str, Any]:
    words = [part for part in re.split(r"[/>＞、·\s-]+", category.full_name) if part]
    return {
        "service_code": category.code,
        "service_name": category.name,
        "description": category.full_name,
        "metadata": True,
        "type": "realtime",
        "keywords": ",".join(dict.fromkeys(words)),
        "group": _group(category),
    }


@endpoint("GET")
def services(request: HttpRequest, form: str) -> HttpResponse:
    """GET Service List: classes of the official table that the public may choose."""
    return answer(form, "services", [_service(each) for each in _leaves()])


@dataclass(frozen=True, slots=True)
class Attribute:
    """A further question of every service."""

    code: str
    datatype: str
    description: str
    hint: str
    values: tuple[tuple[str, str], ...] = ()


def attributes() -> tuple[Attribute, ...]:
    """Questions that every service asks besides the specification's own; none must be answered."""
    yes_no = (("yes", _("是")), ("no", _("否")))
    return (
        Attribute("VILLAGE", "string", _("村或社区"), _("名称或 12 位区划代码")),
        Attribute("CALL_BACK", "singlevaluelist", _("办结后是否需要回访"), _("默认需要"), yes_no),
        Attribute("SECRET", "singlevaluelist", _("是否要求保密"), _("保密的事项不在这里公开"), yes_no),
    )


def _category(code: str) -> Category:
    found = reads.public_category(code.replace("\x00", ""))
    if found is None:
        raise refuse(404, _("没有 service_code 为“%(code)s”的服务。") % {"code": code})
    return found


@endpoint("GET")
def definition(request: HttpRequest, form: str, code: str) -> HttpResponse:
    """GET Service Definition."""
    told = [
        {
            "variable": True,
            "code": each.code,
            "datatype": each.datatype,
            "required": False,
            "datatype_description": each.hint,
            "order": at,
            "description": each.description,
            "values": [{"key": key, "name": name} for key, name in each.values],
        }
        for at, each in enumerate(attributes(), 1)
    ]
    return answer(form, "service_definition", {"service_code": _category(code).code, "attributes": told})


# --- POST -------------------------------------------------------------------------------------------------------------------


@endpoint("GET", "POST")
def requests(request: HttpRequest, form: str) -> HttpResponse:
    """GET Service Requests, POST Service Request."""
    if request.method == "POST":
        return _create(request, form)
    return answer(form, "service_requests", _found(request))


def _key(request: HttpRequest, unit: UnitRef, on: date) -> Actor:
    """Who reports: the post of the key, or the public where the rule lets it report without one."""
    key = sent(request, "api_key") or request.GET.get("api_key", "").strip()
    ip = request.META.get("REMOTE_ADDR", "")
    if key:
        actor = admit(key, request, channel="open311")
        if actor is None or not actor.has("matters.report"):
            raise refuse(403, _("api_key 无效或没有登记事项的权限。"))
        return actor
    if value("matters.open311.key_required", unit, on=on):
        raise refuse(403, _("请带上 api_key。"))
    wait = spend(f"open311:{ip}", int(value("matters.open311.per_ip", unit, on=on)), 3600)
    if wait:
        raise WaitError(wait)
    return public(ip=ip, request_id=getattr(request, "request_id", ""), channel="open311")


def _attributes(request: HttpRequest) -> tuple[dict[str, str], str]:
    """Answers to our own questions, and the other platform's number (``attribute[fixmystreet_id]``). Others are ignored."""
    known = {each.code: each for each in attributes()}
    found: dict[str, str] = {}
    foreign = ""
    for name in request.POST:
        match = _ATTRIBUTE.fullmatch(name)
        if match is None:
            continue
        code, text = match[1], sent(request, name)
        if code in ("fixmystreet_id", "external_id") and text:
            foreign = text[:60]
        if code not in known or not text:
            continue
        choices = [key for key, _name in known[code].values]
        if choices and text not in choices:
            raise refuse(400, _("attribute[%(code)s] 的值不在选项之内。") % {"code": code})
        found[code] = text[:160]
    return found, foreign


def _number(text: str, most: float) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if -most <= found <= most else None


@dataclass(frozen=True, slots=True)
class Location:
    """The location parameter: coordinates, an address in words, or the id of a place."""

    latitude: float | None
    longitude: float | None
    address: str
    address_id: str


def _location(request: HttpRequest) -> Location:
    given = {name: sent(request, name) for name in ("lat", "long", "address_string", "address_id")}
    if bool(given["lat"]) != bool(given["long"]):
        raise refuse(400, _("lat 与 long 须同时提供。"))
    latitude = longitude = None
    if given["lat"]:
        latitude, longitude = _number(given["lat"], 90), _number(given["long"], 180)
        if latitude is None or longitude is None:
            raise refuse(400, _("lat 或 long 不是有效的坐标。"))
    elif not given["address_string"] and not given["address_id"]:
        raise refuse(400, _("请提供位置：lat 与 long，或 address_string，或 address_id。"))
    return Location(latitude, longitude, given["address_string"], given["address_id"])


def _place(unit: UnitRef, location: Location, village: str, on: date) -> int | None:
    """The place that is meant, from the surest sign to the least: its id, the village named, the border around the point."""
    for text in (location.address_id, village):
        found = reads.place_below(unit, text) if text else None
        if found is not None:
            return found
    if location.latitude is not None and location.longitude is not None:
        return reads.village_around(unit, location.longitude, location.latitude, on)
    return reads.place_below(unit, location.address) if location.address else None


def _who(request: HttpRequest) -> tuple[str, str]:
    """Name (with the mail address, which has no field of its own) and phone: both are kept encrypted."""
    last, first = sent(request, "last_name"), sent(request, "first_name")
    latin = (last + first).isascii()
    name = f"{first} {last}".strip() if latin else f"{last}{first}"
    mail = sent(request, "email")[:50]
    phone = sent(request, "phone")[:30]
    digits = re.sub(r"[ ()（）]", "", phone)
    if not _PHONE.fullmatch(digits):
        name, digits = f"{name} {phone}".strip(), ""
    return (f"{name[: max(0, 58 - len(mail))]} <{mail}>".strip() if mail else name)[:60], digits


def _described(request: HttpRequest, category: Category) -> str:
    text = sent(request, "description")
    if len(text) > LONGEST:
        raise refuse(400, _("description 最多 4000 字。"))
    media = sent(request, "media_url")[:500]
    return "\n".join(part for part in (text or category.full_name, media) if part)


def _create(request: HttpRequest, form: str) -> HttpResponse:
    on, now, unit = _today(), timezone.now(), here()
    code = sent(request, "service_code")
    actor = _key(request, unit, on)
    if actor.unit is not None:  # a key reports into the division of its own post
        unit = line(actor.unit.id).division
    if not code:
        raise refuse(400, _("请提供 service_code。"))
    category = _category(code)
    location = _location(request)
    chosen, foreign = _attributes(request)
    text = _described(request, category)
    name, phone = _who(request)
    place = _place(unit, location, chosen.get("VILLAGE", ""), on)
    draft = Report(
        text=text, place_id=place or unit.id, located=place is not None, category_id=category.pk, channel=Channel.OPEN311,
        place_words=location.address[:160], longitude=location.longitude, latitude=location.latitude,
        name=name, phone=phone, secret=chosen.get("SECRET") == "yes",
        call_back_wanted=chosen.get("CALL_BACK") != "no",
        source=f"open311.p{actor.post_id}" if foreign and actor.post_id else "",
        source_ref=foreign if foreign and actor.post_id else "",
    )  # fmt: skip
    row = writes.report(actor=actor, now=now, draft=draft)
    notice = _("已受理，编号 %(number)s。") % {"number": row.number}
    if row.code:
        notice += _("查询码 %(code)s，请只告诉当事人本人。") % {"code": row.code}
    made = {"service_request_id": row.number, "service_notice": notice, "account_id": None}
    return answer(form, "service_requests", [made])


# --- GET requests -----------------------------------------------------------------------------------------------------------


def _moment(text: str, name: str) -> datetime | None:
    """A W3C date and time; a day alone begins at midnight in China."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise refuse(400, _("%(name)s 不是 W3C 格式的时间，例如 2026-01-01T00:00:00Z。") % {"name": name}) from None
    if not 2000 <= found.year <= 2099:
        raise refuse(400, _("%(name)s 不在可查询的范围内。") % {"name": name})
    return found if found.tzinfo is not None else found.replace(tzinfo=BEIJING)


def _span(request: HttpRequest, now: datetime) -> tuple[datetime, datetime]:
    start = _moment(sent(request, "start_date"), "start_date")
    end = _moment(sent(request, "end_date"), "end_date")
    if start is None:
        end = end or now
        start = end - SPAN
    elif end is None:
        end = min(start + SPAN, max(now, start))
    if start > end:
        raise refuse(400, _("start_date 晚于 end_date。"))
    if end - start > SPAN:
        raise refuse(400, _("start_date 与 end_date 之间不得超过 90 天。"))
    return start, end


def _paging(request: HttpRequest) -> tuple[int, int]:
    """(first row, number of rows) of the page asked for."""
    given = [sent(request, name) or str(default) for name, default in (("page", 1), ("page_size", MOST))]
    if not all(text.isascii() and text.isdigit() and len(text) < 6 and int(text) > 0 for text in given):
        raise refuse(400, _("page 与 page_size 须为正整数。"))
    page, size = int(given[0]), min(int(given[1]), MOST)
    if page * size > DEEPEST:
        raise refuse(400, _("翻页太深，请用 start_date 与 end_date 缩小范围。"))
    return (page - 1) * size, size


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _found(request: HttpRequest) -> list[dict[str, Any]]:
    unit = here()
    rows = reads.shown(unit)
    wanted = _list(sent(request, "service_request_id"))
    if wanted:
        numbers = [parse_number(each) for each in wanted[:MOST]]
        return _told(unit, list(rows.filter(number__in=[each for each in numbers if each]).order_by("-received_at", "-id")))
    start, end = _span(request, timezone.now())
    first, size = _paging(request)
    rows = rows.filter(received_at__gte=start, received_at__lte=end)
    codes = _list(sent(request, "service_code"))
    if codes:
        rows = rows.filter(category__code__in=codes, category__public=True)
    states = _list(sent(request, "status").lower())
    if not set(states) <= {"open", "closed"}:
        raise refuse(400, _("status 须为 open 或 closed。"))
    if len(set(states)) == 1:
        inside = Q(state__in=sorted(OPEN))
        rows = rows.filter(inside if states[0] == "open" else ~inside)
    return _told(unit, list(rows.order_by("-received_at", "-id")[first : first + size]))


def _told(unit: UnitRef, rows: Iterable[Matter]) -> list[dict[str, Any]]:
    rows = list(rows)
    texts = bool(value("matters.open311.publish_text", unit, on=_today()))
    answers = _answers([row.pk for row in rows]) if texts else {}
    return [_one(row, texts, answers.get(row.pk, "")) for row in rows]


def _answers(ids: list[int]) -> dict[int, str]:
    lines = Entry.objects.filter(matter_id__in=ids, public=True, act__in=("answer", "decide_unsolvable", "divert", "decline"))
    return dict(lines.order_by("id").values_list("matter_id", "words"))


def _w3c(moment: datetime | None) -> str | None:
    return moment.astimezone(BEIJING).isoformat(timespec="seconds") if moment else None


def _one(row: Matter, texts: bool, said: str) -> dict[str, Any]:
    """One request as it is shown. Coordinates, coarse as they are (about 100 m), only of what came in by Open311 itself:
    a phone's place on a private page was not given to be published."""
    place = line(line(row.place_id).division.id)  # never finer than the village
    located = texts or row.channel == Channel.OPEN311
    category = row.category if row.category is not None and row.category.public else None
    opened = State(row.state) in OPEN
    words = _(STATE_WORDS[State(row.state)])
    updated = row.updated_at if opened else row.closed_at or row.updated_at
    agency = row.lead or row.holder
    return {
        "service_request_id": row.number,
        "status": "open" if opened else "closed",
        "status_notes": f"{words}：{said}" if said else words,
        "service_name": category.name if category else _("其他"),
        "service_code": category.code if category else "",
        "description": row.text[:LONGEST] if texts else (category.full_name if category else None),
        "agency_responsible": agency.name if agency else None,
        "service_notice": None,
        "requested_datetime": _w3c(row.received_at),
        "updated_datetime": _w3c(updated),
        "expected_datetime": _w3c(row.due_at),
        "address": f"{place.words}{row.place_words}" if texts else place.words,
        "address_id": place.ref.code,
        "zipcode": None,
        "lat": float(row.latitude) if located and row.latitude is not None else None,
        "long": float(row.longitude) if located and row.longitude is not None else None,
        "media_url": None,
    }


def _by_number(unit: UnitRef, number: str) -> Matter:
    found = reads.shown(unit).filter(number=parse_number(number) or "-").first()
    if found is None:
        raise refuse(404, _("没有找到 service_request_id “%(number)s”。") % {"number": number})
    return found


@endpoint("GET")
def request_one(request: HttpRequest, form: str, number: str) -> HttpResponse:
    """GET Service Request."""
    unit = here()
    return answer(form, "service_requests", _told(unit, [_by_number(unit, number)]))


@endpoint("GET")
def token(request: HttpRequest, form: str, token: str) -> HttpResponse:
    """GET service_request_id from a token: numbers are given at once, so a token is the number itself."""
    row = _by_number(here(), token)
    return answer(form, "service_requests", [{"service_request_id": row.number, "token": token}])


@endpoint("GET", "POST")
def nowhere(request: HttpRequest, form: str) -> HttpResponse:
    """Any other address."""
    raise refuse(404, _("没有这个资源。"))
