"""The measuring process: `python -m bench.procedures.work CASES ACTS`, with the database in the environment."""

from __future__ import annotations

import json
import os
import platform
import random
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import django

django.setup()

from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from yanzhen.kernel.accounts.models import Account
from yanzhen.kernel.scope.api import Actor, capabilities
from yanzhen.procedures import api as procedures
from yanzhen.procedures.domain import loader
from yanzhen.procedures.models import Case, CaseReach, CaseStep, Entry, Procedure, Todo
from yanzhen.procedures.selectors.definitions import digest
from yanzhen.registry.api import actor_in
from yanzhen.registry.domain.units import step_text
from yanzhen.registry.models import Placement, Post, Role, RoleGrant, Unit

SOURCE = (Path(__file__).parent / "filing.toml").read_text(encoding="utf-8")
SINCE = date(2020, 1, 1)
COUNTIES, TOWNSHIPS, VILLAGES = 10, 160, 3_000
ROLES = ("village_secretary", "township_organiser", "county_officer")
#: Where the running cases stand: step, role, level, share.
STANDS = (
    ("village", "village_secretary", "village", 6),
    ("township", "township_organiser", "township", 3),
    ("county", "county_officer", "county", 1),
)


def say(**figures: Any) -> None:
    """One JSON line."""
    print(json.dumps(figures, ensure_ascii=False), flush=True)


def tree() -> dict[str, list[Unit]]:
    """A province, a city, ten counties, 160 townships, 3,000 villages."""
    levels: dict[str, list[Unit]] = {level: [] for level in ("province", "city", "county", "township", "village")}

    def add(level: str, parent: Unit | None, name: str) -> Unit:
        if parent is not None:
            parent.numchild += 1
        unit = Unit(
            path=(parent.path if parent else "") + step_text(parent.numchild if parent else 1), depth=parent.depth + 1 if parent else 1,
            numchild=0, code=f"99{len(levels[level]):010d}{level[:2]}", name=name, level=level, kind="division", valid_from=SINCE,
        )  # fmt: skip
        levels[level].append(unit)
        return unit

    city = add("city", add("province", None, "岚江省"), "沧澜市")
    counties = [add("county", city, f"第{n}县") for n in range(COUNTIES)]
    towns = [add("township", counties[n % COUNTIES], f"第{n}镇") for n in range(TOWNSHIPS)]
    for n in range(VILLAGES):
        add("village", towns[n % TOWNSHIPS], f"第{n}村")
    for rows in levels.values():
        Unit.objects.bulk_create(rows, batch_size=2000)
    by_path = {unit.path: unit for rows in levels.values() for unit in rows}
    Placement.objects.bulk_create(
        [Placement(unit=u, parent=by_path.get(u.path[:-4]), valid_from=SINCE) for u in by_path.values()],
        batch_size=5000,
    )
    return levels


