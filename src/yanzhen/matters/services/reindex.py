"""Putting matters into the search after a big import, or anew."""

from __future__ import annotations

from yanzhen.kernel.search import api as search
from yanzhen.kernel.tasks.api import task
from yanzhen.matters.models import Matter, Reach
from yanzhen.matters.selectors.lines import lines
from yanzhen.matters.services import gate

BATCH = 500


def later(first: int, last: int) -> None:
    """Have a range of ids put into the search by the worker; joins the caller's transaction."""
    put_into_search.enqueue(first, last)


@task
def put_into_search(first: int, last: int) -> None:
    """Matters of a range of ids become searchable."""
    put(first, last)


def put(first: int, last: int) -> int:
    """Put matters of a range of ids into the search; safe to repeat. Returns how many."""
    done = 0
    at = first
    while at <= last:
        rows = list(Matter.objects.filter(pk__gte=at, pk__lte=last).order_by("pk")[:BATCH])
        if not rows:
            break
        places = lines([row.place_id for row in rows])
        reach: dict[int, list[int]] = {}
        for matter_id, unit_id in Reach.objects.filter(matter__in=rows).values_list("matter_id", "unit_id"):
            reach.setdefault(matter_id, []).append(unit_id)
        documents = [
            (
                row.pk, gate.search_text(row, places[row.place_id]),
                gate.search_marks(places[row.place_id], row.received_at, reach.get(row.pk, [])),
            )
            for row in rows
        ]  # fmt: skip
        done += search.index_many(gate.SEARCH, documents)
        at = rows[-1].pk + 1
    return done
