"""Persons for rows without an ID number: decisions first, then exact agreement, then Splink; what is doubtful waits for a human.

A row's features (name, birth date, sex, phone, village) are compared with those of persons known by their ID number. Each
answer is kept with its evidence and score under the keyed hash of the features, so the same features get the same person for
ever, and a human's decision stands above every later computation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from yanzhen.lake import scoring
from yanzhen.lake.contracts.model import Contract
from yanzhen.lake.kernels.addresses import Gazetteer
from yanzhen.lake.kernels.ids import Keyed
from yanzhen.lake.people import FACES, LINKS, People

if TYPE_CHECKING:
    from yanzhen.lake.home import Lake

NONE, EXACT, PROBABLE, NEW, DECIDED = 0, 2, 3, 4, 5
#: A pair counts as the same person from this probability on …
SURE = 0.99
#: … and goes to a human from this one.
DOUBTFUL = 0.5
#: The second best candidate must be this much less likely (factor of odds): twins and namesakes in one village are asked about.
MARGIN = 50.0
PAIRS = pa.schema(
    [
        ("tuple", pa.binary(32)), ("person", pa.int64()), ("score", pa.float32()), ("evidence", pa.string()), ("features", pa.string()),
    ]
)  # fmt: skip
DECISIONS = pa.schema(
    [
        ("tuple", pa.binary(32)), ("person", pa.int64()), ("same", pa.bool_()),
        ("by", pa.string()), ("at", pa.string()), ("words", pa.string()),
    ]
)  # fmt: skip


@dataclass
class Register:
    """Features of the persons known, and the links made so far."""

    people: People
    keyed: Keyed
    faces: pa.Table = field(default_factory=lambda: FACES.empty_table())
    links: pa.Table = field(default_factory=lambda: LINKS.empty_table())
    decisions: pa.Table = field(default_factory=lambda: DECISIONS.empty_table())
    gazetteer: Gazetteer | None = None
    memory: str = "1GB"
    _new_links: list[pa.Table] = field(default_factory=list)
    _new_faces: list[pa.Table] = field(default_factory=list)
    _new_pairs: list[pa.Table] = field(default_factory=list)

    @classmethod
    def read(cls, lake: Lake, people: People) -> Register:
        """The register as the current snapshot has it."""
        snapshot = lake.store.snapshot()

        def rows(table: str, schema: pa.Schema) -> pa.Table:
            paths = lake.store.paths(lake.store.manifest(table, snapshot).files)
            return pa.concat_tables([schema.empty_table(), *(pq.read_table(path) for path in paths)])

        made = cls(
            people, lake.vault.keyed, rows("_faces", FACES), rows("_links", LINKS), rows("_decisions", DECISIONS)
        )
        made.gazetteer = lake.gazetteer
        return made

    # describing ------------------------------------------------------------------------------------------------------

    def describe(self, contract: Contract, paths: Sequence[str]) -> pa.Table:
        """Features of the persons that a register's batch describes."""
        role = contract.person
        with self._connect() as connection:
            found = connection.execute(
                f"SELECT person, {role.name} AS name, {role.birth or self._derived(contract, 'id_birth', 'DATE')} AS birth, "
                f"{role.sex or self._derived(contract, 'id_sex', 'VARCHAR')} AS sex, {role.phone or 'NULL::VARCHAR'} AS phone, "
                "CASE WHEN place > 0 THEN place - place % 1000 END AS village "
                "FROM read_parquet($1) WHERE person IS NOT NULL "
                "QUALIFY row_number() OVER (PARTITION BY person ORDER BY _row DESC) = 1 ORDER BY person",
                [list(paths)],
            ).to_arrow_table()
        faces = found.cast(FACES)
        fresh = self._take_faces()
        self.faces = pa.concat_tables([self.faces, faces])
        return pa.concat_tables([faces, fresh])

    @staticmethod
    def _derived(contract: Contract, name: str, kind: str) -> str:
        wanted = name.removeprefix("id_")
        return name if any(wanted in column.derive for column in contract.columns) else f"NULL::{kind}"

    def _connect(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(config={"threads": 2, "memory_limit": self.memory})

    # resolving -------------------------------------------------------------------------------------------------------

    def resolve(self, tuples: pa.Table) -> pa.Table:
        """Person and tie for each distinct tuple (l_key, l_name, l_birth, l_sex, l_phone, l_village)."""
        count = len(tuples)
        person = np.zeros(count, dtype=np.int64)
        tie = np.zeros(count, dtype=np.int8)
        if not count:
            return _answer(person, tie)
        hashes = [self.keyed.one(key.encode()) for key in tuples["l_key"].to_pylist()]
        work = tuples.append_column("nr", pa.array(np.arange(count))).append_column(
            "tuple", pa.array(hashes, pa.binary(32))
        )
        self._remembered(work, person, tie)
        score = np.zeros(count, dtype=np.float32)
        evidence = np.full(count, "", dtype=object)
        fresh = person == 0
        open_ = work.filter(pa.array(fresh))
        if len(open_) and len(self.faces):
            self._compare(open_, person, tie, score, evidence)
        waiting = tie == -1
        tie[waiting] = NONE
        alone = np.nonzero((person == 0) & ~waiting)[0]
        person[alone] = self.people.newcomers(len(alone))
        tie[alone] = NEW
        if len(alone):
            self._new_faces.append(_faces(self._with_village(work.take(pa.array(alone))), person[alone]))
            self.faces = pa.concat_tables([self.faces, self._new_faces[-1]])
        made = np.nonzero(fresh & (person > 0))[0]
        if len(made):
            rows = pa.table(
                {
                    "tuple": work["tuple"].take(pa.array(made)), "person": person[made], "tie": tie[made],
                    "score": score[made], "evidence": pa.array(evidence[made], pa.string()),
                },
                schema=LINKS,
            )  # fmt: skip
            self.links = pa.concat_tables([self.links, rows])
            self._new_links.append(rows)
        return _answer(person, tie)

    def _remembered(self, work: pa.Table, person: Any, tie: Any) -> None:
        """Answers that stand: a human's decision, then an earlier link."""
        wanted = work.select(["tuple", "nr"])
        for known, kind in ((self.decisions.filter(pc.field("same")), DECIDED), (self.links, NONE)):
            if not len(known):
                continue
            columns = ["tuple", "person"] + (["tie"] if kind == NONE else [])
            found = wanted.join(known.select(columns), "tuple", join_type="inner")
            at = found["nr"].to_numpy()
            open_ = person[at] == 0
            person[at[open_]] = found["person"].to_numpy()[open_]
            tie[at[open_]] = found["tie"].to_numpy()[open_] if kind == NONE else kind

    def _compare(self, work: pa.Table, person: Any, tie: Any, score: Any, evidence: Any) -> None:
        with self._connect() as connection:
            connection.register("asked_", work)
            connection.register("faces_", self.faces)
            connection.execute(
                "CREATE TEMP TABLE asked AS SELECT nr, l_name AS name, l_birth AS birth, l_sex AS sex, l_phone AS phone, "
                "CASE WHEN l_village > 0 THEN l_village - l_village % 1000 END AS village FROM asked_"
            )
            connection.execute(
                "CREATE TEMP TABLE faces AS SELECT DISTINCT ON (person, name, birth, phone, village) * FROM faces_"
            )
            refused = self._refused(work)
            done: set[int] = set()
            for rule in ("name, birth, phone", "name, birth, village"):
                hits = _exact(connection, rule).to_pydict()
                for at, who in zip(hits["nr"], hits["person"], strict=True):
                    if at not in done and (at, who) not in refused:
                        done.add(at)
                        person[at], tie[at], score[at], evidence[at] = who, EXACT, 1.0, rule.replace(", ", "+")
                if "phone" in rule:
                    self._name_villages(connection, work, done)
                connection.register("done", pa.table({"nr": pa.array(sorted(done), pa.int64())}))
                connection.execute("DELETE FROM asked WHERE nr IN (SELECT nr FROM done)")
            left = connection.execute("SELECT count(*) FROM asked").fetchone()
            if left and left[0]:
                scored = scoring.candidates(connection, DOUBTFUL)
                self._judge(work, scored, refused, person, tie, score, evidence)

    def _name_villages(self, connection: duckdb.DuckDBPyConnection, work: pa.Table, done: set[int]) -> None:
        """Villages from addresses, for those only that name, birth date and phone did not settle: reading an address costs most."""
        left = work.filter(pc.invert(pc.is_in(work["nr"], value_set=pa.array(sorted(done), pa.int64()))))
        connection.register("named", self._with_village(left).select(["nr", "l_village"]))
        connection.execute(
            "UPDATE asked SET village = n.l_village - n.l_village % 1000 FROM named AS n WHERE asked.nr = n.nr AND n.l_village > 0"
        )
        connection.unregister("named")

    def _with_village(self, tuples: pa.Table) -> pa.Table:
        """The village that an address names stands in where the source has no code for it."""
        if self.gazetteer is None or "l_address" not in tuples.column_names:
            return tuples
        texts = pc.unique(tuples["l_address"].drop_null())
        places = pa.array([self.gazetteer.find(text).place or None for text in texts.to_pylist()], pa.int64())
        named = places.take(pc.index_in(tuples["l_address"].combine_chunks(), value_set=texts))
        village = pc.coalesce(tuples["l_village"].combine_chunks(), named)
        deep = pc.not_equal(pc.subtract(village, pc.multiply(pc.divide(village, 1_000_000), 1_000_000)), 0)
        village = pc.if_else(deep, village, pa.scalar(None, pa.int64()))
        return tuples.set_column(tuples.column_names.index("l_village"), "l_village", village)

    def _refused(self, work: pa.Table) -> set[tuple[int, int]]:
        """Pairs that a human has said are two persons."""
        refusals = self.decisions.filter(~pc.field("same"))
        if not len(refusals):
            return set()
        found = work.select(["tuple", "nr"]).join(refusals.select(["tuple", "person"]), "tuple", join_type="inner")
        return set(zip(found["nr"].to_pylist(), found["person"].to_pylist(), strict=True))

    def _judge(
        self,
        work: pa.Table,
        scored: pa.Table,
        refused: set[tuple[int, int]],
        person: Any,
        tie: Any,
        score: Any,
        evidence: Any,
    ) -> None:
        """Best candidate of each tuple: taken when sure and clearly ahead, shown to a human when not."""
        rows = sorted(
            zip(*(scored[name].to_pylist() for name in ("nr", "person", "probability", "evidence")), strict=True),
            key=lambda r: (r[0], -r[2], r[1]),
        )
        best: dict[int, list[tuple[int, float, str]]] = {}
        for at, who, probability, words in rows:
            if (at, who) not in refused and all(who != other for other, _p, _w in best.get(at, [])):
                best.setdefault(at, []).append((who, probability, words))
        place_of = {at: index for index, at in enumerate(work["nr"].to_pylist())}
        doubtful = []
        for at, candidates in best.items():
            who, probability, words = candidates[0]
            ahead = len(candidates) == 1 or _odds(probability) >= MARGIN * _odds(candidates[1][1])
            if probability >= SURE and ahead:
                person[at], tie[at], score[at], evidence[at] = who, PROBABLE, probability, words
            elif probability >= DOUBTFUL:
                tie[at] = -1
                row = work.slice(place_of[at], 1).to_pylist()[0]
                features = "|".join(str(row[name] or "") for name in ("l_name", "l_birth", "l_sex", "l_village"))
                doubtful += [(row["tuple"], who_, p_, words_, features) for who_, p_, words_ in candidates[:3]]
        if doubtful:
            self._new_pairs.append(
                pa.table(dict(zip(PAIRS.names, map(list, zip(*doubtful, strict=True)), strict=True)), schema=PAIRS)
            )

    # what the commit takes -------------------------------------------------------------------------------------------

    def take_links(self) -> pa.Table:
        """Links made since the last call."""
        new, self._new_links = self._new_links, []
        return pa.concat_tables([LINKS.empty_table(), *new])

    def take_pairs(self) -> pa.Table:
        """Doubtful pairs found since the last call."""
        new, self._new_pairs = self._new_pairs, []
        return pa.concat_tables([PAIRS.empty_table(), *new])

    def take_faces(self) -> pa.Table:
        """Features of persons without ID number, known since the last call."""
        return self._take_faces()

    def _take_faces(self) -> pa.Table:
        new, self._new_faces = self._new_faces, []
        return pa.concat_tables([FACES.empty_table(), *new])


def _odds(probability: float) -> float:
    return probability / max(1 - probability, 1e-12)


def _answer(person: Any, tie: Any) -> pa.Table:
    none = pa.array(person == 0)
    return pa.table(
        {
            "person": pc.if_else(none, pa.scalar(None, pa.int64()), pa.array(person)),
            "tie": pa.array(tie.astype(np.int32)),
        }
    )


def _faces(work: pa.Table, person: Any) -> pa.Table:
    village = pc.if_else(pc.greater(work["l_village"], 0), work["l_village"], pa.scalar(None, pa.int64()))
    village = pc.subtract(village, pc.subtract(village, pc.multiply(pc.divide(village, 1000), 1000)))
    return pa.table(
        {
            "person": person, "name": work["l_name"], "birth": work["l_birth"], "sex": work["l_sex"],
            "phone": work["l_phone"], "village": village,
        },
        schema=FACES,
    )  # fmt: skip


def _exact(connection: duckdb.DuckDBPyConnection, rule: str) -> pa.Table:
    """Tuples for which exactly one person agrees in all columns of the rule, and in sex where both tell it."""
    return connection.execute(
        f"SELECT nr, min(person) AS person FROM asked JOIN faces USING ({rule}) "  # two rules of our own
        "WHERE asked.sex IS NULL OR faces.sex IS NULL OR asked.sex = faces.sex GROUP BY nr HAVING count(DISTINCT person) = 1 ORDER BY nr"
    ).to_arrow_table()


def decide(lake: Lake, *, tuple_hash: bytes, person: int, same: bool, by: str, now: datetime, words: str = "") -> None:
    """A human's word on a doubtful pair: kept, replayed in every later run, above any computation."""
    from yanzhen.lake.store import File, Manifest

    row = pa.table(
        {
            "tuple": [tuple_hash],
            "person": [person],
            "same": [same],
            "by": [by],
            "at": [now.isoformat()],
            "words": [words],
        },
        schema=DECISIONS,
    )
    with lake.store.writing():
        name = f"{now:%Y%m%dT%H%M%S%f}-{tuple_hash.hex()[:12]}-{person}"
        staged = lake.staging / f"{name}.parquet"
        pq.write_table(row, staged)
        path = lake.store.settle(staged, f"data/_decisions/0/{name}.parquet")
        before = lake.store.manifest("_decisions")
        file = File(path, name, 0, 1, 0, 0, (lake.folder / path).stat().st_size)
        lake.store.commit([Manifest("_decisions", (*before.files, file))], at=now, words="decision")


def pending(lake: Lake) -> list[dict[str, Any]]:
    """Doubtful pairs on which nobody has decided yet, likeliest first."""
    snapshot = lake.store.snapshot()
    pairs = [pq.read_table(path) for path in lake.store.paths(lake.store.manifest("_pairs", snapshot).files)]
    if not pairs:
        return []
    decided = {
        row["tuple"]
        for path in lake.store.paths(lake.store.manifest("_decisions", snapshot).files)
        for row in pq.read_table(path).to_pylist()
    }
    found: dict[tuple[bytes, int], dict[str, Any]] = {}
    for row in pa.concat_tables(pairs).to_pylist():
        if row["tuple"] not in decided:
            found[(row["tuple"], row["person"])] = row
    return sorted(found.values(), key=lambda row: -row["score"])
