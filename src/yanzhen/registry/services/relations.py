"""Entering who is near to whom, and which person an account is."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.scope.api import Actor, need
from yanzhen.kernel.trail import api as trail
from yanzhen.registry import actions
from yanzhen.registry.models import Identity, Person, Relation


@transaction.atomic
def relate(
    *,
    actor: Actor,
    now: datetime,
    person: Person,
    other: Person,
    kind: str,
    source: str = "",
    since: date | None = None,
) -> Relation:
    """``other`` is the ``kind`` (``Relation.Kind``) of ``person``. Entering the same pair again changes the kind."""
    need(actor, "people.manage", person.unit.path)
    if person.pk == other.pk:
        raise DomainError("registry.relation.self", "不能登记与本人的关系。", field="other")
    if kind not in Relation.Kind.values:
        raise DomainError("registry.relation.kind", "没有这种关系。", field="kind")
    found, _ = Relation.objects.update_or_create(
        person=person, other=other, valid_to=None,
        defaults={"kind": kind, "source": source[:60], "valid_from": since or now.date()},
    )  # fmt: skip
    trail.record(
        actor=actor, now=now, action=actions.RELATION_STATED, kind="person", subject_id=person.pk,
        after={"other": other.pk, "kind": kind}, unit_path=person.unit.path,
    )  # fmt: skip
    return found


@transaction.atomic
def end_relation(*, actor: Actor, now: datetime, relation: Relation) -> Relation:
    """The relation is over (or was wrong) from today on."""
    need(actor, "people.manage", relation.person.unit.path)
    relation.valid_to = now.date()
    relation.save(update_fields=["valid_to"])
    trail.record(
        actor=actor, now=now, action=actions.RELATION_ENDED, kind="person", subject_id=relation.person_id,
        before={"other": relation.other_id, "kind": relation.kind}, unit_path=relation.person.unit.path,
    )  # fmt: skip
    return relation


@transaction.atomic
def identify(*, actor: Actor, now: datetime, account_id: int, person: Person) -> Identity:
    """Say which person an account is."""
    need(actor, "people.manage", person.unit.path)
    found, _ = Identity.objects.update_or_create(account_id=account_id, defaults={"person": person, "at": now})
    trail.record(
        actor=actor, now=now, action=actions.ACCOUNT_IDENTIFIED, kind="person", subject_id=person.pk,
        after={"account": account_id}, unit_path=person.unit.path,
    )  # fmt: skip
    return found
