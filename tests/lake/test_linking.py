"""Persons for rows without an ID number: what stands stands, twins are asked about, a human's word counts."""

from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa

from tests.lake.conftest import NOW
from yanzhen.lake.alerts import watch
from yanzhen.lake.api import Lake, decide, pending
from yanzhen.lake.kernels.ids import Keyed
from yanzhen.lake.linking import DECIDED, EXACT, NEW, NONE, Register
from yanzhen.lake.people import FACES, People
from yanzhen.lake.scoring import sound
from yanzhen.lake.store import Batch, File, Manifest

KEY = Keyed("sha256", b"k" * 32)
VILLAGE = 359901100201000


def register(*faces: tuple[int, str, date, str, str | None]) -> Register:
    rows = [
        *faces,
        *(
            (1000 + n, f"甲{chr(0x4E00 + n)}", date(1950, 1, 1) + timedelta(days=37 * n), "1", f"139{n:08d}")
            for n in range(400)
        ),
    ]
    table = pa.table(
        {
            "person": [row[0] for row in rows], "name": [row[1] for row in rows], "birth": [row[2] for row in rows],
            "sex": [row[3] for row in rows], "phone": [row[4] for row in rows], "village": [VILLAGE + 1000 * (n % 40) for n in range(len(rows))],
        },
        schema=FACES,
    )  # fmt: skip
    made = Register(People(KEY), KEY, faces=table)
    made.people._next = 5000
    return made


def ask(made: Register, *tuples: tuple[str, date | None, str | None, str | None]) -> tuple[list[int | None], list[int]]:
    table = pa.table(
        {
            "l_key": pa.array(["|".join(map(str, each)) for each in tuples]), "l_name": pa.array([each[0] for each in tuples], pa.string()),
            "l_birth": pa.array([each[1] for each in tuples], pa.date32()), "l_sex": pa.array([each[2] for each in tuples], pa.string()),
            "l_phone": pa.array([each[3] for each in tuples], pa.string()), "l_village": pa.array([None] * len(tuples), pa.int64()),
        }
    )  # fmt: skip
    found = made.resolve(table)
    return found["person"].to_pylist(), found["tie"].to_pylist()


BORN = date(1980, 5, 17)


def test_exact_agreement_and_strangers() -> None:
    made = register((1, "陈建平", BORN, "1", "13800000001"))
    person, tie = ask(made, ("陈建平", BORN, "1", "13800000001"), ("王小二", date(1990, 2, 3), "1", "13700000000"))
    assert (person[0], tie) == (1, [EXACT, NEW])
    assert person[1] == 5000
    assert ask(made, ("王小二", date(1990, 2, 3), "1", "13700000000"))[0] == [
        5000
    ]  # the same stranger is the same person


def test_another_sex_is_another_person() -> None:
    made = register((1, "陈建平", BORN, "1", "13800000001"))
    _person, tie = ask(made, ("陈建平", BORN, "2", "13800000001"))
    assert tie != [EXACT]


def test_twins_are_told_apart_or_asked_about() -> None:
    made = register((1, "陈建平", BORN, "1", "13800000001"), (2, "陈建军", BORN, "1", "13800000001"))
    person, tie = ask(made, ("陈建军", BORN, "1", "13800000001"), ("陈建某", BORN, "1", "13800000001"))
    assert (person[0], tie[0]) == (2, EXACT)
    assert (person[1], tie[1]) == (None, NONE)  # either could be meant: nobody guesses
    pairs = made.take_pairs().to_pylist()
    assert {row["person"] for row in pairs} == {1, 2}


def test_names_that_sound_alike() -> None:
    assert sound("陈建平") == sound("陈健萍") == "chen jian ping"
    assert sound("陈建平") != sound("林建平")


def test_a_decision_is_kept_and_replayed(lake: Lake) -> None:
    made = register((1, "陈建平", BORN, "1", "13800000001"), (2, "陈建军", BORN, "1", "13800000001"))
    twin = ("陈建某", BORN, "1", "13800000001")
    ask(made, twin)
    pairs = made.take_pairs()
    import pyarrow.parquet as pq

    with lake.store.writing():
        staged = lake.staging / "pairs.parquet"
        pq.write_table(pairs, staged)
        path = lake.store.settle(staged, "data/_pairs/0/a.parquet")
        lake.store.commit([Manifest("_pairs", (File(path, "a", 0, len(pairs), 0, 0, 1),))], at=NOW, words="pairs")
    waiting = pending(lake)
    assert {row["person"] for row in waiting} == {1, 2}
    decide(lake, tuple_hash=waiting[0]["tuple"], person=2, same=True, by="officer", now=NOW, words="看过户口簿")
    assert pending(lake) == []
    later = Register.read(lake, People(KEY))
    later.faces, later.people._next = made.faces, 6000
    later.keyed = KEY
    assert ask(later, twin) == ([2], [DECIDED])
    refused = register((1, "陈建平", BORN, "1", "13800000001"))
    decide(lake, tuple_hash=waiting[0]["tuple"], person=1, same=False, by="officer", now=NOW + timedelta(days=1))
    refused.decisions = Register.read(lake, People(KEY)).decisions.filter(pa.compute.field("person") == 1)
    assert ask(refused, twin)[0] != [1]


def test_the_steward_is_told(lake: Lake) -> None:
    def batch(number: int, arrived: int, phones: int, **more: object) -> Batch:
        at = (NOW + timedelta(days=number)).isoformat()
        return Batch(str(number), arrived, arrived, 0, "c", "p", at, values={"phone": phones}, **more)  # type: ignore[arg-type]

    def told(*batches: Batch, days: int = 0) -> set[str]:
        with lake.store.writing():
            lake.store.commit([Manifest("request", (), batches)], at=NOW, words="test")
        return {alert.kind for alert in watch(lake, NOW + timedelta(days=days)) if alert.source == "request"}

    assert {alert.kind for alert in watch(lake, NOW)} == {"never"}
    assert told(batch(0, 100, 90)) == set()
    assert told(batch(0, 100, 90), days=9) == {"late"}
    assert told(batch(0, 100, 90), batch(1, 40, 36), days=1) == {"rows"}
    assert told(batch(0, 100, 90), batch(1, 100, 20), days=1) == {"nulls"}
    assert told(batch(0, 100, 90), batch(1, 95, 88, fresh_codes={"kind": ["9"]}), days=1) == {"codes"}
