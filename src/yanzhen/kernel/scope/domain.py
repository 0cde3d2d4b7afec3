"""Scope: one rule that answers both "may I?" and "which?" (plain Python).

A *path* is the materialised path of a unit: four characters a level from the alphabet 0-9A-Z. All units below a unit have
paths that start with its path, so a subtree is one half-open range ``lo <= path < hi``. The range, and not ``LIKE``, is
what both databases answer from an index (``LIKE 'x%' ESCAPE`` scans on SQLite).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from yanzhen.kernel.errors import NotAllowed

STEP = 4
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
END = "~"  # above every character of the alphabet: the open end of the last range


@dataclass(frozen=True, slots=True)
class PathRange:
    """Half-open range of paths ``lo <= path < hi``: a unit and everything below it."""

    lo: str
    hi: str

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and self.lo <= path < self.hi


def path_range(path: str) -> PathRange:
    """The range that holds ``path`` and all paths below it. An empty path means the whole tree."""
    chars = list(path)
    while chars:
        at = _ALPHABET.index(chars[-1])
        if at + 1 < len(_ALPHABET):
            return PathRange(path, "".join(chars[:-1]) + _ALPHABET[at + 1])
        chars.pop()
    return PathRange(path, END)


def ancestors(path: str) -> tuple[str, ...]:
    """Paths from the root down to ``path`` itself: ``0001`` , ``00010003`` …"""
    return tuple(path[:end] for end in range(STEP, len(path) + 1, STEP))


@dataclass(frozen=True, slots=True)
class UnitRef:
    """A unit as the floor sees it: identity and place in the tree. ``chain``: ids from the root down to the unit itself."""

    id: int
    path: str
    name: str
    code: str = ""
    kind: str = "division"
    level: str = ""
    chain: tuple[int, ...] = ()

    @property
    def scope(self) -> PathRange:
        return path_range(self.path)


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody acting in one named post (or the system, or the public).

    ``capabilities`` are codes such as ``matters.assign``. ``unit`` is None for the public and for the system; the system
    holds every capability everywhere, the public holds none.
    """

    name: str
    account_id: int | None = None
    post_id: int | None = None
    role: str = ""
    post_label: str = ""
    unit: UnitRef | None = None
    capabilities: frozenset[str] = field(default_factory=frozenset)
    on_behalf_of: str = ""
    channel: str = "web"
    ip: str = ""
    request_id: str = ""
    is_system: bool = False

    def has(self, capability: str) -> bool:
        """Whether the post gives the capability at all, anywhere."""
        return self.is_system or capability in self.capabilities


def may(actor: Actor, capability: str, path: str) -> bool:
    """Whether ``actor`` may use ``capability`` on the unit at ``path``: held by the post and inside its subtree."""
    if actor.is_system:
        return True
    if capability not in actor.capabilities or actor.unit is None:
        return False
    return path in actor.unit.scope


def which(actor: Actor, capability: str) -> PathRange | None:
    """The range of paths on which ``may`` answers yes, or None where it answers yes nowhere."""
    if actor.is_system:
        return PathRange("", END)
    if capability not in actor.capabilities or actor.unit is None:
        return None
    return actor.unit.scope


def need(actor: Actor, capability: str, path: str) -> None:
    """Raise :class:`NotAllowed` unless ``may``."""
    if not may(actor, capability, path):
        raise NotAllowed(
            "scope.denied",
            "您当前的岗位没有这项权限，或该单位不在您的管辖范围内。请切换岗位或联系安全管理员。",
            capability=capability,
        )


def only(paths: Iterable[str], reach: PathRange | None) -> list[str]:
    """The paths inside ``reach`` (none when it is None): the list twin of the database filter."""
    return [] if reach is None else [path for path in paths if path in reach]


def system(name: str, *, request_id: str = "") -> Actor:
    """The platform itself, for scheduled work: ``system("clock")``."""
    return Actor(name=name, role="system", channel="system", is_system=True, request_id=request_id)


def public(*, ip: str = "", request_id: str = "", channel: str = "public") -> Actor:
    """Somebody without an account: a villager at the public page."""
    return Actor(name="", role="public", channel=channel, ip=ip, request_id=request_id)


def acting_for(actor: Actor, principal: str) -> Actor:
    """The same actor, marked as acting for somebody on leave."""
    return replace(actor, on_behalf_of=principal)
