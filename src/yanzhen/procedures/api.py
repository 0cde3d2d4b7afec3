"""Door of procedures for other modules."""

from yanzhen.procedures.domain.acts import (
    Act,
    Amend,
    Announce,
    Answer,
    Attendee,
    Close,
    Hold,
    Judge,
    Object,
    Publish,
    Reply,
    Signal,
    Submit,
)
from yanzhen.procedures.domain.bodies import BODIES, ITEMS, Body, Count, Quorum, Verdict, judge, threshold
from yanzhen.procedures.domain.definition import (
    ENDS,
    KIND_WORDS,
    OUTCOME_WORDS,
    OUTCOMES,
    Definition,
    Kind,
    Step,
    Who,
    Words,
)
from yanzhen.procedures.domain.loader import DefinitionErrors, Problem
from yanzhen.procedures.models import Ballot, Case, CaseStep, Interest, Meeting, Objection, Posting
from yanzhen.procedures.selectors import (
    Ages,
    ages_for,
    attendance_of,
    case_for,
    case_view,
    cases_about,
    cases_for,
    codes_for,
    definition_for,
    definition_of,
    entries_of,
    evidence_of,
    inbox_for,
    meetings_of,
    objections_of,
    postings_of,
    quorum_for,
    sign_offs_of,
)
from yanzhen.procedures.selectors import ballots as ballot_reads
from yanzhen.procedures.selectors.views import (
    ActChoice,
    CaseFilters,
    CasePage,
    CaseRow,
    CaseView,
    InboxRow,
    Missing,
    StepView,
)
from yanzhen.procedures.services import (
    act,
    ballots,
    declare_interest,
    end,
    migrate,
    on_result,
    on_step,
    ship,
    signal,
    start,
)
from yanzhen.procedures.web.pages import case_page
from yanzhen.procedures.web.papers import drawn, paper
from yanzhen.procedures.web.roll import Line as RollLine
from yanzhen.procedures.web.roll import provide as provide_roll

__all__ = [
    "BODIES", "ENDS", "ITEMS", "KIND_WORDS", "OUTCOMES", "OUTCOME_WORDS", "Act", "ActChoice", "Ages", "Amend", "Announce", "Answer",
    "Attendee", "Ballot", "Body", "Case", "CaseFilters", "CasePage", "CaseRow", "CaseStep", "CaseView", "Close", "Count", "Definition",
    "DefinitionErrors", "Hold", "InboxRow", "Interest", "Judge", "Kind", "Meeting", "Missing", "Object", "Objection", "Posting",
    "Problem", "Publish", "Quorum", "Reply", "RollLine", "Signal", "Step", "StepView", "Submit", "Verdict", "Who", "Words", "act",
    "ages_for", "attendance_of", "ballot_reads", "ballots", "case_for", "case_page", "case_view", "cases_about", "cases_for", "codes_for",
    "declare_interest", "definition_for", "definition_of", "drawn", "end", "entries_of", "evidence_of", "inbox_for", "judge", "meetings_of",
    "migrate", "objections_of", "on_result", "on_step", "paper", "postings_of", "provide_roll", "quorum_for", "ship",
    "sign_offs_of", "signal", "start", "threshold",
]  # fmt: skip
