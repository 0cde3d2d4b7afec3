"""Coming in: reports and further voices."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from yanzhen.kernel.crypto.api import blind_index
from yanzhen.kernel.errors import DomainError, NotAllowed, NotFound
from yanzhen.kernel.scope.api import Actor, UnitRef
from yanzhen.kernel.trail import api as trail
from yanzhen.matters import actions
from yanzhen.matters.domain.draft import Report, check, coarse, title_of
from yanzhen.matters.domain.loop import State
from yanzhen.matters.domain.numbers import CODE_ALPHABET, CODE_LENGTH, number, parse_code
from yanzhen.matters.models import Attachment, Category, Idempotency, Matter, Participation, Voice
from yanzhen.matters.selectors import limits as rules
from yanzhen.matters.selectors.lines import Line, line
from yanzhen.matters.services import gate

_DIGITS = str.maketrans("", "", " -+()（）")


def new_code() -> str:
    """A follow-up code: 8 characters nobody confuses (about 10^11 of them)."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


def code_hash(code: str) -> str:
    """What is kept of a follow-up code: a keyed hash."""
    return blind_index(parse_code(code), "matter.code")


def phone_hash(phone: str) -> str:
    """Blind index of a telephone number."""
    return blind_index(phone.translate(_DIGITS), "matter.phone")


