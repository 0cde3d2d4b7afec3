"""Making units, accounts, posts, people and households for tests: short, bulk, no services."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import UTC, date, datetime

from yanzhen.kernel.accounts.models import Account
from yanzhen.kernel.crypto.api import blind_index
from yanzhen.registry.models import Household, Person, Placement, Post, Residence, Role, RoleGrant, Unit

SINCE = date(2020, 1, 1)
_count = itertools.count(1)
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def step(number: int) -> str:
    """The four characters of the n-th child (n from 1)."""
    text = ""
    while number:
        number, rest = divmod(number, 36)
        text = _ALPHABET[rest] + text
    return text.rjust(4, "0")


def make_unit(
    parent: Unit | None = None,
    *,
    name: str = "",
    code: str = "",
    level: str = "",
    kind: str = "division",
    since: date = SINCE,
    **fields: object,
) -> Unit:
    """A unit below ``parent`` (or a new root), with its placement."""
    number = next(_count)
    if parent is None:
        before = Unit.objects.filter(depth=1).count()
    else:
        parent.refresh_from_db(fields=["numchild"])
        before = parent.numchild
        Unit.objects.filter(pk=parent.pk).update(numchild=before + 1)
        parent.numchild = before + 1
    unit = Unit.objects.bulk_create(
        [
            Unit(
                path=(parent.path if parent else "") + step(before + 1),
                depth=parent.depth + 1 if parent else 1,
                numchild=0,
                name=name or f"单位{number}",
                code=code or f"T{number:09d}",
                level=level,
                kind=kind,
                valid_from=since,
                **fields,
            )
        ]
    )[0]
    Placement.objects.create(unit=unit, parent=parent, valid_from=since)
    return unit


def make_account(username: str = "", *, name: str = "", password: str = "Yanzhen-2026!") -> Account:  # noqa: S107
    """A login with a known password."""
    username = username or f"user{next(_count)}"
    account = Account(username=username, display_name=name or username, created_at=datetime(2026, 1, 1, tzinfo=UTC))
    account.set_password(password)
    account.password_changed_at = datetime.now(UTC)
    account.save()
    return account


def make_role(code: str, capabilities: Iterable[str], *, name: str = "", kind: str = Role.Kind.BUSINESS) -> Role:
    """A role with exactly these capabilities."""
    role, _ = Role.objects.update_or_create(code=code, defaults={"name": name or code, "kind": kind})
    role.grants.all().delete()
    RoleGrant.objects.bulk_create([RoleGrant(role=role, capability=capability) for capability in capabilities])
    return role


def make_post(account: Account, role: Role, unit: Unit, *, title: str = "", since: date = SINCE) -> Post:
    """An approved post."""
    return Post.objects.create(
        account=account,
        role=role,
        unit=unit,
        title=title,
        valid_from=since,
        approved_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def id_number(area: str = "990101", born: date = date(1980, 3, 7), serial: int | None = None) -> str:
    """An invented but well-formed GB 11643 number (area codes beginning with 99 belong to nobody)."""
    body = f"{area}{born:%Y%m%d}{(next(_count) if serial is None else serial) % 1000:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, weights, strict=True)) % 11]


def make_person(unit: Unit, *, name: str = "", number: str = "", phone: str = "", **fields: object) -> Person:
    """A person file; ``number`` is an ID number."""
    count = next(_count)
    return Person.objects.create(
        unit=unit,
        name=name or f"村民{count}",
        id_number=number,
        id_index=blind_index(number, "person.id"),
        id_tail_index=blind_index(number[-4:], "person.id_tail"),
        phone=phone,
        phone_index=blind_index(phone, "person.phone"),
        updated_at=datetime(2026, 1, 1, tzinfo=UTC),
        **fields,
    )


def make_household(unit: Unit, *, number: str = "", members: Iterable[Person] = ()) -> Household:
    """A household with its members; the first one is the head."""
    household = Household.objects.create(unit=unit, number=number or f"H{next(_count)}", valid_from=SINCE)
    for place, person in enumerate(members):
        Residence.objects.create(
            household=household, person=person, relation="01" if place == 0 else "99", valid_from=SINCE
        )
    return household
