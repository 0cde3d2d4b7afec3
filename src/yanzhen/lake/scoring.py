"""How alike two sets of features are, for Chinese names and dates as clerks write them (Fellegi–Sunter, through Splink).

The probability that two *different* persons agree by chance (u) is taken from the register itself: the sum of squared shares
of each value. The probability that the *same* person's features agree (m) is a default of the field, below. So the model needs
no training run, and the same register gives the same answer.
"""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

import duckdb
import pyarrow as pa

#: Chance that the features of one person agree at each level, from careful to not at all (clerks' habits; ``data.md`` §3.8).
M = {
    "name": (0.93, 0.025, 0.005, 0.03, 0.005, 0.005),
    "birth": (0.94, 0.01, 0.03, 0.01, 0.01),
    "sex": (0.995, 0.005),
    "phone": (0.74, 0.01, 0.25),
    "village": (0.88, 0.07, 0.05),
}


def candidates(connection: duckdb.DuckDBPyConnection, least: float) -> pa.Table:
    """Pairs of tables ``asked`` (nr, …) and ``faces`` (person, …): nr, person, probability, evidence; above ``least``."""
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    logging.getLogger("splink").setLevel(logging.ERROR)
    shares = _chance(connection)
    _features(connection)
    settings = SettingsCreator(
        link_type="link_only",
        unique_id_column_name="uid",
        probability_two_random_records_match=1 / max(shares["count"], 10),
        comparisons=[_name(shares), _birth(shares), _sex(), _phone(shares), _village(shares)],
        blocking_rules_to_generate_predictions=[
            block_on("name", "birth"),
            block_on("phone"),
            block_on("sound", "village"),
            block_on("birth", "village"),
            block_on("letters", "birth"),
            block_on("sound", "birth_month"),
            block_on("surname", "birth"),
        ],
        retain_intermediate_calculation_columns=True,
        retain_matching_columns=False,
    )
    api = DuckDBAPI(connection)
    tables = [api.register("f_asked", dataset_display_name="a"), api.register("f_faces", dataset_display_name="b")]
    linker = Linker(tables, settings, log_level=logging.ERROR)
    found = linker.inference.predict(threshold_match_probability=least)
    return connection.execute(
        "SELECT CAST(CASE WHEN source_dataset_l = 'a' THEN uid_l ELSE uid_r END AS BIGINT) AS nr, "
        "CAST(CASE WHEN source_dataset_l = 'a' THEN uid_r ELSE uid_l END AS BIGINT) // 1000 AS person, match_probability AS probability, "
        + " || ' ' || ".join(f"'{name} ' || round(coalesce(mw_{name}, 0), 1)" for name in M)
        + f" AS evidence FROM {found.physical_name} ORDER BY nr, probability DESC, person"
    ).to_arrow_table()


@cache
def _sounds() -> dict[str, str]:
    return {}


def sound(name: str) -> str:
    """A name's pinyin without tones, character by character; polyphones of surnames are left to the other levels."""
    from pypinyin import lazy_pinyin

    known = _sounds()
    for letter in name:
        if letter not in known:
            known[letter] = "".join(lazy_pinyin(letter))
    return " ".join(known[letter] for letter in name)


#: Persons of whom the shares of sounds and of swapped letters are taken; enough for shares above 1 in 10,000.
_SAMPLE = 100_000


