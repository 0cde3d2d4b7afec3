"""Writes: looks with their trace, requests for access, contracts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.db import transaction

from yanzhen.datahub import actions, selectors
from yanzhen.datahub.domain import access
from yanzhen.datahub.models import AccessRequest, ContractVersion
from yanzhen.kernel.errors import DomainError, NotFound
from yanzhen.kernel.rulebook.api import value
from yanzhen.kernel.scope.api import Actor, need
from yanzhen.kernel.trail import api as trail
from yanzhen.lake import api as lake


def _who(actor: Actor) -> str:
    return f"{actor.post_label} {actor.name}".strip()[:160]


def _least(actor: Actor, now: datetime) -> int:
    return int(value("datahub.purpose.least", actor.unit, on=now.date()))


def _path(actor: Actor) -> str:
    return actor.unit.path if actor.unit is not None else ""


# --- looks ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of rows: columns, cells as shown, and whether there is more."""

    columns: tuple[str, ...]
    rows: list[dict[str, Any]]
    more: bool
    snapshot: int


@transaction.atomic
def look(
    *, actor: Actor, now: datetime, source: str, purpose: str, offset: int = 0, limit: int = selectors.PAGE, clear: bool = False,
    action: str = actions.LOOKED,
) -> Rows:  # fmt: skip
    """Rows of a source within the actor's place, masked unless granted; the look is written down before the rows are shown.

    DomainError without a purpose or a grant; NotFound for a source that is not there.
    """
    contract = selectors.contract_of(source)
    reach = selectors.reach_of(actor, contract, now.date(), clear=clear)
    purpose = access.stated(purpose, _least(actor, now))
    viewer = lake.Viewer(_who(actor), reach.scope, clear=reach.clear)
    answer = lake.query(
        selectors.need_home(), viewer, source, now=now, purpose=purpose.strip(), columns=reach.columns, limit=limit + 1,
        offset=max(0, offset), clear=reach.clear,
    )  # fmt: skip
    rows = answer.rows.to_pylist()
    trail.record(
        actor=actor, now=now, action=action, kind="data_source", subject_id=source, label=contract.title,
        after={"rows": len(rows[:limit]), "offset": offset, "clear": reach.clear, "columns": ",".join(reach.columns)},
        purpose=purpose.strip()[:300], unit_path=_path(actor),
    )  # fmt: skip
    return Rows(reach.columns, rows[:limit], len(rows) > limit, answer.snapshot)


@transaction.atomic
def look_up(
    *, actor: Actor, now: datetime, id_number: str = "", household: str = "", purpose: str = ""
) -> dict[str, list[dict[str, Any]]]:
    """What the own place holds on one person (by ID number, which is not kept) or household, by source, masked."""
    if actor.unit is None or selectors.scope_of(actor.unit) is None:
        raise DomainError("datahub.access.missing", "本岗位没有这项数据的使用授权，请先提出申请。")
    purpose = access.stated(purpose, _least(actor, now))
    home = selectors.need_home()
    person = None
    if id_number.strip():
        person = lake.person_of(home, id_number.strip().upper())
        if person is None:
            raise DomainError("datahub.person.unknown", "没有找到这个人。请核对证件号码，或改用户号查找。", field="id_number")
    elif not household.strip():
        raise DomainError("datahub.person.empty", "请填写证件号码或户号。", field="id_number")
    viewer = lake.Viewer(_who(actor), selectors.scope_of(actor.unit) or lake.Scope(()))
    allowed = frozenset(each.name for each in home.book.contracts if each.sensitivity != selectors.SENSITIVE)
    found = lake.look_up(
        home, viewer, person=person, household=household.strip() if person is None else "", now=now, purpose=purpose, sources=allowed
    )
    trail.record(
        actor=actor, now=now, action=actions.SEARCHED, kind="data_person", subject_id=str(person or household.strip()),
        label="", after={"sources": ",".join(found)}, purpose=purpose.strip()[:300], unit_path=_path(actor),
    )  # fmt: skip
    return {name: rows.to_pylist() for name, rows in found.items()}