def next_ids(count: int) -> list[int]:
    """Ids for new matters, before they are written: nobody waits for anybody (a sequence; on SQLite the one writer)."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence('matter', 'id')) FROM generate_series(1, %s)", [count]
            )
            return [int(row[0]) for row in cursor.fetchall()]
        cursor.execute("SELECT COALESCE(MAX(id), 0) FROM matter")
        last = int(cursor.fetchone()[0])
        return list(range(last + 1, last + count + 1))


def report(*, actor: Actor, now: datetime, draft: Report, key: str = "") -> Matter:
    """A new matter, waiting to be weighed at the desk of its place; its ``code`` in clear on the returned object only.

    Idempotent: the same ``key`` of the same sender, or the same ``source`` + ``source_ref``, gives the matter that is
    already there. DomainError for a draft that is wrong; NotAllowed for a post without ``matters.report``.
    """
    name = f"{actor.account_id or 'public'}:{key}" if key else ""
    try:
        with transaction.atomic():
            return _report(actor=actor, now=now, draft=draft, key=name)
    except IntegrityError:
        found = _repeated(name, draft)
        if found is None:
            raise
        return found


def _repeated(key: str, draft: Report) -> Matter | None:
    """What an earlier try with the same key or source made."""
    if key:
        kept = Idempotency.objects.filter(key=key, matter__isnull=False).first()
        if kept is not None:
            row = Matter.objects.get(pk=kept.matter_id or 0)
            row.code = json.loads(kept.answer or "{}").get("code", "")
            return row
    if draft.source and draft.source_ref:
        return Matter.objects.filter(source=draft.source, source_ref=draft.source_ref).first()
    return None


def _report(*, actor: Actor, now: datetime, draft: Report, key: str) -> Matter:
    if actor.account_id is not None and not actor.has("matters.report"):
        raise NotAllowed("scope.denied", "您当前的岗位没有这项权限。请切换岗位或联系安全管理员。", capability="matters.report")
    check(draft, now)
    found = _repeated("", draft)
    if found is not None:
        return found
    place = place_line(actor, draft.place_id, now)
    row = build(actor=actor, now=now, draft=draft, place=place, row_id=next_ids(1)[0])
    if key:  # first, so that a repeat stops here (the key is unique) before anything else is written
        Idempotency.objects.create(key=key, matter_id=row.pk, answer=json.dumps({"code": row.code}), at=now)
    row.save(force_insert=True)
    if row.first_receiver_id != row.desk_id:
        gate.join(row, line(row.first_receiver_id or row.desk_id).ref, Participation.FIRST, now, accepted=True)
        gate.sync_reach(row)
        gate.index(row)
    else:
        gate.index(row, fresh=True)
    gate.entry(row, "report", actor, now, words=row.title, public=True)
    attach(row, draft.files, actor=actor, now=now, act="report", public=True)
    trail.record(
        actor=actor, now=now, action=actions.REPORTED, kind="matter", subject_id=row.pk, label=row.number,
        after={"state": row.state, "place_id": row.place_id, "desk_id": row.desk_id, "channel": row.channel,
               "category_id": row.category_id, "urgency": row.urgency, "due_at": row.due_at},
        unit_path=row.desk_path,
    )  # fmt: skip
    gate.stale(row)
    gate.announce(row, "report", actor, now)
    return row


def place_line(actor: Actor, place_id: int | None, now: datetime) -> Line:
    """The line of where it is: the nearest division or sub-village unit of the unit given (or of the actor's)."""
    if place_id is None and actor.unit is None:
        raise DomainError("matters.report.place", "请选择事情发生的村或社区。", field="place")
    try:
        found = line(place_id if place_id is not None else actor.unit.id)  # type: ignore[union-attr]
    except NotFound:
        raise DomainError("matters.report.place_unknown", "没有找到所选地点，请重新选择。", field="place") from None
    if found.place.id != found.ref.id:
        found = line(found.place.id)
    if found.ended is not None and found.ended <= rules.day_of(now):
        raise DomainError("matters.report.place_ended", "“{unit}”已撤销，请选择现在的村或社区。", field="place", unit=found.ref.name)
    return found


def desk_for(actor: Actor, place: Line) -> tuple[UnitRef, UnitRef]:
    """(desk, first receiver) of a new matter 首接负责: who takes it in keeps it until another accepts.

    A post of a division above the place receives for its own division; a department's warning goes to the division it
    belongs to, which stays answerable together with it; everything else to the division of the place.
    """
    own = place.division
    if actor.unit is None:
        return own, own
    mine = line(actor.unit.id)
    desk = mine.division if place.ref.path in mine.division.scope else own
    return desk, mine.ref if mine.ref.kind not in ("division", "grid") else desk


def build(*, actor: Actor, now: datetime, draft: Report, place: Line, row_id: int) -> Matter:
    """The unsaved row of a new matter with its number, code and clock."""
    received = draft.received_at or now
    desk, first = desk_for(actor, place)
    category = (
        Category.objects.select_related("parent__parent").filter(pk=draft.category_id, retired=False).first()
        if draft.category_id
        else None
    )
    if draft.category_id and category is None:
        raise DomainError("matters.report.category", "没有这个类别，请重新选择。", field="category")
    code = new_code()
    row = Matter(
        id=row_id, number=number(rules.day_of(received), row_id), code_hash=code_hash(code), kind=draft.kind or "request",
        channel=draft.channel, source=draft.source[:30], source_ref=draft.source_ref[:60],
        title=title_of(draft.text, draft.title), text=draft.text.strip(), category=category, urgency=draft.urgency,
        place_id=place.ref.id, place_path=place.ref.path, located=draft.located and draft.place_id is not None,
        place_words=draft.place_words[:160], longitude=coarse(draft.longitude), latitude=coarse(draft.latitude),
        reporter_name=draft.name[:60], reporter_phone=draft.phone.strip(), phone_index=phone_hash(draft.phone),
        reporter_person=draft.person_id, secret=draft.secret, call_back_wanted=draft.call_back_wanted,
        created_by=actor.account_id, state=State.COLLECTED, desk_id=desk.id, desk_path=desk.path, holder_id=desk.id,
        holder_path=desk.path, first_receiver_id=first.id, received_at=received, created_at=now, updated_at=now,
        clock_at=received, step_at=received,
        **{f"{level}_id": place.level(level) for level in ("city", "county", "township", "village")},
    )  # fmt: skip
    row.code = code
    gate.set_clock(row, desk=line(desk.id), now=now)
    return row


def attach(
    row: Matter,
    files: Sequence[tuple[str, bytes]],
    *,
    actor: Actor,
    now: datetime,
    act: str,
    public: bool = False,
) -> list[Attachment]:
    """Keep files with a matter: checked by content, pictures without their hidden data."""
    if not files:
        return []
    from yanzhen.kernel.files.api import store

    made = []
    for name, content in files:
        stored = store(actor=actor, now=now, upload=content, name=name, purpose="matter")
        made.append(
            Attachment(
                matter=row, file=stored, name=name[:120], act=act, at=now, by_name=actor.name or "当事人", public=public
            )
        )
    return Attachment.objects.bulk_create(made)


@transaction.atomic
def add_voice(
    *,
    actor: Actor,
    now: datetime,
    matter: Matter | int,
    text: str = "",
    name: str = "",
    phone: str = "",
    channel: str = "page",
    version: int | None = None,
) -> Voice:
    """Somebody else asks for the same: a voice, not a case. Returns the voice with its own follow-up ``code``.

    NotFound for staff who do not see the matter; wrong_state when it is closed.
    """
    move = gate.open_move(
        actor=actor, now=now, matter=matter, code="add_voice", version=version, checked=actor.account_id is not None
    )
    code = new_code()
    voice = Voice(
        matter=move.matter, at=now, channel=channel[:8], text=text.strip(), name=name[:60], phone=phone.strip(),
        phone_index=phone_hash(phone), code_hash=code_hash(code),
    )  # fmt: skip
    voice.save(force_insert=True)
    voice.code = code
    move.matter.voices += 1
    gate.finish(move, words="又有一位群众反映同一件事", public=True)
    return voice
