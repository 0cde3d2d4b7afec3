"""Fill a PostgreSQL database with the bench's county-of-counties: 40,000 units, N matters with history, trail and search.

By SQL, like the rivals: `INSERT … SELECT generate_series`, indexes built afterwards, then `VACUUM ANALYZE`. Every column of a
table must be named here; a column that the tables have and this file does not know stops the run.

Run by `bench.matters.ours` with the database in the environment: `python -m bench.matters.seed ROWS OUT.json`.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yanzhen.site.settings")
import django

django.setup()

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.db import connection, models
from django.utils import timezone

from bench.matters.rivals import KEYWORD_EVERY, KEYWORD_TOPIC, OPEN_EVERY, TOPICS, sql_body, sql_created, sql_title
from yanzhen.kernel.accounts.models import Account
from yanzhen.kernel.rulebook.services import install
from yanzhen.kernel.scope.api import system
from yanzhen.kernel.search.api import lexemes
from yanzhen.kernel.trail.models import TrailRow, TrailSeal
from yanzhen.matters.models import Category, Entry, Matter
from yanzhen.matters.services.programs import issue_token
from yanzhen.registry.api import actor_in, posts_of, unit_ref
from yanzhen.registry.domain.units import step_text
from yanzhen.registry.models import Placement, Role, Unit
from yanzhen.registry.services.posts import appoint

COUNTIES, TOWNSHIPS, VILLAGES, UNITS = 10, 160, 3_000, 40_000
SINCE = date(2020, 1, 1)
USERS = 1_000


def say(text: str) -> None:
    print(f"    [{time.strftime('%H:%M:%S')}] {text}", flush=True)


def tree() -> dict[str, list[Unit]]:
    """40,000 units: province, city, 10 counties, 160 townships, 3,000 villages, the rest grids."""
    levels: dict[str, list[Unit]] = {
        "province": [],
        "city": [],
        "county": [],
        "township": [],
        "village": [],
        "sub1": [],
    }

    def add(level: str, parent: Unit | None, code: str, name: str) -> Unit:
        if parent is not None:
            parent.numchild += 1
        unit = Unit(
            path=(parent.path if parent else "") + step_text(parent.numchild if parent else 1),
            depth=parent.depth + 1 if parent else 1, numchild=0, code=code, name=name, level=level,
            kind="grid" if level == "sub1" else "division", valid_from=SINCE,
        )  # fmt: skip
        levels[level].append(unit)
        return unit

    province = add("province", None, "990000000000", "岚江省")
    city = add("city", province, "990100000000", "沧澜市")
    counties = [add("county", city, f"9901{n + 1:02d}000000", f"第{n + 1}县") for n in range(COUNTIES)]
    towns = [
        add(
            "township",
            counties[n % COUNTIES],
            f"{counties[n % COUNTIES].code[:6]}{100 + n // COUNTIES:03d}000",
            f"第{n + 1}镇",
        )
        for n in range(TOWNSHIPS)
    ]
    villages = []
    for n in range(VILLAGES):
        town = towns[n % TOWNSHIPS]
        villages.append(add("village", town, f"{town.code[:9]}{200 + n // TOWNSHIPS:03d}", f"第{n}村"))
    grids = UNITS - 2 - COUNTIES - TOWNSHIPS - VILLAGES
    for n in range(grids):
        village = villages[n % VILLAGES]
        add("sub1", village, f"{village.code}{n // VILLAGES + 1:03d}", f"{village.name}第{n // VILLAGES + 1}网格")
    for rows in levels.values():
        Unit.objects.bulk_create(rows, batch_size=2000)
    ids = {unit.path: unit for rows in levels.values() for unit in rows}
    Placement.objects.bulk_create(
        [Placement(unit=unit, parent=ids.get(unit.path[:-4]), valid_from=SINCE) for unit in ids.values()],
        batch_size=5000,
    )
    return levels


def fill(table: type[models.Model], expressions: Mapping[str, str], source: str) -> None:
    """`INSERT INTO table (all columns) SELECT expressions FROM source`; KeyError names a column this file does not know."""
    columns = [field.column for field in table._meta.concrete_fields]
    unknown = sorted(set(columns) - set(expressions)) + sorted(set(expressions) - set(columns))
    if unknown:
        raise KeyError(f"{table.__name__}: {unknown}")
    names = ",".join(f'"{column}"' for column in columns)
    values = ",".join(expressions[column] for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(f'INSERT INTO "{table._meta.db_table}" ({names}) SELECT {values} FROM {source}')


def without_indexes(tables: list[str]) -> list[str]:
    """Drop the tables' secondary indexes and foreign keys; returns the statements that bring them back."""
    again: list[str] = []
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(
                "SELECT conname, pg_get_constraintdef(oid), contype FROM pg_constraint WHERE conrelid = %s::regclass "
                "AND contype IN ('f','u')", [table],
            )  # fmt: skip
            for name, definition, _kind in cursor.fetchall():
                again.append(f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" {definition}')
                cursor.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}" CASCADE')
            cursor.execute(
                "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND indexname NOT LIKE '%%_pkey'",
                [table],
            )
            for name, definition in cursor.fetchall():
                again.append(definition)
                cursor.execute(f'DROP INDEX "{name}"')
    return again


