"""随机抽查: a stratified random draw with a published seed that anybody can reproduce (mechanism I2)."""

from __future__ import annotations

from yanzhen.planning.draws.plan import (
    NAME,
    TITLE,
    Problem,
    Stratum,
    Ticket,
    Village,
    chance,
    diff,
    explain,
    relax,
    solve,
    strata,
)
from yanzhen.planning.draws.script import SCRIPT
from yanzhen.planning.draws.verify import check, drawn_again, published

__all__ = [
    "NAME",
    "SCRIPT",
    "TITLE",
    "Problem",
    "Stratum",
    "Ticket",
    "Village",
    "chance",
    "check",
    "diff",
    "drawn_again",
    "explain",
    "published",
    "relax",
    "solve",
    "strata",
]
