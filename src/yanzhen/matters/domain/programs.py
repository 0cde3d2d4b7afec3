"""What programs get and send (plain Python): events, signatures, waits between tries, hosts that may be called, borders."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from yanzhen.kernel.errors import DomainError

#: Act of the loop → event that webhooks carry, without its prefix ``matter.``.
EVENT_OF = {
    "report": "reported",
    "take": "taken",
    "assign": "assigned",
    "reassign": "assigned",
    "accept": "accepted",
    "dispute": "disputed",
    "settle": "settled",
    "divert": "diverted",
    "decline": "declined",
    "merge": "merged",
    "raise": "raised",
    "decide_extension": "extended",
    "decide_unsolvable": "answered",
    "answer": "answered",
    "call_back": "called_back",
    "rate": "rated",
    "redo": "redone",
    "archive": "archived",
    "auto_archive": "archived",
    "reopen": "reopened",
    "person_reopen": "reopened",
    "withdraw": "withdrawn",
    "press": "pressed",
    "auto_press": "pressed",
    "overdue": "overdue",
}
PREFIX = "matter."
ALL = "*"

EVENT_WORDS = {
    "reported": "登记",
    "taken": "自办",
    "assigned": "交办、改派",
    "accepted": "签收",
    "disputed": "异议退回",
    "settled": "裁定异议",
    "diverted": "分流",
    "declined": "不予受理",
    "merged": "并案",
    "raised": "提级",
    "extended": "延期审批",
    "answered": "反馈",
    "called_back": "回访",
    "rated": "本人评价",
    "redone": "退回重办",
    "archived": "归档",
    "reopened": "重新办理",
    "withdrawn": "本人撤回",
    "pressed": "督办",
    "overdue": "超期",
}


def events() -> list[str]:
    """Every event in full: ``matter.reported`` …"""
    return [PREFIX + name for name in EVENT_WORDS]


def event_of(act: str, *, answered: bool = True) -> str:
    """The event that an act is told as, "" when it is told to nobody."""
    if act == "decide_unsolvable" and not answered:
        return ""
    return PREFIX + EVENT_OF[act] if act in EVENT_OF else ""


def pack(chosen: Iterable[str]) -> str:
    """Chosen events as they are kept: short names, or ``*`` for all of them."""
    names = [name.removeprefix(PREFIX) for name in chosen]
    if not names:
        raise DomainError("matters.webhook.events", "请至少选择一种事件。", field="events")
    unknown = [name for name in names if name not in EVENT_WORDS and name != ALL]
    if unknown:
        raise DomainError("matters.webhook.event_unknown", "没有“{name}”这种事件。", field="events", name=unknown[0])
    if ALL in names or len(set(names)) == len(EVENT_WORDS):
        return ALL
    return ",".join(name for name in EVENT_WORDS if name in names)


def unpack(kept: str) -> list[str]:
    """Kept events in full."""
    return events() if kept == ALL else [PREFIX + name for name in kept.split(",") if name]


def wants(kept: str, event: str) -> bool:
    """Whether a webhook asked for an event."""
    return kept == ALL or event.removeprefix(PREFIX) in kept.split(",")


# --- signature and retries ------------------------------------------------------------------------------------------------


def signature(secret: str, body: str, at: int) -> str:
    """``t=1750000000,v1=…``: HMAC-SHA256 over ``t.body``, so that neither the time nor the body can be changed."""
    mark = hmac.new(secret.encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={at},v1={mark}"


def wait_after(tries: int, first: int, longest: int) -> int:
    """Seconds until the next try: doubled after each, at most ``longest``."""
    return int(min(first * 2 ** max(0, min(tries, 40) - 1), longest))


# --- hosts ------------------------------------------------------------------------------------------------------------------


def listed_hosts(setting: str) -> frozenset[str]:
    """Hosts (``name`` or ``name:port``) of the operator's list."""
    return frozenset(part.strip().lower() for part in setting.split(",") if part.strip())


def check_target(url: str, listed: frozenset[str]) -> tuple[str, int]:
    """(host, port) of an address that the operator allows; DomainError otherwise.

    A host listed without a port may be called on 80 and 443 only.
    """
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise _bad_url() from None
    if parts.scheme not in ("http", "https") or not host or parts.username or parts.password or parts.fragment:
        raise _bad_url()
    used = port or (443 if parts.scheme == "https" else 80)
    plain = f"[{host}]" if ":" in host else host
    if f"{plain}:{used}" in listed or (used in (80, 443) and (host in listed or plain in listed)):
        return host, used
    raise DomainError(
        "matters.webhook.host", "不允许向“{host}”推送。请联系运维人员把它加入允许的主机名单。", field="url", host=f"{plain}:{used}"
    )


def _bad_url() -> DomainError:
    return DomainError("matters.webhook.url", "推送地址不对，请填写完整的 http 或 https 地址。", field="url")


def check_address(address: str, listed: frozenset[str]) -> None:
    """Raise when a name leads to this machine, the local link or nowhere, unless that very address is listed."""
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    near = found.is_loopback or found.is_link_local or found.is_unspecified or found.is_multicast or found.is_reserved
    names = {address, str(found), f"[{found}]"} | ({"localhost"} if found.is_loopback else set())
    if near and not any(entry == name or entry.startswith(f"{name}:") for entry in listed for name in names):
        raise DomainError("matters.webhook.near", "推送地址指向本机或本地链路，不允许推送。", field="url")


# --- borders ----------------------------------------------------------------------------------------------------------------

Ring = Sequence[Sequence[float]]


def _in_ring(x: float, y: float, ring: Ring) -> bool:
    inside = False
    for at, point in enumerate(ring):
        other = ring[at - 1]
        (x1, y1), (x2, y2) = (point[0], point[1]), (other[0], other[1])
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


def polygons(geometry: Mapping[str, Any]) -> list[Sequence[Ring]]:
    """Polygons of a GeoJSON Polygon or MultiPolygon; none for anything else."""
    if geometry.get("type") == "Polygon":
        return [geometry["coordinates"]]
    return list(geometry["coordinates"]) if geometry.get("type") == "MultiPolygon" else []


def box(geometry: Mapping[str, Any]) -> tuple[float, float, float, float] | None:
    """(west, south, east, north) of a geometry."""
    points = [point for polygon in polygons(geometry) for ring in polygon[:1] for point in ring]
    if not points:
        return None
    xs, ys = [point[0] for point in points], [point[1] for point in points]
    return min(xs), min(ys), max(xs), max(ys)


def contains(geometry: Mapping[str, Any], longitude: float, latitude: float) -> bool:
    """Whether a point lies in a Polygon or MultiPolygon (even-odd rule, holes left out)."""
    return any(
        _in_ring(longitude, latitude, polygon[0]) and not any(_in_ring(longitude, latitude, hole) for hole in polygon[1:])
        for polygon in polygons(geometry)
        if polygon
    )
