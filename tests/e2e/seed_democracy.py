"""The small county of the browser tests, with the head of the supervision committee of 松坡村 (see ``seed.py``)."""

from __future__ import annotations

import os

RIGHTS = (
    "democracy.view", "democracy.supervise", "democracy.evaluate", "democracy.results", "matters.view", "procedures.view", "procedures.act",
    "procedures.start",
)  # fmt: skip


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yanzhen.site.settings")
    from tests.e2e import seed

    seed.main()
    from tests.factories.registry import make_account, make_post, make_role
    from tests.personas import PASSWORD
    from yanzhen.registry.models import Unit

    role = make_role("village_supervisor", RIGHTS, name="村监委会主任")
    make_post(make_account("supervisor", name="方明镜", password=PASSWORD), role, Unit.objects.get(name="松坡村"))


if __name__ == "__main__":
    main()
