"""One expression a source: columns to their standard form, whose row it is, where it belongs, and why it is held if it is.

Everything costly is done on distinct values (kernels) and joined back; what remains for the engine are equi-joins, cases and
integer arithmetic, which DuckDB and Spark answer alike. A join whose key counts only for some rows gets a key that is NULL
for the others: a one-sided predicate in ON made such a join 64 times slower (``data.md`` §3.10).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import ibis
import ibis.expr.datatypes as dt
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yanzhen.lake.contracts.model import Column, Contract
from yanzhen.lake.engines.base import Engine
from yanzhen.lake.kernels import reasons
from yanzhen.lake.kernels.addresses import Gazetteer
from yanzhen.lake.kernels.cover import Cover
from yanzhen.lake.kernels.values import standardise
from yanzhen.lake.landing import Landed
from yanzhen.lake.people import IDS, People
from yanzhen.lake.places import HELD, Places

#: How a row was located, as it stands in ``how``.
HOW = {0: "none", 1: "code", 2: "residence", 3: "point", 4: "address", 5: "repaired"}
#: How a row was tied to its person, as it stands in ``tie``.
TIES = {0: "none", 1: "id", 2: "exact", 3: "probable", 4: "new", 5: "decided"}
_PLAIN = {"text", "household", "address"}
_NATIVE: dict[str, Any] = {
    "integer": dt.int64, "decimal": dt.float64, "lon": dt.float64, "lat": dt.float64, "money": dt.Decimal(18, 2),
    "date": dt.date, "month": dt.date, "datetime": dt.Timestamp(scale=6), "boolean": dt.boolean,
}  # fmt: skip


class Linker(Protocol):
    """Finds persons for rows without an ID number (``linking``)."""

    def resolve(self, tuples: pa.Table) -> pa.Table:
        """Distinct (name, birth, sex, phone, village) → person (or null), tie (see TIES), in the same order."""


@dataclass
class Context:
    """What a row is held against: places, cover, gazetteer, people."""

    places: Places
    cover: Cover
    gazetteer: Gazetteer
    people: People
    linker: Linker


@dataclass
class Plan:
    """A source's expression and what was learnt on the way."""

    expression: Any
    cleared: dict[str, int] = field(default_factory=dict)
    fresh_codes: dict[str, list[str]] = field(default_factory=dict)
    tables: list[str] = field(default_factory=list)


def plan(engine: Engine, contract: Contract, landed: Landed, context: Context) -> Plan:
    """The whole expression of a batch: columns of the contract, ``place``, ``how``, ``tie``, ``person``, ``why``, ``_row``."""
    made = Plan(None)
    table = _columns(engine, contract, landed, context, made)
    if contract.person.linkable or "address" in contract.locate.order:
        # linker and gazetteer ask for distinct values of joined rows: joining once and keeping it is cheaper than joining thrice
        made.tables.append(f"h_{contract.name}")
        table = engine.hold(f"h_{contract.name}", table)
    table = _persons(engine, contract, context, table, made)
    table = _locate(engine, contract, context, table, made)
    own = [column.name for column in contract.columns if column.type != "id_number"]
    derived = [name for name in ("id_birth", "id_sex") if name in table.columns]
    made.expression = table.select(
        ibis.ifelse(table.why > 0, ibis.literal(HELD, "int64"), _place(table)).name("place"),
        (table.spot % 10).cast("int8").name("how"),
        table.tie.cast("int8").name("tie"),
        table.person,
        *(table[name] for name in own),
        *(table[name] for name in derived),
        table["_row"],
        table.why,
    )
    return made


def _place(table: Any) -> Any:
    """``spot`` is place × 10 + how; integer arithmetic only (a floor division would go through floats)."""
    return ((table.spot - table.spot % 10) / 10).cast("int64")


# columns ---------------------------------------------------------------------------------------------------------------