@transaction.atomic
def returned(*, actor: Actor, now: datetime, source: str, batch: str) -> bytes:
    """The workbook that gives a department its held rows back with the reasons: as delivered, so for the data officer alone."""
    need(actor, "datahub.contracts", _path(actor))
    contract = selectors.contract_of(source)
    with TemporaryDirectory() as scratch:
        target = Path(scratch) / "held.xlsx"
        count = lake.workbook(selectors.need_home(), contract, batch, target)
        body = BytesIO(target.read_bytes()).getvalue()
    trail.record(
        actor=actor, now=now, action=actions.RETURNED, kind="data_source", subject_id=source, label=contract.title,
        after={"batch": batch, "rows": count}, unit_path=_path(actor),
    )  # fmt: skip
    return body


# --- requests ---------------------------------------------------------------------------------------------------------------


@transaction.atomic
def ask(
    *, actor: Actor, now: datetime, source: str, columns: Sequence[str], place: int, purpose: str, basis: str, until: date,
    clear: bool = False,
) -> AccessRequest:  # fmt: skip
    """A request for the actor's unit. DomainError with the field that is wrong."""
    if actor.unit is None or not actor.has("datahub.ask"):
        raise NotFound("units.unknown", "没有找到这个单位，或它不在您的管辖范围内。")
    contract = selectors.contract_of(source)
    wish = access.Wish(source, tuple(columns), purpose, basis, clear, until)
    most = int(value("datahub.access.days", actor.unit, on=now.date()))
    access.check(wish, frozenset(selectors.titles(contract)), today=now.date(), most_days=most, least_words=_least(actor, now))
    if place not in {pk for pk, _name in selectors.places_for(actor)}:
        raise DomainError("datahub.access.place", "请选择本辖区内的范围。", field="place")
    row = AccessRequest.objects.create(
        unit_id=actor.unit.id, place_id=place, source=source, columns=",".join(wish.columns), purpose=purpose.strip()[:300],
        basis=basis.strip()[:200], clear=clear, until=until, asked_by=actor.account_id or 0, asked_name=_who(actor), asked_at=now,
    )  # fmt: skip
    trail.record(
        actor=actor, now=now, action=actions.ASKED, kind="data_access", subject_id=row.pk, label=contract.title,
        after={"columns": row.columns, "place_id": place, "clear": clear, "until": until}, purpose=row.purpose, unit_path=_path(actor),
    )  # fmt: skip
    return row


@transaction.atomic
def decide(*, actor: Actor, now: datetime, request: AccessRequest, granted: bool, words: str = "") -> AccessRequest:
    """Grant or refuse; another person than the one who asked. DomainError when it is decided already or no reason is given."""
    row = AccessRequest.objects.select_for_update(of=("self",)).select_related("unit").get(pk=request.pk)
    need(actor, "datahub.decide", row.unit.path)
    access.decidable(row.state, row.asked_by, actor.account_id or 0)
    if not granted and not words.strip():
        raise DomainError("datahub.access.words", "不同意时请写明理由。", field="words")
    row.state = access.GRANTED if granted else access.REFUSED
    row.decided_by, row.decided_name, row.decided_at = actor.account_id, _who(actor), now
    row.decided_words = words.strip()[:300]
    row.save()
    trail.record(
        actor=actor, now=now, action=actions.DECIDED, kind="data_access", subject_id=row.pk, label=row.source,
        before={"state": access.ASKED}, after={"state": row.state, "words": row.decided_words}, unit_path=row.unit.path,
    )  # fmt: skip
    return row


@transaction.atomic
def end(*, actor: Actor, now: datetime, request: AccessRequest) -> AccessRequest:
    """End a grant before its day: by who decides, or by the unit that has it."""
    row = AccessRequest.objects.select_for_update(of=("self",)).select_related("unit").get(pk=request.pk)
    own = actor.unit is not None and actor.unit.id == row.unit_id and actor.has("datahub.ask")
    if not own:
        need(actor, "datahub.decide", row.unit.path)
    if row.state not in (access.ASKED, access.GRANTED):
        raise DomainError("datahub.access.decided", "这份申请已经办结。")
    before, row.state, row.ended_at = row.state, access.ENDED, now
    row.save()
    trail.record(
        actor=actor, now=now, action=actions.ENDED, kind="data_access", subject_id=row.pk, label=row.source,
        before={"state": before}, after={"state": row.state}, unit_path=row.unit.path,
    )  # fmt: skip
    return row


