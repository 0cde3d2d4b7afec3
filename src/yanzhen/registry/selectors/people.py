"""Reading people and households: from the viewer's scope, masked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F, Q, QuerySet

from yanzhen.kernel.crypto.api import blind_index, mask_id, mask_phone
from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.scope.api import Actor, in_range, may, path_range, within
from yanzhen.kernel.trail import api as trail
from yanzhen.registry.domain import people as rules
from yanzhen.registry.models import Correction, Household, Person, Residence, Unit, Unmasking

COUNT_CAP = 1000


def id_index(number: str) -> str:
    """Blind index of a whole ID number."""
    return blind_index(number, "person.id")


def tail_index(number: str) -> str:
    """Blind index of its last four characters, for search by hand."""
    return blind_index(number[-4:], "person.id_tail") if number else ""


def phone_index(phone: str) -> str:
    """Blind index of a phone number in digits."""
    return blind_index(phone, "person.phone")


def people_in(viewer: Actor, capability: str = "people.view") -> QuerySet[Person]:
    """Files in the viewer's scope; merged ones left out."""
    return Person.objects.filter(within(viewer, capability), merged_into__isnull=True).select_related("unit")


def wanted(text: str) -> Q:
    """The filter for what was typed: Chinese characters, full pinyin, initials, ID number or its last four, phone, key."""
    kind, term = rules.search_kind(text)
    match kind:
        case "none":
            return Q()
        case "id":
            return Q(id_index=id_index(term))
        case "tail":
            return Q(id_tail_index=tail_index(term))
        case "phone":
            return Q(phone_index=phone_index(term))
        case "key":
            return Q(temporary_key=term)
        case "letters":
            # an upper bound instead of LIKE: both databases answer a range from the index; z is last in each collation
            end = term + "zzzz"
            return Q(pinyin__gte=term, pinyin__lt=end) | Q(initials__gte=term, initials__lt=end)
    return Q(name__contains=term)


@dataclass(frozen=True, slots=True)
class Shown:
    """A file as it is shown: masked, with village and year of birth to tell people of one name apart."""

    id: int
    name: str
    sex: str
    birth_year: int | None
    id_number: str
    phone: str
    unit_id: int
    unit: str
    key: str
    died: bool


