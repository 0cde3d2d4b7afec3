"""Whose step it is: holders, deputies where a post is vacant or its holder excluded, and who is excluded and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q

from yanzhen.kernel.errors import NotAllowed
from yanzhen.kernel.scope.api import Actor
from yanzhen.procedures.domain.definition import Definition, Kind, Step, Who
from yanzhen.procedures.models import Case, Interest
from yanzhen.procedures.selectors.places import Place, mine, place
from yanzhen.procedures.selectors.state import data_of
from yanzhen.registry.api import accounts_of, holders_at, near_to, person_of
from yanzhen.registry.models import Unit

#: Steps in which somebody with an interest may not act, whatever the definition says.
GUARDED = frozenset({Kind.REVIEW, Kind.SIGN_OFFS, Kind.DECISION, Kind.SIGNATURE})
INTEREST_BASIS = "回避制度：近亲属和利害关系人不得参与审核、会签、计票和监督"


@dataclass(frozen=True, slots=True)
class Holder:
    """A role at a unit, or one account. ``deputy``: stands in."""

    unit_id: int | None = None
    unit_path: str = ""
    role: str = ""
    account_id: int | None = None
    deputy: bool = False


def _spot(who: Who, case: Case, data: Mapping[str, Any], here: Place) -> Place | None:
    if who.unit_field:
        unit_id = data.get(who.unit_field)
        return place(int(unit_id)) if unit_id else None
    if who.at == "starter":
        return place(case.starter_unit_id) if case.starter_unit_id else None
    found = here.at(who.at)
    return place(found.id) if found is not None else None


def excluded(definition: Definition, step: Step, case: Case, on: date) -> set[int]:
    """Accounts that may not act in this step: those its ``exclude`` names and their near kin, and whoever has an interest."""
    persons: set[int] = set()
    accounts: set[int] = set()
    data = data_of(case)
    for key in step.exclude:
        if key == "starter":
            accounts |= {case.started_by} if case.started_by else set()
            own = person_of(case.started_by)
            persons |= {own} if own else set()
            continue
        value = data.get(key)
        persons |= {int(each) for each in (value if isinstance(value, list) else [value]) if each}
    if step.kind in GUARDED or step.kind is Kind.BALLOT:
        for account, person in Interest.objects.filter(case=case).values_list("account_id", "person_id"):
            accounts |= {account} if account else set()
            persons |= {person} if person else set()
    return accounts | (accounts_of(near_to(persons, on)) if persons else set())


def holders(
    who: Who,
    case: Case,
    on: date,
    *,
    data: Mapping[str, Any],
    here: Place,
    barred: set[int],
    unit_id: int | None = None,
) -> list[Holder]:
    """Who may act, in the order of the definition; deputies where nobody is left otherwise.

    ``unit_id``: the unit itself is given (a sign-off of a listed unit).
    """
    if who.starter:
        own = [Holder(account_id=case.started_by)] if case.started_by else []
        if case.started_by in barred:
            own = []
        if own or not who.roles:
            return own
    spot = place(unit_id) if unit_id else _spot(who, case, data, here)
    if spot is None:
        return []
    if not who.deputies:
        return [Holder(spot.ref.id, spot.ref.path, role) for role in who.roles]
    unit = Unit.objects.get(pk=spot.ref.id)
    found = holders_at(unit, (*who.roles, *who.deputies), on)
    main = [role for role in who.roles if found.get(role, set()) - barred]
    if main:
        return [Holder(spot.ref.id, spot.ref.path, role) for role in who.roles]
    if any(found.get(role, set()) - barred for role in who.deputies):
        return [Holder(spot.ref.id, spot.ref.path, role, deputy=True) for role in who.deputies]
    return _deputies_above(who, spot, on, barred) or [Holder(spot.ref.id, spot.ref.path, role) for role in who.roles]


def _deputies_above(who: Who, spot: Place, on: date, barred: set[int]) -> list[Holder]:
    """Deputies at the next levels up (a township's organiser stands in for a village post)."""
    for above in reversed(spot.above[:-1]):
        found = holders_at(Unit.objects.get(pk=above.id), who.deputies, on)
        if any(accounts - barred for accounts in found.values()):
            return [Holder(above.id, above.path, role, deputy=True) for role in who.deputies if found.get(role)]
    return []


def barred_in(definition: Definition, step: Step, case: Case, on: date) -> set[int]:
    """Accounts kept out of a step; nothing is looked up for steps that keep nobody out."""
    if not (step.exclude or step.kind in GUARDED or step.kind is Kind.BALLOT):
        return set()
    return excluded(definition, step, case, on)


def check_excluded(step: Step, actor: Actor, barred: set[int]) -> None:
    """NotAllowed where the actor is kept out of this step, with the article."""
    if actor.account_id is not None and actor.account_id in barred:
        raise NotAllowed(
            "procedures.act.excluded", "您与这件事有利害关系或近亲属关系，应当回避，不能办理这一步（{basis}）。",
            basis=step.exclude_basis or INTEREST_BASIS,
        )  # fmt: skip


def matches(actor: Actor, holder: Holder) -> bool:
    """Whether the actor's post is this holder."""
    if holder.account_id is not None:
        return actor.account_id == holder.account_id
    return actor.role == holder.role and holder.unit_id in mine(actor)


def todo_filter(actor: Actor) -> Q:
    """Todos of an actor (for one case; the inbox asks index by index)."""
    own = Q(unit_id__in=mine(actor), role=actor.role)
    return own | Q(account_id=actor.account_id) if actor.account_id is not None else own
