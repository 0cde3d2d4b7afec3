"""Reading rosters: computed from people and households, or from seats."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from yanzhen.democracy.domain import bodies as rules
from yanzhen.democracy.domain.bodies import BODIES, Bar, Share, Sitting
from yanzhen.democracy.models import HouseholdDelegate, Seat
from yanzhen.democracy.selectors.scope import table, village_for
from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.scope.api import Actor, in_range, path_range, within
from yanzhen.registry.api import near_to, valid_on
from yanzhen.registry.models import Household, Person, Residence, Unit

#: Bodies of procedures → rosters that make them up (a person sits once).
OF_BODY: dict[str, tuple[str, ...]] = {
    "villagers_assembly": ("villagers",),
    "household_delegates": ("households",),
    "villagers_reps": ("representatives",),
    "party_members": ("party_members",),
    "party_committee": ("party_committee",),
    "two_committees": ("party_committee", "committee"),
    "supervision": ("supervision",),
    "members_assembly": ("collective",),
    "members_reps": ("representatives",),
    "council": ("directors",),
    "share_assembly": ("collective",),
    "recall": ("villagers",),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One person on a roster."""

    person_id: int
    name: str
    sex: str
    birth_year: int | None
    place: str
    duty: str = ""
    how: str = ""
    since: date | None = None
    term_ends: date | None = None
    seat_id: int = 0
    household_id: int = 0

    @property
    def woman(self) -> bool:
        return self.sex == "2"


def _people(unit: Unit) -> QuerySet[Person]:
    below = in_range(path_range(unit.path), "unit__path")
    return Person.objects.filter(below, died_on__isnull=True, merged_into__isnull=True)


def people_on(unit: Unit, body: str, on: date) -> QuerySet[Person]:
    """Persons of a roster that is computed: villagers over 18, full party members, members of the collective.

    Until the member register of the collective is kept, its roster is the residents over 18.
    """
    found = _people(unit)
    if body == "party_members":
        return found.filter(political="01")
    return found.filter(birth__lte=rules.adult_by(on))


def seats(unit: Unit, body: str = "", on: date | None = None) -> QuerySet[Seat]:
    """Seats of a village now, or on a day."""
    found = Seat.objects.filter(unit=unit).select_related("person__unit")
    found = found.filter(valid_to__isnull=True) if on is None else found.filter(valid_on(on))
    return (found.filter(body=body) if body else found).order_by("body", "valid_from", "pk")


def sittings(unit: Unit, body: str = "", on: date | None = None) -> list[Sitting]:
    """The same as the rules need it."""
    return [
        Sitting(
            seat.person_id,
            seat.person.name,
            seat.body,
            seat.duty,
            seat.person.sex,
            elected=seat.how in ("elected", "by_election"),
        )
        for seat in seats(unit, body, on)
    ]


def _of_person(person: Person) -> Line:
    return Line(person.pk, person.name, person.sex, person.birth.year if person.birth else None, person.unit.name)


def _of_seat(seat: Seat) -> Line:
    base = _of_person(seat.person)
    return Line(
        base.person_id,
        base.name,
        base.sex,
        base.birth_year,
        seat.group or base.place,
        seat.duty,
        seat.get_how_display(),
        seat.valid_from,
        seat.term_ends,
        seat.pk,
    )


