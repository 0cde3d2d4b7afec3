"""The database's own guards: trail rows and seals are only ever added.

A row may get its seal once, nothing else of it may change, nothing may go. A migration that rebuilds one of these tables must
put the guards back (SQLite drops triggers with the table): ``install(connection)``; ``verify`` says when they are missing.
"""

from __future__ import annotations

from typing import Any

TABLES = ("trail_row", "trail_seal")
NAMES = ("trail_row_update", "trail_row_delete", "trail_seal_update", "trail_seal_delete")
COLUMNS = (
    "id", "at", "action", "account_id", "post_id", "actor_name", "actor_post", "on_behalf_of", "channel", "ip", "request_id",
    "unit_path", "subject_kind", "subject_id", "subject_label", "before", "after", "purpose", "digest", "algorithm",
)  # fmt: skip
WORDS = "the trail is append-only"


def _sqlite() -> list[str]:
    changed = " OR ".join(f'NEW."{name}" IS NOT OLD."{name}"' for name in COLUMNS)
    stop = f"BEGIN SELECT RAISE(ABORT, '{WORDS}'); END"
    return [
        f"CREATE TRIGGER trail_row_update BEFORE UPDATE ON trail_row WHEN OLD.seal_id IS NOT NULL OR {changed} {stop}",
        f"CREATE TRIGGER trail_row_delete BEFORE DELETE ON trail_row {stop}",
        f"CREATE TRIGGER trail_seal_update BEFORE UPDATE ON trail_seal {stop}",
        f"CREATE TRIGGER trail_seal_delete BEFORE DELETE ON trail_seal {stop}",
    ]


def _postgresql() -> list[str]:
    changed = " OR ".join(f'NEW."{name}" IS DISTINCT FROM OLD."{name}"' for name in COLUMNS)
    opened = f"OLD.seal_id IS NOT NULL OR {changed}"
    function = "CREATE OR REPLACE FUNCTION trail_refuse() RETURNS trigger LANGUAGE plpgsql"
    call = "EXECUTE FUNCTION trail_refuse()"
    return [
        f"{function} AS $$ BEGIN RAISE EXCEPTION '{WORDS}'; END $$",
        f"CREATE TRIGGER trail_row_update BEFORE UPDATE ON trail_row FOR EACH ROW WHEN ({opened}) {call}",
        f"CREATE TRIGGER trail_row_delete BEFORE DELETE OR TRUNCATE ON trail_row FOR EACH STATEMENT {call}",
        f"CREATE TRIGGER trail_seal_update BEFORE UPDATE ON trail_seal FOR EACH ROW {call}",
        f"CREATE TRIGGER trail_seal_delete BEFORE DELETE OR TRUNCATE ON trail_seal FOR EACH STATEMENT {call}",
    ]


def create_sql(vendor: str) -> list[str]:
    """Statements that put the guards in place ([] for a database without a known dialect)."""
    return {"sqlite": _sqlite, "postgresql": _postgresql}.get(vendor, list)()


def drop_sql(vendor: str) -> list[str]:
    """Statements that take them away (reverse migration, emptying a test database)."""
    if vendor == "sqlite":
        return [f"DROP TRIGGER IF EXISTS {name}" for name in NAMES]
    if vendor == "postgresql":
        return [f"DROP TRIGGER IF EXISTS {name} ON {name.rpartition('_')[0]}" for name in NAMES]
    return []


def install(connection: Any) -> None:
    """Put the guards in place (again)."""
    with connection.cursor() as cursor:
        for statement in drop_sql(connection.vendor) + create_sql(connection.vendor):
            cursor.execute(statement)


def remove(connection: Any) -> None:
    """Take the guards away."""
    with connection.cursor() as cursor:
        for statement in drop_sql(connection.vendor):
            cursor.execute(statement)


def in_place(connection: Any) -> bool:
    """Whether all guards are there and switched on."""
    question = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')",
    }.get(connection.vendor)
    if question is None:
        return False
    with connection.cursor() as cursor:
        cursor.execute(question)
        return set(NAMES) <= {row[0] for row in cursor.fetchall()}