def _columns(engine: Engine, contract: Contract, landed: Landed, context: Context, made: Plan) -> Any:
    """Standard columns, ``person`` and ``home`` by ID number, and the first reason to hold the row (``why``, 0: none)."""
    delivered = engine.raw(
        landed
    )  # distinct values are asked of it: a short expression is compiled in a tenth of the time
    picked = {"_row": delivered["_row"]}
    for index, column in enumerate(contract.columns):
        source = delivered[column.source]
        picked[f"r_{index}"] = source if source.type().is_string() or column.type in _NATIVE else source.cast("string")
    raw = delivered.select(**picked)
    table = raw
    names = ["_row", *(f"r_{index}" for index in range(len(contract.columns)))]
    for index, column in enumerate(contract.columns):
        text = raw[f"r_{index}"].type().is_string()
        if column.type == "id_number":
            dictionary = _ids(engine, delivered[column.source], context)
        elif text and not (column.type in _PLAIN and not column.pattern):
            dictionary = _dictionary(engine, f"d_{contract.name}_{index}", delivered, column, index, context, made)
        else:
            continue
        key = dictionary.columns[0]
        table = table.left_join(dictionary, raw[f"r_{index}"] == dictionary[key])
        names += dictionary.columns[1:]
    twice = _twice(engine, contract, delivered, made)
    if twice is not None:
        table = table.left_join(twice, raw["_row"] == twice["twice_row"])
        names.append("twice_row")
    return _standard(contract, table.select(*names), garbled=landed.garbled > 0)


def _standard(contract: Contract, table: Any, *, garbled: bool) -> Any:
    picked: dict[str, Any] = {"_row": table["_row"]}
    held: list[tuple[Any, Any]] = []
    if "twice_row" in table.columns:
        held.append((table.twice_row.notnull(), ibis.literal(reasons.TWICE)))
    for index, column in enumerate(contract.columns):
        source, base = table[f"r_{index}"], (index + 1) * 100
        text = source.type().is_string()
        if column.required:
            held.append(
                (source.isnull() | (source == "") if text else source.isnull(), ibis.literal(base + reasons.REQUIRED))
            )
        if garbled and text:
            held.append((source.contains("�"), ibis.literal(base + reasons.GARBLED)))
        if column.type == "id_number":
            picked |= {"person": table.person, "home": table.home}
            picked |= {f"id_{fact}": table[f"id_{fact}"] for fact in column.derive}
            if column.holds:
                held.append((table.id_bad > 0, table.id_bad + base))
        elif f"v_{index}" in table.columns:
            picked[column.name] = table[f"v_{index}"]
            if column.holds:
                held.append((table[f"b_{index}"] > 0, table[f"b_{index}"] + base))
        else:
            picked[column.name] = source if text else source.cast(_NATIVE[column.type])
            if column.holds and not text:
                held += _limits(column, picked[column.name], base)
    picked.setdefault("person", ibis.null("int64"))
    picked.setdefault("home", ibis.null("int64"))
    why = ibis.literal(0, "int32")
    if held:
        why = ibis.cases(*((condition, code.cast("int32")) for condition, code in held), else_=why)
    return table.select(**picked, why=why)


def _limits(column: Column, value: Any, base: int) -> list[tuple[Any, Any]]:
    found = []
    if column.least is not None:
        found.append((value < column.least, ibis.literal(base + reasons.RANGE)))
    if column.most is not None:
        found.append((value > column.most, ibis.literal(base + reasons.RANGE)))
    return found


def _twice(engine: Engine, contract: Contract, raw: Any, made: Plan) -> Any:
    """Rows whose key comes again later in the batch (the last one counts); None when the contract has no key."""
    if not contract.key:
        return None
    keys = [contract.column(name).source for name in contract.key]
    again = raw.group_by(keys).aggregate(n=lambda t: t.count()).filter(lambda t: t.n > 1).select(*keys)
    found = engine.fetch(raw.semi_join(again, keys).select("_row", *keys))
    if len(found):
        last = found.group_by(keys, use_threads=False).aggregate([("_row", "max")])["_row_max"]
        rows = found["_row"].filter(pc.invert(pc.is_in(found["_row"], value_set=last.combine_chunks())))
    else:
        rows = pa.chunked_array([], pa.int64())
    name = f"t_{contract.name}"
    made.tables.append(name)
    return engine.put(name, pa.table({"twice_row": rows.cast(pa.int64())}))


def _ids(engine: Engine, source: Any, context: Context) -> Any:
    """The run's dictionary of ID texts, grown by those that this batch brings."""
    known = engine.grow("ids", IDS.empty_table())
    wanted = source.cast("string").name("raw_id").as_table().filter(lambda t: t.raw_id.notnull()).distinct()
    fresh = engine.fetch(wanted.anti_join(known, "raw_id"))["raw_id"].combine_chunks()
    if len(fresh):
        known = engine.grow("ids", context.people.learn(fresh))
    return known


