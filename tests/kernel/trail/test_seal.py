"""Sealing, verifying, tampering; the database's own guards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from tests.personas import Persona
from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.scope.api import Actor
from yanzhen.kernel.tasks.api import jobs
from yanzhen.kernel.trail import api as trail
from yanzhen.kernel.trail import guards
from yanzhen.kernel.trail.cli import app
from yanzhen.kernel.trail.domain import GENESIS, canonical, digest, leaves, read_leaves
from yanzhen.kernel.trail.models import TrailRow, TrailSeal
from yanzhen.kernel.trail.selectors import oldest_unsealed
from yanzhen.kernel.trail.services import row_digest, seal_all, seal_batch, verify

DONE = trail.declare("tests.thing.done", "试")
ACTOR = Actor("甲", account_id=7, post_id=8, post_label="青山镇书记", ip="10.0.0.1")


def write(count: int, now: datetime) -> list[TrailRow]:
    return [
        trail.record(
            actor=ACTOR, now=now + timedelta(seconds=n), action=DONE, kind="thing", subject_id=n, label=f"第{n}件",
            before={"n": n - 1}, after={"n": n, "when": now}, purpose="试",
        )
        for n in range(count)
    ]  # fmt: skip


def rehash(row_id: int) -> None:
    """What a careful forger does: make the row fit its own hash again."""
    row = TrailRow.objects.get(pk=row_id)
    TrailRow.objects.filter(pk=row_id).update(digest=row_digest(row))


@pytest.fixture
def sealed(db: None, now: datetime) -> list[TrailRow]:
    """Twelve rows in three seals of five, five and two."""
    rows = write(12, now)
    assert seal_all(now=now, limit=5) == 12
    return rows


@pytest.fixture
def forger(sealed: list[TrailRow]) -> list[TrailRow]:
    """The same, in the hands of somebody who can take the guards away."""
    guards.remove(connection)
    return sealed


def test_seals_hang_on_each_other(sealed: list[TrailRow]) -> None:
    seals = list(TrailSeal.objects.order_by("id"))
    assert [seal.rows for seal in seals] == [5, 5, 2]
    assert [seal.previous for seal in seals] == [GENESIS, seals[0].digest, seals[1].digest]
    assert {row.seal_id for row in TrailRow.objects.all()} == {seal.pk for seal in seals}
    report = verify()
    assert report.sound
    assert report.guarded
    assert (report.rows, report.seals, report.unsealed, report.head) == (12, 3, 0, seals[2].digest)


def test_nothing_to_seal_makes_no_seal(sealed: list[TrailRow], now: datetime) -> None:
    assert seal_all(now=now) == 0
    assert TrailSeal.objects.count() == 3


def test_the_worker_seals_until_caught_up(db: None, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    write(7, now)
    assert oldest_unsealed() == now
    assert jobs()["trail.seal"].seconds < 60
    jobs()["trail.seal"].run(now)
    assert oldest_unsealed() is None


def test_rows_committed_late_go_into_a_later_seal(sealed: list[TrailRow], now: datetime) -> None:
    """A transaction took its id early and commits after the seal: rows carry their seal, so nothing is lost."""
    late = trail.build(actor=ACTOR, now=now, action=DONE, kind="thing", subject_id="late")
    late.pk = sealed[0].pk - 1
    late.save(force_insert=True)
    assert seal_all(now=now) == 1
    assert TrailSeal.objects.order_by("-id")[0].first_row < sealed[0].pk
    assert verify().sound


def test_unsealed_rows_are_checked_too(sealed: list[TrailRow], now: datetime) -> None:
    (row,) = write(1, now)
    assert verify().unsealed == 1
    guards.remove(connection)
    TrailRow.objects.filter(pk=row.pk).update(actor_name="乙")
    assert verify().broken == trail_broken("changed", None, row.pk)


def trail_broken(what: str, seal_id: int | None, row_id: int | None = None) -> object:
    from yanzhen.kernel.trail.domain import Broken

    return Broken(what, seal_id, row_id)  # type: ignore[arg-type]


@pytest.mark.parametrize("field", ["after", "actor_name", "purpose", "at", "account_id", "subject_id", "ip", "before"])
def test_a_changed_row_is_named(forger: list[TrailRow], field: str) -> None:
    row = forger[6]
    value = {"at": row.at + timedelta(minutes=1), "account_id": 9}.get(field, "x")
    TrailRow.objects.filter(pk=row.pk).update(**{field: value})
    found = verify()
    assert not found.sound
    assert (found.broken.what, found.broken.row_id) == ("changed", row.pk)  # type: ignore[union-attr]


def test_a_changed_row_with_a_forged_hash_is_named(forger: list[TrailRow]) -> None:
    TrailRow.objects.filter(pk=forger[6].pk).update(after=canonical({"n": 99}))
    rehash(forger[6].pk)
    assert verify().broken == trail_broken("changed", forger[6].seal_id or seal_of(forger[6]), forger[6].pk)


def seal_of(row: TrailRow) -> int | None:
    return TrailRow.objects.values_list("seal_id", flat=True).get(pk=row.pk)


def test_a_deleted_row_is_named(forger: list[TrailRow]) -> None:
    seal = seal_of(forger[3])
    TrailRow.objects.filter(pk=forger[3].pk).delete()
    assert verify().broken == trail_broken("deleted", seal, forger[3].pk)


def test_an_inserted_row_is_named(forger: list[TrailRow], now: datetime) -> None:
    row = trail.build(actor=ACTOR, now=now, action=DONE, kind="thing", subject_id="forged")
    row.seal_id = seal_of(forger[3])
    row.save()
    assert verify().broken == trail_broken("inserted", row.seal_id, row.pk)


def test_rows_in_another_order_are_named(forger: list[TrailRow]) -> None:
    """Two rows swap what they say, hashes and all."""
    one, other = (TrailRow.objects.get(pk=row.pk) for row in forger[5:7])
    one.pk, other.pk = other.pk, one.pk
    one.save(force_update=True)
    other.save(force_update=True)
    assert verify().broken == trail_broken("reordered", seal_of(forger[5]), forger[5].pk)


def test_a_row_moved_to_another_seal_is_named(forger: list[TrailRow]) -> None:
    TrailRow.objects.filter(pk=forger[4].pk).update(seal=seal_of(forger[9]))
    assert verify().broken == trail_broken("deleted", seal_of(forger[3]), forger[4].pk)


@pytest.mark.parametrize("change", [{"digest": "0" * 63 + "1"}, {"previous": "1" * 64}, {"leaves": ""}])
def test_a_changed_seal_is_named(forger: list[TrailRow], change: dict[str, str]) -> None:
    middle = TrailSeal.objects.order_by("id")[1]
    TrailSeal.objects.filter(pk=middle.pk).update(**change)
    found = verify()
    if "leaves" in change:  # only a help for naming: without it the chain still holds
        assert found.sound
    else:
        assert found.broken == trail_broken("seal", middle.pk)


def test_a_removed_seal_breaks_the_chain(forger: list[TrailRow]) -> None:
    middle = TrailSeal.objects.order_by("id")[1]
    TrailRow.objects.filter(seal=middle).delete()
    TrailSeal.objects.filter(pk=middle.pk).delete()
    assert verify().broken == trail_broken("seal", TrailSeal.objects.order_by("-id")[0].pk)


def test_a_chain_cut_off_at_its_end_is_found_by_the_printed_digest(forger: list[TrailRow]) -> None:
    last = TrailSeal.objects.order_by("-id")[0]
    assert verify(anchor=last.digest).sound
    TrailRow.objects.filter(seal=last).delete()
    TrailSeal.objects.filter(pk=last.pk).delete()
    assert verify().sound  # nothing in the database tells …
    assert not verify(anchor=last.digest).sound  # … the paper does


# --- guards of the database --------------------------------------------------------------------------------------------


def refused(act: Callable[[], object]) -> bool:
    try:
        with transaction.atomic():
            act()
    except DatabaseError as error:
        return guards.WORDS in str(error)
    return False


def test_the_database_refuses_to_change_or_delete(sealed: list[TrailRow], now: datetime) -> None:
    (fresh,) = write(1, now)
    for row in (sealed[0], fresh):
        rows = TrailRow.objects.filter(pk=row.pk)
        for field in ("after", "actor_name", "digest", "subject_id"):
            assert refused(lambda rows=rows, field=field: rows.update(**{field: "x"})), field  # type: ignore[misc]
        assert refused(rows.delete)
    assert refused(lambda: TrailRow.objects.filter(pk=sealed[0].pk).update(seal=None))
    assert refused(lambda: TrailRow.objects.filter(pk=sealed[0].pk).update(seal=seal_of(sealed[11])))
    assert refused(lambda: TrailSeal.objects.update(digest="x"))
    assert refused(lambda: TrailSeal.objects.all()._raw_delete("default"))
    assert verify().sound


def test_the_database_refuses_raw_statements(sealed: list[TrailRow]) -> None:
    def raw(statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    assert refused(lambda: raw("UPDATE trail_row SET actor_name = 'x'"))
    assert refused(lambda: raw("DELETE FROM trail_row"))
    if connection.vendor == "postgresql":
        assert refused(lambda: raw("SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE trail_row"))


def test_missing_guards_are_reported(forger: list[TrailRow]) -> None:
    assert not verify().guarded
    guards.install(connection)
    assert verify().guarded


def test_two_seals_cannot_hang_on_the_same_one(sealed: list[TrailRow], now: datetime) -> None:
    last = TrailSeal.objects.order_by("-id")[0]
    with pytest.raises(IntegrityError), transaction.atomic():
        TrailSeal.objects.create(
            sealed_at=now, first_row=1, last_row=1, rows=1, previous=last.previous, digest="1" * 64, algorithm="sha256"
        )


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="two writers at once need PostgreSQL")
@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_make_one_chain(now: datetime) -> None:
    write(60, now)
    gate = Barrier(2)

    def work() -> None:
        gate.wait()
        try:
            for _ in range(40):
                seal_batch(now=now, limit=4)
        finally:
            connection.close()

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seal_all(now=now)
    report = verify()
    assert report.sound
    assert (report.rows, report.unsealed) == (60, 0)
    assert sum(TrailSeal.objects.values_list("rows", flat=True)) == 60


# --- hashes ----------------------------------------------------------------------------------------------------------------


def test_sm3_by_setting(db: None, now: datetime, settings: object) -> None:
    write(2, now)
    seal_all(now=now)
    with override_settings(YANZHEN=settings.YANZHEN.model_copy(update={"hash": "sm3"})):  # type: ignore[attr-defined]
        write(2, now)
        seal_all(now=now)
        assert verify().sound
    assert verify().sound  # the setting may change, old and new rows carry what they were hashed with
    assert [seal.algorithm for seal in TrailSeal.objects.order_by("id")] == ["sha256", "sm3"]
    assert TrailRow.objects.order_by("-id")[0].algorithm == "sm3"


def test_sm3_is_the_real_one() -> None:
    """GB/T 32905-2016, Annex A.1: the hash of "abc"."""
    import hashlib

    assert hashlib.new("sm3", b"abc").hexdigest() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
def test_no_two_lists_share_a_hash(one: list[str], other: list[str]) -> None:
    assert (digest(one) == digest(other)) == (one == other)


@given(st.lists(st.tuples(st.integers(1, 10**12), st.binary(min_size=32, max_size=32)), unique_by=lambda row: row[0]))
def test_leaves_round_trip(rows: list[tuple[int, bytes]]) -> None:
    rows.sort()
    text = leaves([row[0] for row in rows], [row[1].hex() for row in rows])
    assert read_leaves(text) == [(row[0], row[1].hex()[:8]) for row in rows]


# --- looking behind a mask; the command ----------------------------------------------------------------------------------


def test_a_look_behind_a_mask_leaves_its_purpose(village_secretary: Persona, now: datetime) -> None:
    actor = village_secretary.actor
    with pytest.raises(DomainError):
        trail.unmasked(actor=actor, now=now, kind="person", subject_id=3, fields=["phone"], purpose="  ")
    row = trail.unmasked(actor=actor, now=now, kind="person", subject_id=3, fields=["phone", "id"], purpose="回访")
    assert (row.action, row.purpose, row.after) == ("trail.data.unmasked", "回访", '{"fields":["id","phone"]}')
    assert actor.unit is not None
    assert row.unit_path == actor.unit.path


def test_the_command_names_the_first_broken_row(forger: list[TrailRow]) -> None:
    fine = CliRunner().invoke(app, ["verify"])
    assert fine.exit_code == 0, fine.output
    assert "OK" in fine.output
    TrailRow.objects.filter(pk__in=[forger[4].pk, forger[8].pk]).update(actor_name="乙")
    broken = CliRunner().invoke(app, ["verify"])
    assert broken.exit_code == 3
    assert f"BROKEN changed row {forger[4].pk} " in broken.output