def people(levels: dict[str, list[Unit]]) -> dict[int, Actor]:
    """One post at each unit of the three levels; unit id → actor."""
    rights = [code for code in capabilities() if code.startswith(("procedures.", "units.view"))]
    found: dict[int, Actor] = {}
    for code, level in zip(ROLES, ("village", "township", "county"), strict=True):
        role = Role.objects.create(code=code, name=code)
        RoleGrant.objects.bulk_create([RoleGrant(role=role, capability=each) for each in rights])
        accounts = Account.objects.bulk_create(
            [
                Account(username=f"{code}{unit.pk}", display_name=f"{unit.name}某", created_at=timezone.now())
                for unit in levels[level]
            ],
            batch_size=2000,
        )
        posts = Post.objects.bulk_create(
            [
                Post(account=a, role=role, unit=u, valid_from=SINCE, approved_at=timezone.now())
                for a, u in zip(accounts, levels[level], strict=True)
            ],
            batch_size=2000,
        )
        sample = posts if level != "village" else posts[:: max(len(posts) // 400, 1)]
        for post in sample:
            found[post.unit_id] = actor_in(post, post.account_id, post.account.display_name)
    return found


def fill(cases: int, levels: dict[str, list[Unit]], procedure: Procedure) -> None:
    """Running cases by SQL, with their steps, history, to-do rows and reach."""
    ancestors = {unit.path: unit for rows in levels.values() for unit in rows}
    cells = []
    for number, village in enumerate(levels["village"]):
        county, town = ancestors[village.path[:12]], ancestors[village.path[:16]]
        cells.append((number, village.pk, village.path, town.pk, town.path, county.pk, county.path))
    now = timezone.now()
    total = sum(share for *_, share in STANDS)
    bounds, low = [], 0
    for step, role, level, share in STANDS:
        bounds.append((step, role, level, low, low + share))
        low += share
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE bench_place (n int primary key, village bigint, vp text, town bigint, tp text, county bigint, cp text)"
        )
        cursor.executemany("INSERT INTO bench_place VALUES (%s,%s,%s,%s,%s,%s,%s)", cells)
        case = (
            "CASE " + " ".join(f"WHEN i %% {total} < {high} THEN '{step}'" for step, _, _, _, high in bounds) + " END"
        )
        cursor.execute(
            f"""INSERT INTO procedure_case (number, procedure_id, code, title, unit_id, unit_path, state, data, restricted, subject_kind,
                request_key, starter_name, starter_post, starter_role, started_at, due_at, overdue, steps_now, rounds, version, updated_at, started_by)
            SELECT 'JC2026-' || lpad(i::text, 8, '0'), %s, 'bench.filing', '第' || i || '件备案', village, vp, 'running', '{{}}', false, '',
                '', '某', '某村', '', %s - (i %% 90) * interval '1 day', %s + (i %% 20) * interval '1 day', false, {case}, 1, 4, %s, NULL
            FROM generate_series(1, %s) i JOIN bench_place ON n = (i / {total}) %% {VILLAGES}""",
            [procedure.pk, now, now, now, cases],
        )
        cursor.execute(
            """INSERT INTO procedure_step (case_id, key, round, state, outcome, result, "to", cause, words, number, opened_at, done_at, overdue,
                done_name, done_post, on_behalf_of)
            SELECT id, 'apply', 1, 'done', 'submitted', '{"words": "", "outcome": "submitted"}', 'village', '', '', '', started_at, started_at,
                false, '某', '某村', '' FROM procedure_case"""
        )
        for step, before, cause in (
            ("village", ("township", "county"), "apply"),
            ("township", ("county",), "village"),
            ("decide", ("county",), "township"),
        ):
            good = "approved" if step == "decide" else "passed"
            onward = {"village": "township", "township": "decide", "decide": "county"}[step]
            cursor.execute(
                """INSERT INTO procedure_step (case_id, key, round, state, outcome, result, "to", cause, words, number, opened_at, done_at,
                    overdue, done_name, done_post, on_behalf_of)
                SELECT id, %s, 1, 'done', %s, %s, %s, %s, '', '', started_at, started_at, false, '某', '某', '' FROM procedure_case
                WHERE steps_now = ANY(%s)""",
                [step, good, json.dumps({"words": "", "outcome": good}), onward, f"{cause}:1", list(before)],
            )
        cursor.execute(
            """INSERT INTO procedure_step (case_id, key, round, state, outcome, result, "to", cause, words, number, opened_at, due_at, look_at,
                overdue, done_name, done_post, on_behalf_of)
            SELECT id, steps_now, 1, 'open', '', '{}', '', CASE steps_now WHEN 'village' THEN 'apply:1' WHEN 'township' THEN 'village:1'
                ELSE 'decide:1' END, '', '', started_at, due_at, due_at, false, '', '', '' FROM procedure_case"""
        )
        for step, role, level, _, _ in bounds:
            column = {"village": ("village", "vp"), "township": ("town", "tp"), "county": ("county", "cp")}[level]
            cursor.execute(
                f"""INSERT INTO procedure_todo (case_id, step_id, sign_off, unit_id, unit_path, role, deputy, due_at)
                SELECT c.id, s.id, '', {column[0]}, {column[1]}, %s, false, c.due_at FROM procedure_case c
                JOIN procedure_step s ON s.case_id = c.id AND s.state = 'open' JOIN bench_place p ON p.village = c.unit_id
                WHERE c.steps_now = %s""",
                [role, step],
            )
        cursor.execute(
            "INSERT INTO procedure_reach (unit_id, role, case_id, started_at) SELECT t.unit_id, t.role, t.case_id, c.started_at FROM procedure_todo t JOIN procedure_case c ON c.id = t.case_id"
        )
        cursor.execute(
            """INSERT INTO procedure_entry (case_id, step_key, round, at, act, outcome, actor_name, actor_post, on_behalf_of, words, data)
            SELECT id, 'apply', 1, started_at, 'submit', 'submitted', '某', '某村', '', '', '' FROM procedure_case"""
        )
        cursor.execute("DROP TABLE bench_place")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def timed(name: str, side: str, calls: list[Callable[[], object]]) -> dict[str, Any]:
    """Run each call once; wall and CPU milliseconds."""
    walls, cpus = [], []
    for call in calls:
        cpu, wall = time.process_time(), time.perf_counter()
        call()
        walls.append((time.perf_counter() - wall) * 1000)
        cpus.append((time.process_time() - cpu) * 1000)
    walls.sort()
    found = {
        "what": name, "side": side, "n": len(walls), "p50_ms": round(statistics.median(walls), 2), "p95_ms": round(walls[int(len(walls) * 0.95) - 1], 2),
        "max_ms": round(walls[-1], 2), "cpu_ms": round(statistics.fmean(cpus), 2),
    }  # fmt: skip
    say(**found)
    return found


def ours(acts: int, actors: dict[int, Actor], rng: random.Random) -> list[dict[str, Any]]:
    """Steps with trail, inboxes and a page of the list."""
    now: datetime = timezone.now()
    table = []
    todos = list(
        Todo.objects.filter(unit_id__in=list(actors))
        .order_by()
        .values_list("case_id", "step__key", "unit_id")[: acts * 40]
    )
    rng.shuffle(todos)
    good = {"village": "passed", "township": "passed", "county": "passed"}

    def step(case_id: int, key: str, unit_id: int) -> Callable[[], object]:
        return lambda: procedures.act(
            actor=actors[unit_id], now=now, case=case_id, step=key, act=procedures.Judge(good[key])
        )

    table.append(
        timed("one step with trail, history and notices", "yanzhen", [step(*todo) for todo in todos[: acts + 20]][20:])
    )
    by_level = {
        level: [a for a in actors.values() if a.unit and a.unit.level == level]
        for level in ("village", "township", "county")
    }
    for level, some in by_level.items():
        chosen = [rng.choice(some) for _ in range(max(acts // 2, 50))]
        counts = [procedures.inbox_for(actor, now)[1] for actor in chosen[:20]]
        table.append(
            timed(
                f"inbox of a {level} post ({statistics.fmean(counts):.0f} waiting, bounded)",
                "yanzhen",
                [lambda a=a: procedures.inbox_for(a, now) for a in chosen],
            )
        )
    for level in ("village", "county"):
        chosen = [rng.choice(by_level[level]) for _ in range(60)]
        table.append(
            timed(
                f"list of running cases, {level}",
                "yanzhen",
                [lambda a=a: procedures.cases_for(a, procedures.CaseFilters()) for a in chosen],
            )
        )
    view = [Case.objects.select_related("procedure", "unit").get(pk=todo[0]) for todo in todos[-60:]]
    officer = by_level["county"][0]
    table.append(
        timed("a case page's content", "yanzhen", [lambda c=c: procedures.case_view(officer, c, now) for c in view])
    )
    return table


def spiff(acts: int, cases: int, rng: random.Random) -> list[dict[str, Any]]:
    """The same six steps in SpiffWorkflow, its state stored as JSON in the same database, one row a case."""
    import tempfile

    from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
    from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
    from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
    from SpiffWorkflow.util.task import TaskState

    from yanzhen.procedures.drawing.bpmn_out import write

    with tempfile.NamedTemporaryFile(suffix=".bpmn") as file:
        file.write(write(loader.load(SOURCE)))
        file.flush()
        parser = BpmnParser()
        parser.add_bpmn_file(file.name)
        spec = parser.get_spec(parser.get_process_ids()[0])
    serializer = BpmnWorkflowSerializer()
    workflow = BpmnWorkflow(spec)

    def forward(flow: Any) -> None:
        flow.do_engine_steps()
        ready = [task for task in flow.get_tasks(state=TaskState.READY) if task.task_spec.manual]
        ready[0].data["outcome"] = "passed"
        ready[0].run()
        flow.do_engine_steps()

    forward(workflow)
    state = serializer.serialize_json(workflow)
    say(what="state of one case", side="spiffworkflow", bytes=len(state))
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE spiff_case (id bigint primary key, state text, updated_at timestamptz)")
        cursor.execute("INSERT INTO spiff_case SELECT i, %s, now() FROM generate_series(1, %s) i", [state, cases])
        cursor.execute("CREATE TABLE spiff_log (id bigserial primary key, case_id bigint, at timestamptz, line text)")
        cursor.execute("VACUUM ANALYZE spiff_case")

    def step(case_id: int) -> Callable[[], object]:
        def run() -> None:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT state FROM spiff_case WHERE id = %s FOR UPDATE", [case_id])
                flow = serializer.deserialize_json(cursor.fetchone()[0])
                forward(flow)
                cursor.execute(
                    "UPDATE spiff_case SET state = %s, updated_at = now() WHERE id = %s",
                    [serializer.serialize_json(flow), case_id],
                )
                cursor.execute("INSERT INTO spiff_log (case_id, at, line) VALUES (%s, now(), 'passed')", [case_id])

        return run

    ids = rng.sample(range(1, cases + 1), acts + 20)
    for case_id in ids[:20]:
        step(case_id)()
    return [
        timed(
            "one step, state stored, one log row (no scope, no rights, no inbox)",
            "spiffworkflow",
            [step(i) for i in ids[20:]],
        )
    ]


def sizes(cases: int) -> None:
    """What a running case takes on disk, indexes included."""
    tables = [model._meta.db_table for model in (Case, CaseStep, Todo, CaseReach, Entry)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(pg_total_relation_size(t::regclass)) FROM unnest(%s::text[]) t", [tables])
        ours_bytes = int(cursor.fetchone()[0])
        cursor.execute("SELECT pg_total_relation_size('spiff_case')")
        theirs = int(cursor.fetchone()[0])
    say(what="bytes on disk a running case, indexes and history included", side="yanzhen", bytes=ours_bytes // cases)
    say(what="bytes on disk a running case (compressed by the database)", side="spiffworkflow", bytes=theirs // cases)


def main() -> int:
    """Fill and measure."""
    cases, acts = int(sys.argv[1]), int(sys.argv[2])
    begun = time.perf_counter()
    cpu = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        "",
    )
    say(
        machine=platform.machine(),
        cpu=cpu,
        cores=os.cpu_count(),
        load=os.getloadavg()[0],
        python=platform.python_version(),
        cases=cases,
        acts=acts,
    )
    call_command("migrate", verbosity=0)
    rng = random.Random(11)
    levels = tree()
    actors = people(levels)
    procedure = Procedure.objects.create(
        code="bench.filing",
        version=1,
        title="备案",
        source=SOURCE,
        digest=digest(SOURCE),
        state="active",
        proposed_at=timezone.now() - timedelta(days=100),
    )
    fill(cases, levels, procedure)
    say(what="filled", seconds=round(time.perf_counter() - begun, 1))
    table = ours(acts, actors, rng) + spiff(acts, cases, rng)
    sizes(cases)
    say(what="whole run", seconds=round(time.perf_counter() - begun, 1), load=os.getloadavg()[0])
    print(f"\n{'side':14} {'what':66} {'p50 ms':>8} {'p95 ms':>8} {'cpu ms':>8}")
    for row in table:
        print(f"{row['side']:14} {row['what']:66} {row['p50_ms']:8} {row['p95_ms']:8} {row['cpu_ms']:8}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