def _dictionary(engine: Engine, name: str, raw: Any, column: Column, index: int, context: Context, made: Plan) -> Any:
    """Distinct texts of a column with their standard value ``v_<index>`` and reason ``b_<index>``."""
    found = engine.fetch(
        raw.select(text=raw[column.source].cast("string"))
        .filter(lambda t: t.text.notnull())
        .group_by("text")
        .aggregate(n=lambda t: t.count())
    )
    texts = found["text"].combine_chunks()
    if column.type == "division":
        values, bad = _divisions(texts, context.places)
    else:
        values, bad = standardise(texts, column)
    wrong = bad > 0
    if wrong.any() and not column.holds:
        made.cleared[column.name] = int(found["n"].to_numpy()[wrong].sum())
    if wrong.any() and column.type == "code":
        made.fresh_codes[column.name] = sorted(texts.filter(pa.array(wrong)).to_pylist())[:20]
    made.tables.append(name)
    return engine.put(
        name, pa.table({f"k_{index}": texts, f"v_{index}": values, f"b_{index}": pa.array(bad, pa.int32())})
    )


def _divisions(texts: pa.Array, places: Places) -> tuple[pa.Array, Any]:
    found = np.array([places.resolve(text) for text in texts.to_pylist()], dtype=np.int64)
    bad = np.where(found == 0, reasons.DIVISION, 0).astype(np.int16)
    return pc.if_else(pa.array(found == 0), pa.scalar(None, pa.int64()), pa.array(found)), bad


# persons ---------------------------------------------------------------------------------------------------------------


def _persons(engine: Engine, contract: Contract, context: Context, table: Any, made: Plan) -> Any:
    """Whose row it is where the ID number does not say: distinct tuples go to the linker."""
    by_id = ibis.ifelse(table.person.notnull(), ibis.literal(1), ibis.literal(0)).cast("int32")
    if not contract.person.linkable:
        return table.mutate(tie=by_id)
    role = contract.person
    parts = {
        "l_name": table[role.name],
        "l_birth": table[role.birth] if role.birth else ibis.null("date"),
        "l_sex": table[role.sex] if role.sex else ibis.null("string"),
        "l_phone": table[role.phone] if role.phone else ibis.null("string"),
        "l_village": table[role.village] if role.village else ibis.null("int64"),
    }
    if contract.locate.address:
        parts["l_address"] = table[contract.locate.address]
    key = _link_key(parts)
    needs = table.person.isnull() & (table.why == 0) & table[role.name].notnull()
    table = table.mutate(l_key=ibis.ifelse(needs, key, ibis.null("string")))
    asked = table.filter(table.l_key.notnull()).select(l_key=table.l_key, **parts).distinct()
    tuples = engine.fetch(asked).sort_by("l_key")
    answered = context.linker.resolve(tuples)
    person = answered["person"].combine_chunks()
    homes = context.people.home_of(np.nan_to_num(pc.fill_null(person, 0).to_numpy()).astype(np.int64))
    name = f"l_{contract.name}"
    made.tables.append(name)
    dictionary = engine.put(
        name,
        pa.table(
            {"x_key": tuples["l_key"], "x_person": person, "x_tie": answered["tie"].cast(pa.int32()), "x_home": homes}
        ),
    )
    joined = table.left_join(dictionary, table.l_key == dictionary.x_key)
    keep = [each for each in table.columns if each not in {"person", "home", "l_key"}]
    return joined.select(
        *(table[each] for each in keep),
        person=ibis.coalesce(table.person, dictionary.x_person),
        home=ibis.coalesce(table.home, dictionary.x_home),
        tie=ibis.ifelse(
            table.person.notnull(), ibis.literal(1, "int32"), ibis.coalesce(dictionary.x_tie, ibis.literal(0, "int32"))
        ),
    )


def _link_key(parts: Mapping[str, Any]) -> Any:
    key = None
    for part in parts.values():
        text = ibis.coalesce(part.cast("string"), ibis.literal(""))
        key = text if key is None else key + ibis.literal("|") + text
    return key


