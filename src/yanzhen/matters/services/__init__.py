"""Writes of the loop. Every act of ``domain/loop.py`` is one function here: ``f(*, actor, now, matter, …, version=None)``."""

from yanzhen.matters.domain.draft import Report
from yanzhen.matters.services.admission import (
    apply_admission,
    end_duty,
    may_step,
    roll_admissions,
    set_duty,
    step_admission,
)
from yanzhen.matters.services.bulk import archive_many, assign_many
from yanzhen.matters.services.clock import TickReport, tick
from yanzhen.matters.services.closed import on_closed
from yanzhen.matters.services.closing import archive, call_back, clear_press, press, redo, reopen
from yanzhen.matters.services.contact import unmask_contact
from yanzhen.matters.services.gate import on_act
from yanzhen.matters.services.handling import (
    accept,
    answer,
    ask_exclusion,
    ask_extension,
    ask_unsolvable,
    assist_done,
    contact,
    decide_request,
    dispute,
    note,
    progress,
    resume_clock,
    stop_clock,
)
from yanzhen.matters.services.intake import add_voice, report
from yanzhen.matters.services.person import person_note, person_reopen, rate, withdraw
from yanzhen.matters.services.training import Trained, train_county
from yanzhen.matters.services.triage import (
    add_assist,
    assign,
    classify,
    decline,
    divert,
    locate,
    make_secret,
    merge,
    raise_level,
    reassign,
    settle,
    take,
)
from yanzhen.matters.services.upkeep import calendar_changed, units_ended, units_moved

__all__ = [
    "Report", "TickReport", "Trained", "accept", "add_assist", "add_voice", "answer", "apply_admission", "archive",
    "archive_many", "ask_exclusion", "ask_extension", "ask_unsolvable", "assign", "assign_many", "assist_done",
    "calendar_changed", "call_back", "classify", "clear_press", "contact", "decide_request", "decline", "dispute", "divert",
    "end_duty", "locate", "make_secret", "may_step", "merge", "note", "on_act", "on_closed", "person_note", "person_reopen", "press",
    "progress", "raise_level", "rate", "reassign", "redo", "reopen", "report", "resume_clock", "roll_admissions",
    "set_duty", "settle", "step_admission", "stop_clock", "take", "tick", "train_county", "units_ended", "units_moved", "unmask_contact",
    "withdraw",
]  # fmt: skip
