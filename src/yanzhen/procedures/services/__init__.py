"""Writes of procedures."""

from yanzhen.procedures.services import ballots
from yanzhen.procedures.services.cases import act, declare_interest, end, migrate, signal, start
from yanzhen.procedures.services.clock import tick
from yanzhen.procedures.services.definitions import decide, propose, retire, ship, validate
from yanzhen.procedures.services.gate import on_result, on_step

__all__ = [
    "act", "ballots", "decide", "declare_interest", "end", "migrate", "on_result", "on_step", "propose", "retire", "ship",
    "signal", "start", "tick", "validate",
]  # fmt: skip