def shown(person: Person) -> Shown:
    """The masked face of a file."""
    return Shown(
        id=person.pk, name=person.name, sex=person.sex, birth_year=person.birth.year if person.birth else None,
        id_number=mask_id(person.id_number), phone=mask_phone(person.phone), unit_id=person.unit_id,
        unit=person.unit.name, key=person.temporary_key, died=person.died_on is not None,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """One page of the list, how many there are (at most :data:`COUNT_CAP`), and where to go on."""

    people: tuple[Shown, ...]
    count: int
    after: str = ""


def people_page(
    viewer: Actor,
    *,
    q: str = "",
    under: str = "",
    sex: str = "",
    political: str = "",
    dead: bool = False,
    after: str = "",
    limit: int = 50,
) -> PeoplePage:
    """People in scope by spelling, ``limit`` a page. ``after``: "pinyin:id" of the last line before."""
    found = people_in(viewer).filter(wanted(q))
    if under:
        found = found.filter(in_range(path_range(under), "unit__path"))
    if sex:
        found = found.filter(sex=sex)
    if political:
        found = found.filter(political=political)
    if not dead:
        found = found.filter(died_on__isnull=True)
    count = found.order_by()[:COUNT_CAP].count()
    spelled, _, last = after.rpartition(":")
    if last.isdigit():
        found = found.filter(Q(pinyin__gt=spelled) | Q(pinyin=spelled, pk__gt=int(last)))
    rows = list(found.order_by("pinyin", "pk")[: limit + 1])
    more = f"{rows[limit - 1].pinyin}:{rows[limit - 1].pk}" if len(rows) > limit else ""
    return PeoplePage(tuple(shown(person) for person in rows[:limit]), count, more)


def find_people(viewer: Actor, text: str, *, limit: int = 10) -> list[Shown]:
    """The first few matches, for the search box of the shell and for pickers."""
    if not text.strip():
        return []
    found = people_in(viewer).filter(wanted(text), died_on__isnull=True)
    return [shown(person) for person in found.order_by("pinyin", "pk")[:limit]]


def person_for(viewer: Actor, person_id: int, capability: str = "people.view") -> Person:
    """One file in scope; :class:`NotFound` otherwise. A merged file leads to the one it went into."""
    found = Person.objects.filter(within(viewer, capability), pk=person_id).select_related("unit").first()
    if found is not None and found.merged_into_id is not None:
        return person_for(viewer, found.merged_into_id, capability)
    if found is None:
        raise NotFound("people.unknown", "没有找到这个人的档案，或不在您的管辖范围内。")
    return found


def namesakes(viewer: Actor, person: Person, limit: int = 5) -> list[Shown]:
    """Others of the same name in scope, living, with village and year of birth."""
    found = people_in(viewer).filter(name=person.name, died_on__isnull=True).exclude(pk=person.pk)
    return [shown(other) for other in found.order_by("unit__path", "pk")[:limit]]


@dataclass(frozen=True, slots=True)
class PersonFile:
    """Everything on a person's page."""

    person: Person
    shown: Shown
    residences: tuple[Residence, ...]
    namesakes: tuple[Shown, ...]
    corrections: tuple[Correction, ...]
    looks: tuple[Unmasking, ...]
    history: tuple[object, ...]
    may_manage: bool
    may_unmask: bool


def person_file(viewer: Actor, person_id: int) -> PersonFile:
    """The file of one person through scope. Who looked and who changed is shown to those who may change it."""
    person = person_for(viewer, person_id)
    manage = may(viewer, "people.manage", person.unit.path)
    return PersonFile(
        person=person,
        shown=shown(person),
        residences=tuple(person.residences.select_related("household__unit").order_by("-valid_from", "-pk")),
        namesakes=tuple(namesakes(viewer, person)),
        corrections=tuple(person.corrections.order_by("-pk")[:20]),
        looks=tuple(person.unmaskings.order_by("-at")[:20]) if manage else (),
        history=tuple(trail.history("person", person.pk)) if manage else (),
        may_manage=manage,
        may_unmask=may(viewer, "people.unmask", person.unit.path),
    )


def open_corrections(viewer: Actor, limit: int = 50) -> list[Correction]:
    """Proposals that wait for a decision of this viewer, oldest first."""
    found = Correction.objects.filter(within(viewer, "people.manage", "person__unit__path"), state=Correction.OPEN)
    return list(found.select_related("person__unit").order_by("pk")[:limit])


def correction_for(viewer: Actor, correction_id: int) -> Correction:
    """One proposal that the viewer may decide; :class:`NotFound` otherwise."""
    found = (
        Correction.objects.filter(within(viewer, "people.manage", "person__unit__path"), pk=correction_id)
        .select_related("person__unit")
        .first()
    )
    if found is None:
        raise NotFound("people.correction.unknown", "没有找到这项更正申请。")
    return found


# --- households -------------------------------------------------------------------------------------------------------


def households_in(viewer: Actor, capability: str = "people.view") -> QuerySet[Household]:
    """Households in the viewer's scope that have not ended."""
    return Household.objects.filter(within(viewer, capability), valid_to__isnull=True).select_related("unit")


def households_page(
    viewer: Actor, *, q: str = "", under: str = "", after: int = 0, limit: int = 50
) -> tuple[list[Household], int, int]:
    """Households (annotated with ``size``), their bounded count and the id to go on from (0 = that was all)."""
    found = households_in(viewer)
    if q.strip():
        found = found.filter(
            Q(number__contains=q.strip())
            | Q(address__contains=q.strip())
            | Q(members__person__name__contains=q.strip(), members__valid_to__isnull=True)
        ).distinct()
    if under:
        found = found.filter(in_range(path_range(under), "unit__path"))
    count = found.order_by()[:COUNT_CAP].count()
    rows = list(found.filter(pk__gt=after).order_by("pk")[: limit + 1])
    sizes = dict(
        Residence.objects.filter(household__in=rows, valid_to__isnull=True)
        .values_list("household")
        .annotate(n=Count("id"))
        .order_by()
    )
    for row in rows:
        row.size = sizes.get(row.pk, 0)  # type: ignore[attr-defined]
    return rows[:limit], count, rows[limit - 1].pk if len(rows) > limit else 0


def household_for(viewer: Actor, household_id: int, capability: str = "people.view") -> Household:
    """One household in scope; :class:`NotFound` otherwise."""
    found = (
        Household.objects.filter(within(viewer, capability), pk=household_id).select_related("unit").first()
    )  # fmt: skip
    if found is None:
        raise NotFound("households.unknown", "没有找到这一户，或不在您的管辖范围内。")
    return found


def members_of(household: Household, on: date | None = None) -> list[Residence]:
    """Who lives in a household now (or on a day), the head first."""
    found = household.members.select_related("person__unit")
    if on is None:
        found = found.filter(valid_to__isnull=True)
    else:
        found = found.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on), valid_from__lte=on)
    return list(found.order_by("relation", "valid_from", "pk"))


def residents_count(unit: Unit) -> tuple[int, int]:
    """Living people and households at and below a unit."""
    below = in_range(path_range(unit.path), "unit__path")
    people = Person.objects.filter(below, died_on__isnull=True, merged_into__isnull=True).aggregate(n=Count("id"))["n"]
    return people, Household.objects.filter(below, valid_to__isnull=True).count()


def household_of(person: Person) -> Residence | None:
    """Where somebody lives now."""
    return (
        person.residences.filter(valid_to__isnull=True)
        .select_related("household__unit")
        .order_by(F("valid_from").desc())
        .first()
    )
