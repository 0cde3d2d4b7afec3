"""Background work of imports."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from yanzhen.kernel.intake import services
from yanzhen.kernel.scope.api import system
from yanzhen.kernel.tasks.api import periodic, task


@task()
def check_task(run_id: int, actor: dict[str, Any], now: str) -> None:
    """Check a run."""
    services.check_run(actor=services.thaw(actor), now=datetime.fromisoformat(now), run_id=run_id)


@task()
def commit_task(run_id: int, actor: dict[str, Any], now: str) -> None:
    """Commit a run."""
    services.commit_run(actor=services.thaw(actor), now=datetime.fromisoformat(now), run_id=run_id)


@periodic("intake.forget", seconds=86400)
def forget(now: datetime) -> None:
    """Delete old staged rows."""
    services.forget_old(actor=system("intake"), now=now)
