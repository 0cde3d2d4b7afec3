"""Writes of the loop. Every act of ``domain/loop.py`` is one function here: ``f(*, actor, now, matter, …, version=None)``."""

from yanzhen.matters.domain.draft import Report
from yanzhen.matters.services.closing import archive, call_back, clear_press, press, redo, reopen
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

__all__ = [
    "Report", "accept", "add_assist", "add_voice", "answer", "archive", "ask_exclusion", "ask_extension", "ask_unsolvable",
    "assign", "assist_done", "call_back", "classify", "clear_press", "contact", "decide_request", "decline", "dispute",
    "divert", "locate", "make_secret", "merge", "note", "on_act", "person_note", "person_reopen", "press", "progress",
    "raise_level", "rate", "reassign", "redo", "reopen", "report", "resume_clock", "settle", "stop_clock", "take", "withdraw",
]  # fmt: skip
