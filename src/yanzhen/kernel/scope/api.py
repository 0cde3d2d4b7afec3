"""Door of the scope: who acts, what they may do and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from yanzhen.kernel.scope.domain import (
    END,
    STEP,
    Actor,
    PathRange,
    UnitRef,
    acting_for,
    ancestors,
    may,
    need,
    only,
    path_range,
    public,
    system,
    which,
)

__all__ = [
    "END", "STEP", "Actor", "Capability", "PathRange", "UnitRef", "acting_for", "ancestors", "capabilities", "declare",
    "in_range", "may", "need", "only", "path_range", "public", "system", "which", "within",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Capability:
    """One right that a role can hold. ``business`` rights are never given to the three officers."""

    code: str
    label: Any
    business: bool = True


_CAPABILITIES: dict[str, Capability] = {}


def declare(code: str, label: Any, *, business: bool = True) -> Capability:
    """Declare a capability (in the module's ``rights.py``, imported from its AppConfig.ready)."""
    capability = Capability(code, label, business)
    _CAPABILITIES[code] = capability
    return capability


def capabilities() -> dict[str, Capability]:
    """Every declared capability by code."""
    return dict(_CAPABILITIES)


def in_range(reach: PathRange | None, field: str) -> Q:
    """Filter on a path column: ``Q(unit__path__gte=lo, unit__path__lt=hi)``; nothing when ``reach`` is None."""
    if reach is None:
        return Q(pk__in=[])
    if not reach.lo and reach.hi == END:
        return Q()
    return Q(**{f"{field}__gte": reach.lo, f"{field}__lt": reach.hi})


def within(actor: Actor, capability: str, field: str = "unit__path") -> Q:
    """Rows whose unit lies where ``may(actor, capability, …)`` says yes, as a range filter on ``field``."""
    return in_range(which(actor, capability), field)
