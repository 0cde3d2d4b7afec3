"""Reading disclosures: the calendar with its lamps, the drafts, what hangs, what hung on a day, the proof of it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from django.db.models import QuerySet

from yanzhen.democracy.domain import disclosure as rules
from yanzhen.democracy.domain.disclosure import Item, Notice, Period, State, catalogue
from yanzhen.democracy.models import Decision, Disclosure, Objection
from yanzhen.democracy.selectors.scope import number, table, today_of, village_for
from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.scope.api import Actor, in_range, path_range, within
from yanzhen.kernel.trail import api as trail
from yanzhen.registry.models import Unit

#: Shown on a board, or was: what nobody may change any more.
HUNG = (State.UP, State.ENDED, State.REPLACED)
LOOK_BACK = 100  # days of the calendar that lie behind


@dataclass(frozen=True, slots=True)
class DueLine:
    """A line of the calendar: what, for which period, until when, and what became of it."""

    unit_id: int
    item: Item
    period: Period
    due: date
    lamp: Literal["green", "yellow", "red"]
    disclosure: Disclosure | None = None
    subject_kind: str = ""
    subject_id: int | None = None
    subject_title: str = ""

    @property
    def on_time(self) -> bool | None:
        """Published in time; None while it is neither published nor late."""
        shown = self.disclosure and self.disclosure.published_at
        if shown:
            return today_of(shown) <= self.due
        return False if self.lamp == "red" else None


def items_for(unit: Unit, on: date) -> list[Item]:
    """The catalogue as it holds for a village: frequencies and grace of the county over the shipped ones."""
    every = table("disclosure.every", unit, on)
    found = []
    for item in catalogue().values():
        grace = number("disclosure.grace", unit, on, item=item.code) or item.grace
        wanted = every.get(item.code, item.every)
        fields = {name: getattr(item, name) for name in item.__dataclass_fields__} | {"every": wanted, "grace": grace}
        found.append(Item(**fields))
    return found


def item_for(unit: Unit, code: str, on: date) -> Item:
    """One line of the catalogue; :class:`NotFound` when there is none."""
    for item in items_for(unit, on):
        if item.code == code:
            return item
    raise NotFound("democracy.item.unknown", "公开目录里没有这一项。")


def _shown(rows: Iterable[Disclosure]) -> dict[tuple[str, str], Disclosure]:
    """By item and period the version that counts: the first that went up, else the newest draft."""
    found: dict[tuple[str, str], Disclosure] = {}
    for row in rows:
        key = (row.item, row.period if row.subject_id is None else f"{row.subject_kind}:{row.subject_id}")
        if key not in found or (found[key].published_at is None):
            found[key] = row
    return found


def due_lines(unit: Unit, first: date, last: date, today: date) -> list[DueLine]:
    """Everything of a village whose day of publication lies between two days: periods of the catalogue and events."""
    rows = list(Disclosure.objects.filter(unit=unit, due_on__gte=first - timedelta(days=400)).order_by("pk"))
    known = _shown(rows)
    found: list[DueLine] = []
    items = items_for(unit, today)
    for item in items:
        if item.every == "event":
            continue
        for period in rules.periods_between(item.every, first - timedelta(days=item.grace), last):
            due = period.last + timedelta(days=item.grace)
            if first <= due <= last:
                found.append(_line(unit.pk, item, period, due, known.get((item.code, period.code)), today))
    by_code = {item.code: item for item in items}
    found += list(_events(unit, by_code, known, first, last, today))
    found += [
        _line(unit.pk, by_code[row.item], rules.parse_period("event", row.period), row.due_on, row, today)
        for row in rows
        if row.item in by_code
        and by_code[row.item].every == "event"
        and row.subject_id is None
        and first <= row.due_on <= last
        and row.replaces_id is None
    ]
    return sorted(found, key=lambda line: (line.due, line.item.code))


def _line(
    unit_id: int, item: Item, period: Period, due: date, row: Disclosure | None, today: date, **subject: Any
) -> DueLine:
    published = today_of(row.published_at) if row and row.published_at else None
    return DueLine(unit_id, item, period, due, rules.lamp(due, today, published), row, **subject)


def _events(
    unit: Unit, items: dict[str, Item], known: dict[tuple[str, str], Disclosure], first: date, last: date, today: date
) -> Iterable[DueLine]:
    """Resolutions and results of decisions: each must be made public once."""
    decisions = Decision.objects.filter(
        unit=unit, resolved_on__isnull=False, resolved_on__gte=first - timedelta(days=1000)
    )
    for decision in decisions.order_by("pk"):
        for code, day in (("decision", decision.resolved_on), ("execution", _finished(decision))):
            if day is None:
                continue
            due = day + timedelta(days=items[code].grace)
            if not first <= due <= last:
                continue
            row = known.get((code, f"decision:{decision.pk}"))
            yield _line(
                unit.pk,
                items[code],
                Period(day.isoformat(), day, day),
                due,
                row,
                today,
                subject_kind="decision",
                subject_id=decision.pk,
                subject_title=decision.title,
            )


def _finished(decision: Decision) -> date | None:
    last = decision.steps_done.filter(finished=True).order_by("pk").last()
    return last.on if last else None


def calendar(unit: Unit, today: date) -> list[DueLine]:
    """The calendar of a village: what was due lately, what is due next; published long ago is left out."""
    return due_lines(unit, today - timedelta(days=LOOK_BACK), today + timedelta(days=62), today)


# --- drafts and notices ------------------------------------------------------------------------------------------------


def disclosures_in(viewer: Actor, capability: str = "democracy.view") -> QuerySet[Disclosure]:
    """Notices of villages in the viewer's scope."""
    return Disclosure.objects.filter(within(viewer, capability)).select_related("unit")


