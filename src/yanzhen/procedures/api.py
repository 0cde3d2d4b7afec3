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
from yanzhen.procedures.models import Case, CaseStep
from yanzhen.procedures.selectors import (
    case_for,
    case_view,
    cases_about,
    cases_for,
    definition_for,
    definition_of,
    inbox_for,
    quorum_for,
)
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
from yanzhen.procedures.services import act, end, migrate, on_result, on_step, ship, signal, start

__all__ = [
    "BODIES", "ENDS", "ITEMS", "KIND_WORDS", "OUTCOMES", "OUTCOME_WORDS", "Act", "ActChoice", "Amend", "Announce", "Answer", "Attendee",
    "Body", "Case", "CaseFilters", "CasePage", "CaseRow", "CaseStep", "CaseView", "Close", "Count", "Definition", "DefinitionErrors",
    "Hold", "InboxRow", "Judge", "Kind", "Missing", "Object", "Problem", "Publish", "Quorum", "Reply", "Signal", "Step", "StepView",
    "Submit", "Verdict", "Who", "Words", "act", "case_for", "case_view", "cases_about", "cases_for", "definition_for",
    "definition_of", "end", "inbox_for", "judge", "migrate", "on_result", "on_step", "quorum_for", "ship", "signal", "start",
    "threshold",
]  # fmt: skip
