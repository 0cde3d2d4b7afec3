"""What everybody may read: notices that hang now. Restricted cases never."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from yanzhen.procedures.domain.definition import Definition
from yanzhen.procedures.models import Case, Posting
from yanzhen.procedures.selectors.definitions import definition_of
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