def disclosures_page(
    viewer: Actor, *, unit: Unit | None = None, under: str = "", tab: str = "", after: int = 0, limit: int = 50
) -> tuple[list[Disclosure], int]:
    """Notices, newest first, and the id to go on from (0 = that was all). ``tab``: work, review, up, past."""
    found = disclosures_in(viewer)
    if unit is not None:
        found = found.filter(unit=unit)
    if under:
        found = found.filter(in_range(path_range(under), "unit__path"))
    states = {
        "work": [State.DRAFT, State.RETURNED, State.READY],
        "review": [State.REVIEW],
        "up": [State.UP],
        "past": [State.ENDED, State.REPLACED],
    }.get(tab)
    if states:
        found = found.filter(state__in=states)
    if after:
        found = found.filter(pk__lt=after)
    rows = list(found.order_by("-pk")[: limit + 1])
    return rows[:limit], rows[limit - 1].pk if len(rows) > limit else 0


def disclosure_for(viewer: Actor, disclosure_id: int, capability: str = "democracy.view") -> Disclosure:
    """One notice in scope; :class:`NotFound` otherwise."""
    found = disclosures_in(viewer, capability).filter(pk=disclosure_id).first()
    if found is None:
        raise NotFound("democracy.disclosure.unknown", "没有找到这份公开内容，或不在您的管辖范围内。")
    return found


def notice_of(row: Disclosure) -> Notice:
    """What is made public, word for word."""
    return rules.read_notice(row.content)


def history(row: Disclosure) -> list[Any]:
    """Who did what, from the trail."""
    return list(trail.history("disclosure", row.pk))


# --- what everybody reads -----------------------------------------------------------------------------------------------


def village_by_code(code: str) -> Unit:
    """A standing village by its code, for pages without a login; :class:`NotFound` otherwise."""
    found: Unit | None = Unit.objects.filter(
        code=code.strip(), level=Unit.Level.VILLAGE, kind=Unit.Kind.DIVISION, valid_to__isnull=True
    ).first()
    if found is None:
        raise NotFound("democracy.village.unknown", "没有找到这个村，或不在您的管辖范围内。")
    return found


def up_now(unit: Unit) -> list[Disclosure]:
    """What hangs on a village's board, newest first."""
    return list(Disclosure.objects.filter(unit=unit, state=State.UP).order_by("-published_at", "-pk"))


