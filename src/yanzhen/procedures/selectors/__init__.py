"""Reads of procedures."""

from yanzhen.procedures.selectors import ballots
from yanzhen.procedures.selectors.cases import (
    attendance_of,
    case_for,
    case_view,
    cases_about,
    entries_of,
    evidence_of,
    meetings_of,
    objections_of,
    postings_of,
    sign_offs_of,
)
from yanzhen.procedures.selectors.definitions import codes_for, definition_for, definition_of
from yanzhen.procedures.selectors.facts import quorum_for
from yanzhen.procedures.selectors.figures import Ages, ages_for
from yanzhen.procedures.selectors.lists import cases_for, export_rows, inbox_for

__all__ = [
    "Ages", "ages_for", "attendance_of", "ballots", "case_for", "case_view", "cases_about", "cases_for", "codes_for",
    "definition_for", "definition_of", "entries_of", "evidence_of", "export_rows", "inbox_for", "meetings_of",
    "objections_of", "postings_of", "quorum_for", "sign_offs_of",
]  # fmt: skip