# places ----------------------------------------------------------------------------------------------------------------


def _locate(engine: Engine, contract: Contract, context: Context, table: Any, made: Plan) -> Any:
    """Where the row belongs: each method of the contract in turn, later ones only where it can still become finer."""
    locate = contract.locate
    table = table.mutate(spot=ibis.literal(0, "int64"))
    for method in locate.order:
        if method == "code":
            table = _finer(table, table[locate.code], 1)
        elif method == "residence":
            table = _finer(table, table.home, 2)
        elif method == "point":
            table = _points(engine, contract, context, table, made)
        elif method == "address":
            table = _addresses(engine, contract, context, table, made)
    return table


def _finer(table: Any, place: Any, how: Any) -> Any:
    """``spot`` with another answer: it counts where there was none, or where it lies inside the earlier one and is deeper."""
    spot = table.spot
    earlier = _place(table)
    better = ibis.cases(
        (place.isnull(), False),
        (spot == 0, True),
        (earlier % 1000 != 0, False),
        (earlier % 1_000_000 != 0, (place > earlier) & (place < earlier + 1000)),
        (earlier % 1_000_000_000 != 0, (place > earlier) & (place < earlier + 1_000_000)),
        (earlier % 100_000_000_000 != 0, (place > earlier) & (place < earlier + 1_000_000_000)),
        else_=(place > earlier) & (place < earlier + 100_000_000_000),
    )
    return table.mutate(spot=ibis.ifelse(better, place * 10 + how, spot))


def _open(table: Any) -> Any:
    """Rows that have not reached a grid and are not held."""
    return (table.why == 0) & (_place(table) % 1000 == 0)


def _points(engine: Engine, contract: Contract, context: Context, table: Any, made: Plan) -> Any:
    if not context.cover.cells:
        return table
    lon, lat = table[contract.locate.lon], table[contract.locate.lat]
    first = table.spot.op() is not None and contract.locate.order[0] == "point"
    asked = table if first else table.filter(_open(table))
    distinct = asked.select(p_lon=asked[contract.locate.lon], p_lat=asked[contract.locate.lat])
    found = engine.fetch(distinct.filter(distinct.p_lon.notnull() & distinct.p_lat.notnull()).distinct())
    east, north = found["p_lon"].to_numpy(), found["p_lat"].to_numpy()
    place = context.cover.find(east, north)
    how = np.full(len(place), 3, dtype=np.int64)
    lost = np.nonzero((place == 0) & (np.abs(east) <= 90) & (np.abs(north) > 90))[0]  # written the wrong way round
    place[lost] = context.cover.find(north[lost], east[lost])
    how[lost] = 5
    hit = pa.array(place > 0)
    name = f"p_{contract.name}"
    made.tables.append(name)
    points = pa.table(
        {"q_lon": found["p_lon"], "q_lat": found["p_lat"], "q_place": pa.array(place), "q_how": pa.array(how)}
    ).filter(hit)
    dictionary = engine.put(name, points)
    joined = table.left_join(dictionary, [lon == dictionary.q_lon, lat == dictionary.q_lat])
    joined = joined.select(*(table[each] for each in table.columns), dictionary.q_place, dictionary.q_how)
    return _finer(joined, joined.q_place, joined.q_how).drop("q_place", "q_how")


def _addresses(engine: Engine, contract: Contract, context: Context, table: Any, made: Plan) -> Any:
    address = table[contract.locate.address]
    table = table.mutate(a_key=ibis.ifelse(_open(table), address, ibis.null("string")))
    found = engine.fetch(table.filter(table.a_key.notnull()).select("a_key").distinct())["a_key"].combine_chunks()
    places = np.array([context.gazetteer.find(text).place for text in found.to_pylist()], dtype=np.int64)
    hit = pa.array(places > 0)
    name = f"a_{contract.name}"
    made.tables.append(name)
    dictionary = engine.put(name, pa.table({"g_key": found.filter(hit), "g_place": pa.array(places).filter(hit)}))
    joined = table.left_join(dictionary, table.a_key == dictionary.g_key)
    joined = joined.select(*(table[each] for each in table.columns if each != "a_key"), dictionary.g_place)
    return _finer(joined, joined.g_place, ibis.literal(4)).drop("g_place")