def past(unit: Unit, limit: int = 60) -> list[Disclosure]:
    """What hung there before."""
    return list(
        Disclosure.objects.filter(unit=unit, state__in=[State.ENDED, State.REPLACED]).order_by("-published_at", "-pk")[
            :limit
        ]
    )


def up_on(unit: Unit, day: date) -> list[Disclosure]:
    """What hung on the board on a day, by the days it was up."""
    found = Disclosure.objects.filter(unit=unit, state__in=HUNG).order_by("-published_at", "-pk")
    return [row for row in found if _hung(row, day)]


def _hung(row: Disclosure, day: date) -> bool:
    if row.published_at is None or today_of(row.published_at) > day:
        return False
    return row.ended_at is None or day <= today_of(row.ended_at)


def hung_notice(unit: Unit, disclosure_id: int) -> Disclosure:
    """One notice that hangs or hung on a village's board; drafts are nobody's business yet."""
    found = Disclosure.objects.filter(unit=unit, pk=disclosure_id, state__in=HUNG).select_related("unit").first()
    if found is None:
        raise NotFound("democracy.disclosure.unknown", "没有找到这份公开内容，或不在您的管辖范围内。")
    return found


def objections_of(row: Disclosure) -> list[Objection]:
    """Objections and answers as everybody may read them: no names."""
    return list(row.objections.order_by("made_at", "pk"))


@dataclass(frozen=True, slots=True)
class Proof:
    """What shows that a notice hung there word for word: the fingerprint set when it went up, the same computed now, and
    the row of the trail that holds it with its seal."""

    digest: str
    computed: str
    recorded: str
    row_id: int
    row_at: datetime | None
    row_digest: str
    seal_id: int

    @property
    def holds(self) -> bool:
        return bool(self.digest) and self.digest == self.computed == self.recorded


def proof_of(row: Disclosure) -> Proof:
    """The proof of one notice."""
    kept = next(
        (each for each in trail.history("disclosure", row.pk) if each.action == "democracy.disclosure.published"), None
    )
    recorded = str(json.loads(kept.after).get("digest", "")) if kept and kept.after else ""
    return Proof(
        row.digest,
        rules.fingerprint(row.content),
        recorded,
        kept.pk if kept else 0,
        kept.at if kept else None,
        kept.digest if kept else "",
        kept.seal_id or 0 if kept else 0,
    )


def by_digest(unit: Unit, digest: str) -> Disclosure | None:
    """The notice of a village with this fingerprint (or its first characters, at least eight, as printed)."""
    word = digest.strip().lower()
    if len(word) < 8:
        return None
    return Disclosure.objects.filter(unit=unit, state__in=HUNG, digest__startswith=word).order_by("pk").first()


def open_objections(unit: Unit) -> QuerySet[Objection]:
    """Objections that wait for an answer."""
    return Objection.objects.filter(disclosure__unit=unit, answered_at__isnull=True).select_related(
        "disclosure", "matter"
    )


def for_subject(kind: str, subject_id: int) -> list[Disclosure]:
    """Notices about a decision or a visit, oldest first."""
    return list(Disclosure.objects.filter(subject_kind=kind, subject_id=subject_id).order_by("pk"))


def lines_for(viewer: Actor, unit: Unit, first: date, last: date, today: date) -> list[tuple[Unit, DueLine]]:
    """Calendar lines of all villages at and below a unit in the viewer's scope, for the list behind the figures."""
    from yanzhen.democracy.selectors.scope import villages_in

    return [
        (village, line)
        for village in villages_in(viewer, under=unit.path)
        for line in due_lines(village, first, last, today)
    ]


__all__ = [
    "HUNG",
    "DueLine",
    "Proof",
    "by_digest",
    "calendar",
    "disclosure_for",
    "disclosures_in",
    "disclosures_page",
    "due_lines",
    "for_subject",
    "history",
    "hung_notice",
    "item_for",
    "items_for",
    "lines_for",
    "notice_of",
    "objections_of",
    "open_objections",
    "past",
    "proof_of",
    "up_now",
    "up_on",
    "village_by_code",
    "village_for",
]