def delegates(unit: Unit, homes: Iterable[Household] | None = None) -> list[Line]:
    """One line a household: the delegate named, else the head, else the oldest adult; a home of children sends nobody."""
    below = in_range(path_range(unit.path), "unit__path")
    rows = (
        list(homes)
        if homes is not None
        else list(Household.objects.filter(below, valid_to__isnull=True).select_related("unit"))
    )
    named = dict(HouseholdDelegate.objects.filter(household__in=rows).values_list("household_id", "person_id"))
    living = (
        Residence.objects.filter(household__in=rows, valid_to__isnull=True, person__died_on__isnull=True)
        .select_related("person__unit")
        .order_by("relation", "person__birth", "pk")
    )
    chosen: dict[int, Person] = {}
    for each in living:
        if each.household_id not in chosen or named.get(each.household_id) == each.person_id:
            chosen[each.household_id] = each.person
    found = []
    for home in rows:
        person = chosen.get(home.pk)
        if person is not None:
            base = _of_person(person)
            found.append(
                Line(
                    base.person_id,
                    base.name,
                    base.sex,
                    base.birth_year,
                    home.unit.name,
                    home.number,
                    household_id=home.pk,
                )
            )
    return found


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a roster and where to go on."""

    lines: tuple[Line, ...]
    count: int
    after: str = ""


def roster_page(
    viewer: Actor, unit: Unit, body: str, on: date, *, q: str = "", sex: str = "", after: str = "", limit: int = 50
) -> Page:
    """One page of a roster of a village in scope, narrowed by name or spelling and sex. ``limit`` 0: all of it."""
    village_for(viewer, unit.pk)
    if body not in BODIES:
        raise NotFound("democracy.body.unknown", "没有这个名册。")
    if body == "households":
        return _households(unit, q=q, sex=sex, after=after, limit=limit)
    if BODIES[body].source == "seats":
        lines = [_of_seat(seat) for seat in seats(unit, body, on)]
        lines = [line for line in lines if (not q or q in line.name) and (not sex or line.sex == sex)]
        return Page(tuple(lines), len(lines))
    found = people_on(unit, body, on).select_related("unit")
    if q:
        word = q.strip().lower()
        found = found.filter(Q(name__contains=q.strip()) | Q(pinyin__startswith=word) | Q(initials__startswith=word))
    if sex:
        found = found.filter(sex=sex)
    count = found.count()
    spelled, _, last = after.rpartition(":")
    if last.isdigit():
        found = found.filter(Q(pinyin__gt=spelled) | Q(pinyin=spelled, pk__gt=int(last)))
    rows = list(found.order_by("pinyin", "pk")[: limit + 1 if limit else None])
    more = f"{rows[limit - 1].pinyin}:{rows[limit - 1].pk}" if limit and len(rows) > limit else ""
    return Page(tuple(_of_person(person) for person in (rows[:limit] if limit else rows)), count, more)


def _households(unit: Unit, *, q: str, sex: str, after: str, limit: int) -> Page:
    below = in_range(path_range(unit.path), "unit__path")
    homes = Household.objects.filter(below, valid_to__isnull=True).select_related("unit").order_by("pk")
    if q:
        homes = homes.filter(Q(number__contains=q) | Q(members__person__name__contains=q)).distinct()
    count = homes.count()
    if after.isdigit():
        homes = homes.filter(pk__gt=int(after))
    rows = list(homes[: limit + 1 if limit else None])
    more = str(rows[limit - 1].pk) if limit and len(rows) > limit else ""
    lines = delegates(unit, rows[:limit] if limit else rows)
    return Page(tuple(line for line in lines if not sex or line.sex == sex), count, more)


@dataclass(frozen=True, slots=True)
class Head:
    """A roster in one line: how many, how many women, what the law asks and whether it is kept."""

    body: str
    count: int
    women: int
    shares: tuple[Share, ...] = ()
    bars: tuple[Bar, ...] = ()
    term_ends: date | None = None


def heads(unit: Unit, on: date) -> list[Head]:
    """All rosters of a village."""
    found = []
    limits = table("size", unit, on)
    for code, body in BODIES.items():
        if code == "households":
            below = in_range(path_range(unit.path), "unit__path")
            found.append(Head(code, Household.objects.filter(below, valid_to__isnull=True).count(), 0))
        elif body.source == "registry":
            people = people_on(unit, code, on)
            found.append(Head(code, people.count(), people.filter(sex="2").count()))
        else:
            sitting = sittings(unit, code, on)
            ends = [seat.term_ends for seat in seats(unit, code, on) if seat.term_ends]
            least, most = limits.get(code, (0, 999))
            found.append(
                Head(
                    code,
                    len(sitting),
                    sum(each.sex == "2" for each in sitting),
                    tuple(rules.shares(sitting)) if code == "representatives" else (),
                    tuple(rules.size_bars(code, len(sitting), most=int(most), least=int(least))),
                    min(ends, default=None),
                )
            )
    return found


def roll(unit: Unit, body: str, on: date) -> list[Line]:
    """Who is due at a meeting of a procedure's body: each person once, in order of name; [] for a body without a roster."""
    found: dict[int, Line] = {}
    for code in OF_BODY.get(body, ()):
        if code == "households":
            lines: Iterable[Line] = delegates(unit)
        elif BODIES[code].source == "seats":
            lines = [_of_seat(seat) for seat in seats(unit, code, on)]
        else:
            lines = [
                _of_person(person)
                for person in people_on(unit, code, on).select_related("unit").order_by("pinyin", "pk")
            ]
        for line in lines:
            found.setdefault(line.person_id, line)
    return list(found.values())


def due_count(unit: Unit, body: str, on: date) -> int:
    """How many are due at a meeting of a procedure's body (0: no roster, it must be typed)."""
    codes = OF_BODY.get(body, ())
    if len(codes) == 1 and BODIES[codes[0]].source == "registry" and codes[0] != "households":
        return people_on(unit, codes[0], on).count()
    return len(roll(unit, body, on))


def bars_for(unit: Unit, person: Person, on: date, *, declared_kin: bool = False) -> list[Bar]:
    """Why somebody may not sit on the supervision committee of a village; [] if nothing stands against it."""
    kin = near_to([person.pk], on) - {person.pk}
    return rules.supervision_bars(person.pk, sittings(unit), kin, declared_kin=declared_kin)


def seat_for(viewer: Actor, seat_id: int, capability: str = "democracy.view") -> Seat:
    """One seat in scope; :class:`NotFound` otherwise."""
    found = Seat.objects.filter(within(viewer, capability), pk=seat_id).select_related("unit", "person").first()
    if found is None:
        raise NotFound("democracy.seat.unknown", "没有找到这条任职记录，或不在您的管辖范围内。")
    return found