def matters(rows: int) -> None:
    """N matters with one line of history and one trail row each, and their search documents."""
    again = without_indexes(["matter", "matter_entry", "trail_row", "matter_words"])
    with connection.cursor() as cursor:
        cursor.execute("SET work_mem='256MB'; SET maintenance_work_mem='1GB'")
        cursor.execute(
            """CREATE TEMP TABLE seed_grid AS
            SELECT row_number() OVER (ORDER BY g.path) - 1 AS n, g.id, g.path, v.id AS village, v.path AS village_path, t.id AS township,
                   c.id AS county, y.id AS city, p.id AS province
            FROM unit g JOIN unit v ON v.path = left(g.path, 20) JOIN unit t ON t.path = left(g.path, 16)
            JOIN unit c ON c.path = left(g.path, 12) JOIN unit y ON y.path = left(g.path, 8) JOIN unit p ON p.path = left(g.path, 4)
            WHERE g.level = 'sub1'"""
        )
        cursor.execute("ALTER TABLE seed_grid ADD PRIMARY KEY (n)")
        cursor.execute("CREATE TEMP TABLE seed_topic (n int PRIMARY KEY, doc tsvector)")
        for n, topic in enumerate((*TOPICS, KEYWORD_TOPIC)):
            cursor.execute("INSERT INTO seed_topic VALUES (%s, %s::tsvector)", [n, lexemes(topic)])
        cursor.execute("SELECT count(*) FROM seed_grid")
        grids = cursor.fetchone()[0]
        cursor.execute("SELECT array_agg(id ORDER BY id) FROM category")
        categories = len(cursor.fetchone()[0])
    source = f"generate_series(1::bigint, {rows}) AS s(i) JOIN seed_grid g ON g.n = (s.i * 7919) % {grids}"
    at = sql_created("i", rows)
    is_open = f"(i % {OPEN_EVERY} = 0)"
    late = "interval '5 days'"
    fill(Matter, {
        "id": "i", "number": "'S'||i", "code_hash": "md5(i::text)", "kind": "'request'", "channel": "'page'", "source": "''",
        "source_ref": "''", "title": sql_title("i"), "text": sql_body("i"), "category_id": f"1 + i % {categories}", "urgency": "'normal'",
        "admission_id": "NULL::bigint", "place_id": "g.id", "place_path": "g.path", "located": "true", "place_words": "''",
        "longitude": "NULL::numeric", "latitude": "NULL::numeric", "city_id": "g.city", "county_id": "g.county",
        "township_id": "g.township", "village_id": "g.village", "reporter_name": "''", "reporter_phone": "''", "phone_index": "''",
        "reporter_person": "NULL::bigint", "secret": "false", "call_back_wanted": "true", "created_by": "NULL::bigint",
        "state": f"CASE WHEN {is_open} THEN 'working' ELSE 'archived' END", "desk_id": "g.village", "desk_path": "g.village_path",
        "holder_id": "g.village", "holder_path": "g.village_path", "lead_id": "g.village", "first_receiver_id": "g.village", "fixed": "false",
        "received_at": at, "created_at": at, "updated_at": at, "clock_at": at, "step_at": at,
        "step_due_at": f"CASE WHEN {is_open} THEN {at} + {late} END", "yellow_at": f"CASE WHEN {is_open} THEN {at} + interval '4 days' END",
        "tick_at": "NULL::timestamptz", "respond_due_at": f"{at} + interval '1 day'", "due_at": f"{at} + {late}", "due_basis": "''",
        "in_time": "true", "responded_at": f"{at} + interval '10 hours'", "answered_at": f"CASE WHEN NOT {is_open} THEN {at} + interval '3 days' END",
        "answered_by": "NULL::bigint", "extra_days": "0", "closed_at": f"CASE WHEN NOT {is_open} THEN {at} + interval '6 days' END",
        "stopped": "false", "overdue": is_open, "press_level": "0", "outcome": f"CASE WHEN {is_open} THEN '' ELSE 'solved' END",
        "solved": f"CASE WHEN {is_open} THEN NULL ELSE i % 9 > 0 END", "grade": f"CASE WHEN {is_open} THEN '' ELSE 'good' END",
        "contacted": f"CASE WHEN {is_open} THEN NULL ELSE true END", "diversion": "''", "excluded": "''", "merged_into_id": "NULL::bigint",
        "voices": "1", "redos": "0", "reopened": "0", "version": "3",
    }, source)  # fmt: skip
    say("matters")
    fill(Entry, {
        "id": "i", "matter_id": "i", "at": at, "act": "'report'", "state": "'collected'", "unit_id": "NULL::bigint", "actor_name": "''",
        "actor_post": "''", "account_id": "NULL::bigint", "words": "''", "data": "''", "public": "true",
    }, f"generate_series(1::bigint, {rows}) AS s(i)")  # fmt: skip
    fill(TrailRow, {
        "id": "i + 1000", "at": at, "action": "'matters.matter.reported'", "account_id": "NULL::bigint", "post_id": "NULL::bigint",
        "actor_name": "''", "actor_post": "''", "on_behalf_of": "''", "channel": "'public'", "ip": "'127.0.0.1'",
        "request_id": "md5(i::text)", "unit_path": "''", "subject_kind": "'matter'", "subject_id": "i::text", "subject_label": "'S'||i",
        "before": "''", "after": "'{\"state\":\"collected\"}'", "purpose": "''", "digest": "md5(i::text)||md5(i::text)", "seal_id": "1", "algorithm": "'sha256'",
    }, f"generate_series(1::bigint, {rows}) AS s(i)")  # fmt: skip
    say("history and trail")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO matter_words (rowid, doc) SELECT i, t.doc || array_to_tsvector(ARRAY['=zu'||g.id,'=zu'||g.village,'=zu'||g.township,"
            f"'=zu'||g.county,'=zu'||g.city,'=zu'||g.province,'=zm'||to_char(({at}) AT TIME ZONE 'Asia/Shanghai','YYYYMM')]) "
            f"FROM {source} JOIN seed_topic t ON t.n = CASE WHEN i % {KEYWORD_EVERY} = 7 THEN {len(TOPICS)} ELSE i % {len(TOPICS)} END"
        )
        say("search documents")
        for statement in again:
            cursor.execute(statement)
        say("indexes")
        for table in ("matter", "matter_entry", "trail_row"):
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {rows + 1000})")