def _features(connection: duckdb.DuckDBPyConnection) -> None:
    """Both tables with what the comparisons need; of the faces, only those that a blocking rule can reach."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE near AS SELECT * FROM faces WHERE "
        "date_trunc('month', birth) IN (SELECT date_trunc('month', birth) FROM asked) "
        "OR phone IN (SELECT phone FROM asked) OR village IN (SELECT village FROM asked)"
    )
    _sound_table(connection, "SELECT name FROM asked UNION SELECT name FROM near")
    shape = (
        "name, sounds.sound, sounds.letters, left(name, 1) AS surname, strftime(birth, '%Y-%m-%d') AS birth, "
        "strftime(birth, '%Y-%m') AS birth_month, sex, phone, "
        "CAST(village AS VARCHAR) AS village, left(CAST(village AS VARCHAR), 9) AS town"
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE f_asked AS SELECT nr AS uid, {shape} FROM asked LEFT JOIN sounds USING (name)"
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE f_faces AS SELECT "
        f"person * 1000 + row_number() OVER (PARTITION BY person ORDER BY birth, phone, village) AS uid, {shape} "
        "FROM near LEFT JOIN sounds USING (name)"
    )


def _sound_table(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    names = connection.execute(query).to_arrow_table()["name"].drop_null().to_pylist()
    table = pa.table(
        {
            "name": pa.array(names, pa.string()),
            "sound": pa.array([sound(name) for name in names], pa.string()),
            "letters": pa.array(["".join(sorted(name)) for name in names], pa.string()),
        }
    )
    connection.register("sounds_", table)
    connection.execute("CREATE OR REPLACE TEMP TABLE sounds AS FROM sounds_")
    connection.unregister("sounds_")


def _chance(connection: duckdb.DuckDBPyConnection) -> dict[str, float]:
    """How often two persons drawn at random agree, by column: of all faces, whatever is asked.

    Sounds and sorted letters are taken of the persons with the lowest numbers, in proportion to the names' own share there.
    """
    columns = {
        "name": "name", "surname": "left(name, 1)", "birth": "birth", "birth_month": "date_trunc('month', birth)", "phone": "phone",
        "village": "village", "town": "village // 1000000",
    }  # fmt: skip
    found = {name: _share(connection, "faces", expression) for name, expression in columns.items()}
    connection.execute(f"CREATE OR REPLACE TEMP TABLE drawn AS SELECT name FROM faces ORDER BY person LIMIT {_SAMPLE}")
    _sound_table(connection, "SELECT DISTINCT name FROM drawn")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE heard AS SELECT name, sound, letters FROM drawn JOIN sounds USING (name)"
    )
    own = _share(connection, "heard", "name")
    for name in ("sound", "letters"):
        found[name] = min(found["name"] * _share(connection, "heard", name) / own, 0.5)
    row = connection.execute("SELECT count(*) FROM faces").fetchone()
    found["count"] = float(row[0]) if row else 1.0
    return found


def _share(connection: duckdb.DuckDBPyConnection, table: str, expression: str) -> float:
    row = connection.execute(
        f"SELECT sum(n * n) / (sum(n) * sum(n)) FROM "
        f"(SELECT count(*)::DOUBLE AS n FROM {table} WHERE {expression} IS NOT NULL GROUP BY {expression})"
    ).fetchone()
    return min(max(float((row and row[0]) or 1e-7), 1e-8), 0.5)


def _level(sql: str, label: str, m: float, u: float, **more: Any) -> dict[str, Any]:
    return {"sql_condition": sql, "label_for_charts": label, "m_probability": m, "u_probability": u, **more}


def _null(column: str) -> dict[str, Any]:
    return {
        "sql_condition": f"{column}_l IS NULL OR {column}_r IS NULL",
        "label_for_charts": "missing",
        "is_null_level": True,
    }


def _comparison(name: str, levels: list[dict[str, Any]]) -> Any:
    from splink.comparison_library import CustomComparison

    return CustomComparison(output_column_name=name, comparison_levels=levels)


def _rest(m: float, used: float) -> dict[str, Any]:
    return _level("ELSE", "other", m, max(1 - used, 0.01))


def _name(shares: dict[str, float]) -> Any:
    m, u = M["name"], shares["name"]
    sound_u, letters_u, near_u = max(shares["sound"] - u, u), u * 2, u * 20
    return _comparison(
        "name",
        [
            _null("name"),
            _level("name_l = name_r", "same", m[0], u, tf_adjustment_column="name", tf_adjustment_weight=1.0),
            _level("sound_l = sound_r", "sounds alike", m[1], sound_u),
            _level("letters_l = letters_r", "swapped", m[2], letters_u),
            _level("length(name_l) > 1 AND levenshtein(name_l, name_r) = 1", "one character", m[3], near_u),
            _level("surname_l = surname_r", "surname", m[4], shares["surname"]),
            _rest(m[5], u + sound_u + letters_u + near_u + shares["surname"]),
        ],
    )


def _birth(shares: dict[str, float]) -> Any:
    m, u = M["birth"], shares["birth"]
    month_u, near_u = shares["birth_month"] * 0.1, u * 60
    return _comparison(
        "birth",
        [
            _null("birth"),
            _level("birth_l = birth_r", "same", m[0], u),
            _level(
                "birth_month_l = birth_month_r AND (right(birth_l, 2) = '01' OR right(birth_r, 2) = '01')",
                "day missing",
                m[1],
                month_u,
            ),
            _level("levenshtein(birth_l, birth_r) <= 1", "one digit", m[2], near_u),
            _level(
                "left(birth_l, 4) = left(birth_r, 4) AND (right(birth_l, 5) = right(birth_r, 2) || '-' || substr(birth_r, 6, 2) "
                "OR levenshtein(birth_l, birth_r) <= 2)",
                "day and month swapped or two digits",
                m[3],
                u * 300,
            ),
            _rest(m[4], u + month_u + near_u + u * 300),
        ],
    )


def _sex() -> Any:
    m = M["sex"]
    return _comparison("sex", [_null("sex"), _level("sex_l = sex_r", "same", m[0], 0.5), _rest(m[1], 0.5)])


def _phone(shares: dict[str, float]) -> Any:
    m, u = M["phone"], shares["phone"]
    return _comparison(
        "phone",
        [
            _null("phone"),
            _level("phone_l = phone_r", "same", m[0], u * 3),  # one phone serves a family
            _level("levenshtein(phone_l, phone_r) <= 1", "one digit", m[1], u * 110),
            _rest(m[2], u * 113),
        ],
    )


def _village(shares: dict[str, float]) -> Any:
    m, u = M["village"], shares["village"]
    return _comparison(
        "village",
        [
            _null("village"),
            _level("village_l = village_r", "same", m[0], u),
            _level("town_l = town_r", "same town", m[1], shares["town"]),
            _rest(m[2], u + shares["town"]),
        ],
    )
