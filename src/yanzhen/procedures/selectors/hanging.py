"""What everybody may read: notices that hang now, boards of ballots. Restricted cases never. And who may count."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from yanzhen.kernel.accounts.api import Account
from yanzhen.kernel.errors import NotFound
from yanzhen.procedures.domain.definition import Definition
from yanzhen.procedures.models import Ballot, Case, Posting
from yanzhen.procedures.selectors.definitions import definition_of
from yanzhen.procedures.selectors.places import place
from yanzhen.registry.api import accounts_at
from yanzhen.registry.models import Person


def posting_for(posting_id: int, on: date) -> Posting | None:
    """A notice of a case that is not restricted, while it hangs."""
    rows = Posting.objects.select_related("step__case__unit", "step__case__procedure")
    return rows.filter(pk=posting_id, put_up_on__lte=on, until__gte=on, step__case__restricted=False).first()


def case_of(posting: Posting) -> tuple[Case, Definition, Mapping[str, Any]]:
    """Its case, the version it runs by and what it carries."""
    case = posting.step.case
    return case, definition_of(case), json.loads(case.data)


def person_names(ids: Iterable[int]) -> list[str]:
    """Names of people, to be masked."""
    found = dict(Person.objects.filter(pk__in=list(ids)).values_list("pk", "name"))
    return [found[each] for each in ids if each in found]


def public_ballot(ballot_id: int) -> Ballot:
    """A ballot of a case that is not restricted; NotFound otherwise."""
    rows = Ballot.objects.select_related("step__case__unit", "step__case__procedure")
    found = rows.filter(pk=ballot_id, step__case__restricted=False).first()
    if found is None:
        raise NotFound("procedures.ballot.none", "没有这次投票。")
    return found


def teller_choices(case: Case, on: date) -> list[tuple[int, str]]:
    """Accounts at the case's unit and the unit above it that may count a ballot, by name."""
    chain = place(case.unit_id).ref.chain
    accounts = Account.objects.filter(pk__in=accounts_at(chain[-2:], "procedures.tell", on)).order_by("pk")
    return [(each.pk, each.display_name) for each in accounts]
