"""Writes of village democracy."""

from __future__ import annotations

from yanzhen.democracy.services import (
    audits,
    decisions,
    disclosure,
    evaluation,
    follow,
    objections,
    rosters,
    supervision,
)

__all__ = ["audits", "decisions", "disclosure", "evaluation", "follow", "objections", "rosters", "supervision"]
