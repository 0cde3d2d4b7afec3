"""Who is who: one number a person, found by the keyed hash of the ID number; the number itself is kept nowhere.

Persons are numbered once and for ever. New ones of a batch are numbered in the order of their hashes, so a run that was
killed and starts over numbers them as before.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from yanzhen.lake.kernels.ids import Keyed, look

Ints = npt.NDArray[np.int64]

#: Persons by hash (a table of the lake); homes and features are tables of their own.
PEOPLE = pa.schema([("person", pa.int64()), ("hash", pa.binary(32)), ("birth", pa.date32()), ("sex", pa.int8())])
HOMES = pa.schema([("person", pa.int64()), ("home", pa.int64())])
FACES = pa.schema(
    [("person", pa.int64()), ("name", pa.string()), ("birth", pa.date32()), ("sex", pa.string()), ("phone", pa.string()),
     ("village", pa.int64())]
)  # fmt: skip
LINKS = pa.schema(
    [
        ("tuple", pa.binary(32)), ("person", pa.int64()), ("tie", pa.int8()), ("score", pa.float32()), ("evidence", pa.string()),
    ]
)  # fmt: skip
IDS = pa.schema(
    [("raw_id", pa.string()), ("person", pa.int64()), ("id_bad", pa.int16()), ("id_birth", pa.date32()), ("id_sex", pa.string()),
     ("home", pa.int64())]
)  # fmt: skip


@dataclass
class People:
    """The dictionary of one run: what earlier snapshots know, and what this run adds."""

    keyed: Keyed
    known: pa.Table = field(default_factory=lambda: PEOPLE.empty_table())
    _prefix: npt.NDArray[np.uint64] = field(init=False)
    _person: Ints = field(init=False)
    _full: npt.NDArray[np.uint8] = field(init=False)
    _next: int = field(init=False)
    _home: Ints = field(init=False)
    _new: list[pa.Table] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._next = int(pc.max(self.known["person"]).as_py() or 0) + 1 if len(self.known) else 1
        self.known = self.known.filter(pc.is_valid(self.known["hash"]))
        self._index(self.known)
        self._home = np.zeros(self._next, dtype=np.int64)

    @property
    def count(self) -> int:
        return self._next - 1

    def _index(self, table: pa.Table) -> None:
        full = _bytes(table["hash"])
        prefix = full[:, :8].copy().view(">u8").ravel().astype(np.uint64)
        order = np.argsort(prefix, kind="stable")
        self._prefix, self._full = prefix[order], full[order]
        self._person = table["person"].to_numpy().astype(np.int64)[order]

    def learn(self, raw: pa.Array) -> pa.Table:
        """Distinct ID texts as rows of the dictionary (IDS): their person, or the reason why they are none."""
        ids = look(raw)
        fine = ids.bad == 0
        hashes = self.keyed.many(ids.numbers[fine])
        person = np.zeros(len(raw), dtype=np.int64)
        person[fine] = self._persons(_bytes(pa.chunked_array([hashes])), ids.birth[fine], ids.sex[fine])
        none = pa.array(~fine)
        return pa.table(
            {
                "raw_id": raw,
                "person": pc.if_else(none, pa.scalar(None, pa.int64()), pa.array(person)),
                "id_bad": pa.array(ids.bad),
                "id_birth": pc.if_else(none, pa.scalar(None, pa.date32()), pa.array(ids.birth).cast(pa.date32())),
                "id_sex": pc.if_else(
                    none,
                    pa.scalar(None, pa.string()),
                    pa.array(np.where(ids.sex == 1, "1", "2").astype(object), pa.string()),
                ),
                "home": self.home_of(person),
            },
            schema=IDS,
        )

    def _persons(self, full: npt.NDArray[np.uint8], birth: npt.NDArray[np.int32], sex: npt.NDArray[np.int8]) -> Ints:
        found = self._lookup(full)
        missing = np.nonzero(found == 0)[0]
        if not len(missing):
            return found
        # one number of several spellings has one hash: number each hash once, in the order of hashes
        words = np.ascontiguousarray(full[missing]).view("V32").ravel()
        order = np.lexsort(np.ascontiguousarray(full[missing]).view(">u8").T[::-1])
        ordered = words[order]
        first = np.concatenate(([True], ordered[1:] != ordered[:-1]))
        rank = np.cumsum(first) - 1
        found[missing[order]] = self._next + rank
        chosen = missing[order[first]]
        fresh = pa.table(
            {
                "person": pa.array(self._next + np.arange(len(chosen)), pa.int64()),
                "hash": _binary(full[chosen]),
                "birth": pa.array(birth[chosen]).cast(pa.date32()),
                "sex": pa.array(sex[chosen]),
            },
            schema=PEOPLE,
        )
        self._next += len(chosen)
        self._new.append(fresh)
        self.known = pa.concat_tables([self.known, fresh])
        self._index(self.known)
        return found

    def _lookup(self, full: npt.NDArray[np.uint8]) -> Ints:
        prefix = full[:, :8].copy().view(">u8").ravel().astype(np.uint64)
        at = np.searchsorted(self._prefix, prefix)
        found = np.zeros(len(full), dtype=np.int64)
        open_ = np.arange(len(full))
        while len(open_):
            inside = at[open_] < len(self._prefix)
            open_ = open_[inside]
            same = self._prefix[at[open_]] == prefix[open_]
            open_ = open_[same]
            equal = (self._full[at[open_]] == full[open_]).all(axis=1)
            found[open_[equal]] = self._person[at[open_[equal]]]
            open_ = open_[~equal]
            at[open_] += 1
        return found

    def newcomers(self, count: int) -> Ints:
        """Numbers for persons who have no ID number anywhere."""
        numbers = np.arange(self._next, self._next + count, dtype=np.int64)
        self._next += count
        self._new.append(
            pa.table(
                {
                    "person": numbers,
                    "hash": pa.nulls(count, pa.binary(32)),
                    "birth": pa.nulls(count, pa.date32()),
                    "sex": pa.nulls(count, pa.int8()),
                },
                schema=PEOPLE,
            )
        )
        return numbers

    def take_new(self) -> pa.Table:
        """Persons added since the last call, for the commit."""
        new = pa.concat_tables(self._new) if self._new else PEOPLE.empty_table()
        self._new = []
        return new

    def home_of(self, person: Ints) -> pa.Array:
        """Where persons live (place), null where nobody knows."""
        self._room()
        place = self._home[person]
        return pc.if_else(pa.array(place == 0), pa.scalar(None, pa.int64()), pa.array(place))

    def settle(self, person: Ints, home: Ints) -> None:
        """These persons live there."""
        self._room()
        self._home[person] = home

    def _room(self) -> None:
        if len(self._home) < self._next:
            self._home = np.concatenate(
                [self._home, np.zeros(self._next + self._next // 2 - len(self._home), dtype=np.int64)]
            )


def _bytes(hashes: pa.ChunkedArray) -> npt.NDArray[np.uint8]:
    filled = [chunk.drop_null() for chunk in hashes.chunks if len(chunk)]
    parts = [
        np.frombuffer(chunk.buffers()[1], dtype=np.uint8)[chunk.offset * 32 : (chunk.offset + len(chunk)) * 32]
        for chunk in filled
        if len(chunk)
    ]
    return np.concatenate(parts).reshape(-1, 32) if parts else np.zeros((0, 32), dtype=np.uint8)


def _binary(full: npt.NDArray[np.uint8]) -> pa.Array:
    return pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(32), len(full), [None, pa.py_buffer(np.ascontiguousarray(full).tobytes())]
    )
