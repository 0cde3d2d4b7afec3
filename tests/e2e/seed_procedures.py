"""The small county of the browser tests, with a village procedure and one case in each place (see ``seed.py``)."""

from __future__ import annotations

import os
from pathlib import Path


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yanzhen.site.settings")
    from tests.e2e import seed

    seed.main()
    from datetime import timedelta

    from django.utils import timezone

    from yanzhen.procedures import api as procedures
    from yanzhen.procedures.models import Procedure
    from yanzhen.registry.models import Post, Unit

    source = (Path(__file__).parents[1] / "procedures" / "web" / "definitions" / "village.toml").read_text(encoding="utf-8")
    now = timezone.now()
    Procedure.objects.create(
        code="test.village", version=1, unit=Unit.objects.get(name="云岭县"), title="一般事项", title_en="Ordinary matter", source=source,
        digest="-", state="active", proposed_at=now,
    )  # fmt: skip
    from yanzhen.registry.api import actor_in

    post = Post.objects.get(account__username="village_secretary")
    actor = actor_in(post, post.account_id, post.account.display_name)
    village = Unit.objects.get(name="松坡村")
    for title in ("硬化进村道路", "更换村口路灯"):
        case = procedures.start(
            actor=actor, now=now - timedelta(hours=2), procedure="test.village", unit_id=village.pk, title=title,
            data={"amount": "30000", "plan": "三百米，三个月完工", "contact": "张三丰"},
        )  # fmt: skip
        procedures.act(actor=actor, now=now, case=case, step="propose", act=procedures.Submit("请审议"))


if __name__ == "__main__":
    main()
