"""Near-duplicates within place and time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from yanzhen.kernel.scope.api import Actor
from yanzhen.matters.domain.draft import Report, title_of
from yanzhen.matters.domain.loop import CLOSED, STATE_WORDS, State
from yanzhen.matters.domain.triage import Note, is_near_duplicate
from yanzhen.matters.models import Matter
from yanzhen.matters.present import present
from yanzhen.matters.selectors import limits as rules
from yanzhen.matters.selectors.lines import Line, line, lines
from yanzhen.matters.selectors.scope import visible
from yanzhen.matters.selectors.triage import term_weights

LOOKED_AT = 300  # newest matters of the place that are compared by their pairs of characters
WEIGHED = 12  # of these, how many are weighed word by word


@dataclass(frozen=True, slots=True)
class Similar:
    """A matter that may be the same: ``score`` 0…1, ``reason`` the words both have."""

    id: int
    number: str
    title: str
    place_name: str
    received_at: datetime
    state: str
    state_words: str
    voices: int
    score: float
    reason: str


def _pairs(text: str) -> set[str]:
    plain = "".join(text.split())[:400]
    return {plain[at : at + 2] for at in range(len(plain) - 1)}


def similar_for(
    viewer: Actor, subject: Matter | Report, now: datetime | None = None, *, limit: int = 5
) -> list[Similar]:
    """Matters of the same township (the public: the same village) within the days of the rulebook that tell of the same.

    Staff see theirs; the public only what is not secret. A person decides whether they are joined.
    """
    now = present(now)
    place = _place(viewer, subject)
    if place is None:
        return []
    on = rules.day_of(now)
    days = rules.number("similar.days", place.ref, on)
    share = rules.number("similar.share", place.ref, on) / 100
    rows = Matter.objects.filter(received_at__gte=now - timedelta(days=days)).exclude(state__in=sorted(CLOSED))
    public = viewer.account_id is None and not viewer.is_system
    rows = rows.filter(secret=False) if public else rows.filter(visible(viewer))
    level = "village" if public else "township"
    around = place.level(level)
    rows = rows.filter(**{f"{level}_id": around}) if around else rows.filter(place_id=place.ref.id)
    if isinstance(subject, Matter):
        rows = rows.exclude(pk=subject.pk)
    own = Note(title_of(subject.text, subject.title), subject.text)
    pairs = _pairs(own.title + own.text)
    near: list[tuple[float, int]] = []
    for row_id, title, text in rows.order_by("-received_at", "-id").values_list("id", "title", "text")[:LOOKED_AT]:
        other = _pairs(title + text)
        near.append((len(pairs & other) / (min(len(pairs), len(other)) or 1), row_id))
    near.sort(reverse=True)
    chosen = [row_id for score, row_id in near[:WEIGHED] if score > 0.1]
    return _weighed(chosen, own, subject, place, share, days, now, limit)


def _place(viewer: Actor, subject: Matter | Report) -> Line | None:
    if subject.place_id is not None:
        return line(subject.place_id)
    return line(viewer.unit.id) if viewer.unit is not None else None


def _weighed(
    ids: list[int], own: Note, subject: Matter | Report, place: Line, share: float, days: int, now: datetime, limit: int
) -> list[Similar]:
    weights = term_weights(place)
    found: list[Similar] = []
    rows = Matter.objects.filter(pk__in=ids).only(
        "id", "number", "title", "text", "place_id", "received_at", "state", "voices"
    )
    names = lines([row.place_id for row in rows])
    received = subject.received_at or now
    for row in rows:
        there = names[row.place_id]
        villages = (place.level("village"), there.level("village"))
        verdict = is_near_duplicate(
            own, Note(row.title, row.text), threshold=share, same_place=villages[0] == villages[1] if all(villages) else None,
            days_apart=abs((received - row.received_at).days), window_days=days, weights=weights,
        )  # fmt: skip
        if verdict.duplicate:
            found.append(
                Similar(
                    row.pk, row.number, row.title, there.words, row.received_at, row.state, STATE_WORDS[State(row.state)],
                    row.voices, verdict.score, "、".join(verdict.reasons),
                )
            )  # fmt: skip
    return sorted(found, key=lambda each: -each.score)[:limit]
