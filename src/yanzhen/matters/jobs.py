"""What the worker does for the loop by time."""

from __future__ import annotations

from datetime import datetime

from yanzhen.kernel.scope.api import system
from yanzhen.kernel.tasks.api import periodic, task
from yanzhen.matters import services


@periodic("matters.tick", seconds=60)
def tick(now: datetime) -> object:
    """Overdue marks, automatic pressing, reminders, the archive."""
    return services.tick(now=now)


@periodic("matters.admissions", seconds=3600)
def admissions(now: datetime) -> object:
    """Publicity that is over, admissions that expire."""
    return services.roll_admissions(now=now)


@task
def train(county: int | None, account_id: int | None = None) -> None:
    """Learn triage anew, in the background."""
    from django.utils import timezone

    now = timezone.now()
    done = services.train_county(actor=system("triage"), now=now, county=county)
    if account_id is not None:
        from yanzhen.kernel.notify.api import send

        title = f"研判模型已重新训练：学习 {done.labelled} 件"
        send(now=now, recipients=[account_id], kind="matters.trained", title=title, url="/matters/triage/")