def people(levels: dict[str, list[Unit]]) -> dict[str, Any]:
    """Five people for the measured pages, 1,000 for the test with think time; their sessions and a program's token."""
    now = timezone.now()
    roles = {role.code: role for role in Role.objects.all()}
    sessions: dict[str, Any] = {}

    def login(name: str, role: str, unit: Unit) -> str:
        account = Account.objects.create(
            username=name, display_name=name, password=make_password(None), created_at=now, password_changed_at=now
        )
        post = appoint(actor=system("bench"), now=now, account=account, role=roles[role], unit=unit, valid_from=SINCE)
        store = SessionStore()
        store["_auth_user_id"] = str(account.pk)
        store["_auth_user_backend"] = "allauth.account.auth_backends.AuthenticationBackend"
        store["_auth_user_hash"] = account.get_session_auth_hash()
        store["post_id"] = post.pk
        store.set_expiry(86_400)
        store.save()
        return f"{settings.SESSION_COOKIE_NAME}={store.session_key}"

    sessions["city"] = login("city", "county_officer", levels["city"][0])
    sessions["county"] = login("county", "county_officer", levels["county"][3])
    sessions["township"] = login("township", "township_secretary", levels["township"][40])
    sessions["village"] = login("village", "village_secretary", levels["village"][1234])
    sessions["grid"] = login("grid", "grid_worker", levels["sub1"][20_000])
    login("program", "county_centre", levels["city"][0])
    sessions["users"] = [
        login(f"user{n}", "village_secretary" if n % 5 else "township_secretary",
              levels["village"][n * 3] if n % 5 else levels["township"][n % TOWNSHIPS])
        for n in range(USERS)
    ]  # fmt: skip
    sessions["units"] = {level: [unit.pk for unit in rows[:2000]] for level, rows in levels.items()}
    sessions["codes"] = [unit.code for unit in levels["village"][:2000]]
    return sessions


def token(unit: Unit) -> str:
    """A program's token at the city, made as everybody's is; its rate limit set by rule to what a bench needs."""
    account = Account.objects.get(username="program")
    actor = actor_in(posts_of(account.pk, timezone.localdate())[0], account.pk, account.display_name)
    now = timezone.now()
    install(
        actor=system("bench"), now=now, key="matters.api.per_minute", unit=unit_ref(unit), value=100_000, basis="bench",
        valid_from=timezone.localdate(),
    )  # fmt: skip
    until = timezone.localdate() + timedelta(days=30)
    return issue_token(
        actor=actor, now=now, name="bench", capabilities=["matters.report", "matters.view"], valid_to=until
    )[1]


def main() -> None:
    """Fill the database and write what the measuring needs."""
    rows, out = int(sys.argv[1]), Path(sys.argv[2])
    call_command("migrate", verbosity=0)
    Category.objects.bulk_create(
        [Category(code=f"B{n:02d}", name=f"第{n}类", level=1, full_name=f"第{n}类", position=n) for n in range(1, 16)]
    )
    levels = tree()
    say(f"{sum(map(len, levels.values())):,} units")
    TrailSeal.objects.create(
        pk=1, sealed_at=timezone.now(), first_row=1, last_row=rows, rows=rows, previous="", digest="bench", leaves=""
    )
    matters(rows)
    found = people(levels)
    found["token"] = token(levels["city"][0])
    out.write_text(json.dumps(found))
    say("people and sessions")


if __name__ == "__main__":
    main()
