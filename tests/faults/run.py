"""``python -m tests.faults.run seed|check``: what the fault tests do inside the platform, each in a process of its own.

``seed ROUNDS ROWS`` makes tables, the small county, tokens, and one checked import for each round; prints JSON.
``busy FILE`` makes a backup while somebody writes.
``check`` counts what is there; prints JSON.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import date, timedelta
from typing import Any

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "yanzhen.site.settings"


DIGITS = str.maketrans("0123456789", "零一二三四五六七八九")  # names hold no digits


def seed(rounds: int, rows: int) -> dict[str, Any]:
    """The county, a program's token, a browser's session, imports that wait for their confirmation."""
    from django.conf import settings
    from django.core.management import call_command
    from django.utils import timezone

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    from django.test import Client

    from tests.personas import build_world
    from yanzhen.kernel.intake import services as intake
    from yanzhen.kernel.intake.models import ImportRun
    from yanzhen.kernel.tasks.api import run_worker
    from yanzhen.matters.models import ApiToken
    from yanzhen.matters.selectors.programs import digest
    from yanzhen.registry.api import unit_ref

    world = build_world()
    now = timezone.now()
    officer = world["county_officer"]
    assert officer.account is not None
    assert officer.post is not None
    for number in range(4):
        ApiToken.objects.create(
            name=f"程序{number}", digest=digest(f"yzt_{number}"), post_id=officer.post.pk, capabilities="matters.report,matters.view",
            created_at=now, created_by=officer.account.pk, valid_to=date.today() + timedelta(days=30),  # noqa: DTZ011
        )  # fmt: skip
    place, unit = world.unit("songpo"), unit_ref(world.unit("county").pk)
    runs = []
    for number in range(rounds):
        names = [f"导{number:02d}号{row:03d}".translate(DIGITS) for row in range(rows)]
        lines = ["村或网格代码,姓名", *(f"{place.code},{name}" for name in names)]
        run = intake.start(
            actor=officer.actor, now=now, importer="people", unit=unit, upload="\n".join(lines).encode(), name=f"名单{number}.csv"
        )
        places = json.loads(run.mapping)
        intake.choose_columns(actor=officer.actor, now=now, run=run, places=places)
        intake.check_run(actor=officer.actor, now=now, run_id=run.pk)
        found = ImportRun.objects.get(pk=run.pk)
        assert (found.state, found.rows, found.bad) == ("checked", rows, 0), (found.state, found.rows, found.bad, found.error)
        runs.append(run.pk)
    run_worker(once=True)
    client = Client()
    client.force_login(officer.account, backend="allauth.account.auth_backends.AuthenticationBackend")
    return {
        "place": place.pk, "runs": runs, "session": client.cookies["sessionid"].value, "tokens": [f"yzt_{n}" for n in range(4)],
    }  # fmt: skip


def check() -> dict[str, Any]:
    """Everything that must hold, counted from the tables."""
    from collections import Counter

    from django.utils import timezone

    from yanzhen.kernel.intake import actions
    from yanzhen.kernel.intake.models import ImportRun
    from yanzhen.kernel.trail.models import TrailRow
    from yanzhen.kernel.trail.services import seal_all, verify
    from yanzhen.matters.models import Entry, Idempotency, Matter
    from yanzhen.measures.indicators import sources
    from yanzhen.measures.models import Fact, LeafFact, Stale
    from yanzhen.measures.services import mark_many, refresh
    from yanzhen.registry.models import Person

    now = timezone.now()
    matters = list(Matter.objects.values_list("pk", "number", "text", "state", "place_id"))
    ids = [row[0] for row in matters]
    entries = Counter(Entry.objects.filter(act="report").values_list("matter_id", flat=True))
    rows = Counter(TrailRow.objects.filter(action="matters.matter.reported").values_list("subject_id", flat=True))
    committed = Counter(TrailRow.objects.filter(action=str(actions.COMMITTED)).values_list("subject_id", flat=True))
    refresh(now=now)

    own = [indicator.code for indicator in sources()["matters"].indicators]
    leaves, facts = LeafFact.objects.filter(indicator__in=own), Fact.objects.filter(indicator__in=own)

    def figures() -> list[Any]:
        leaf = leaves.values_list("group", "period", "unit_id", "indicator", "numerator", "denominator", "excluded")
        sums = facts.values_list("period", "unit_id", "indicator", "numerator", "denominator", "excluded")
        zero = [row for row in sums if any(row[3:])]
        return [sorted(map(str, leaf)), sorted(map(str, zero))]

    before = figures()
    counted = sum(Matter.objects.values_list("voices", flat=True))
    leaves.delete()
    facts.delete()
    pairs = {(place, f"{at:%Y-%m}") for place, at in ((r.place_id, timezone.localtime(r.received_at)) for r in Matter.objects.all())}
    for group in ("matters",):
        mark_many(group=group, pairs=pairs)
    refresh(now=now)
    seal_all(now=now)
    report = verify()
    return {
        "texts": dict(Counter(text for _pk, _number, text, _state, _place in matters)),
        "numbers": {number: text for _pk, number, text, _state, _place in matters},
        "keys": Idempotency.objects.count(), "voices": counted,
        "history_once": sum(entries[pk] == 1 for pk in ids), "trail_once": sum(rows[str(pk)] == 1 for pk in ids),
        "matters": len(ids), "runs": {run.pk: run.state for run in ImportRun.objects.all()},
        "committed_rows": dict(committed),
        "people": dict(Counter(name[:3] for name in Person.objects.values_list("name", flat=True))),
        "names": Person.objects.values("name").distinct().count(), "facts_equal": figures() == before, "facts": len(before[0]),
        "stale": Stale.objects.count(), "sound": report.sound, "trail_rows": report.rows,
    }  # fmt: skip


def busy(archive: str) -> dict[str, Any]:
    """A backup during which somebody goes on working: between the fingerprint and the copy another connection writes."""
    import threading
    from pathlib import Path

    from django.db import connection
    from django.utils import timezone

    from yanzhen.matters.models import Idempotency
    from yanzhen.site.backup import backup

    def write(text: str) -> None:
        Idempotency.objects.create(key=f"meanwhile {text}", at=timezone.now())
        connection.close()

    def say(text: str) -> None:
        other = threading.Thread(target=write, args=(text,))
        other.start()
        other.join(60)

    backup(Path(archive), say=say)
    return {"written": Idempotency.objects.filter(key__startswith="meanwhile").count()}


def main(words: list[str]) -> None:
    """One word, its numbers."""
    import django

    django.setup()
    if words[0] == "seed":
        print(json.dumps(seed(int(words[1]), int(words[2]))))
    elif words[0] == "busy":
        print(json.dumps(busy(words[1])))
    elif words[0] == "check":
        print(json.dumps(check(), ensure_ascii=False))


if __name__ == "__main__":
    main(sys.argv[1:])