@transaction.atomic
def expire(*, actor: Actor, now: datetime) -> int:
    """Grants whose last day is over end by themselves."""
    done = 0
    for row in AccessRequest.objects.filter(state=access.GRANTED, until__lte=now.date()).select_related("unit")[:500]:
        row.state, row.ended_at = access.ENDED, now
        row.save()
        trail.record(
            actor=actor, now=now, action=actions.ENDED, kind="data_access", subject_id=row.pk, label=row.source,
            before={"state": access.GRANTED}, after={"state": row.state}, unit_path=row.unit.path,
        )  # fmt: skip
        done += 1
    return done


# --- contracts and pairs ----------------------------------------------------------------------------------------------------


@transaction.atomic
def save_contract(*, actor: Actor, now: datetime, source: str, body: str, words: str) -> ContractVersion:
    """Put a new version of a contract in force. DomainError with the lines that are wrong; the last good file stays then."""
    need(actor, "datahub.contracts", _path(actor))
    home = selectors.need_home()
    contract, findings = lake.examine(body)
    wrong = [finding for finding in findings if finding.level == "error"]
    if contract is None or wrong:
        told = "；".join(f"第{finding.line}行：{finding.words}" for finding in wrong[:8])
        raise DomainError("datahub.contract.wrong", "契约有错，没有保存。{told}", field="body", told=told)
    if contract.name != source:
        raise DomainError("datahub.contract.name", "契约里的名称是“{name}”，与本来源不同。", field="body", name=contract.name)
    if not words.strip():
        raise DomainError("datahub.contract.words", "请写明改了什么、为什么改。", field="words")
    before = selectors.contract_text(source)
    last = ContractVersion.objects.filter(source=source).order_by("-number").first()
    if last is None and before:
        last = ContractVersion.objects.create(source=source, number=1, body=before, words="最初", at=now, by_name="")
    row = ContractVersion.objects.create(
        source=source, number=last.number + 1 if last else 1, body=body, words=words.strip()[:300], at=now, by=actor.account_id,
        by_name=_who(actor),
    )  # fmt: skip
    trail.record(
        actor=actor, now=now, action=actions.CONTRACT, kind="data_source", subject_id=source, label=contract.title,
        after={"version": row.number, "digest": contract.digest, "words": row.words}, unit_path=_path(actor),
    )  # fmt: skip
    target = home.folder / "contracts" / f"{source}.toml"
    transaction.on_commit(lambda: _replace(target, body))
    return row


def _replace(target: Path, body: str) -> None:
    """Swap the file whole, so that a run never reads half of it."""
    staged = target.with_suffix(".part")
    staged.write_text(body, encoding="utf-8")
    staged.replace(target)


@transaction.atomic
def decide_pair(*, actor: Actor, now: datetime, tuple_hash: str, person: int, same: bool, words: str = "") -> None:
    """A person's judgement on a doubtful pair: kept, and replayed in every later run."""
    need(actor, "datahub.contracts", _path(actor))
    waiting = {(row["tuple"].hex(), row["person"]) for row in selectors.pairs()}
    if (tuple_hash, person) not in waiting:
        raise NotFound("datahub.pair", "这一对已经核定，或不在待核名单里。")
    lake.decide(selectors.need_home(), tuple_hash=bytes.fromhex(tuple_hash), person=person, same=same, by=_who(actor), now=now, words=words)
    trail.record(
        actor=actor, now=now, action=actions.PAIRED, kind="data_person", subject_id=str(person), label="",
        after={"same": same, "words": words[:300]}, unit_path=_path(actor),
    )  # fmt: skip
