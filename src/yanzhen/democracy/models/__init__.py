"""Tables of village democracy."""

from yanzhen.democracy.models.audits import Coverage, Finding, Visit
from yanzhen.democracy.models.decisions import Decision, Progress, Skip
from yanzhen.democracy.models.disclosure import Disclosure, Objection
from yanzhen.democracy.models.evaluation import Evaluated, Evaluation
from yanzhen.democracy.models.rosters import HouseholdDelegate, Seat
from yanzhen.democracy.models.supervision import Inquiry, SupervisionReport

__all__ = [
    "Coverage", "Decision", "Disclosure", "Evaluated", "Evaluation", "Finding", "HouseholdDelegate", "Inquiry", "Objection",
    "Progress", "Seat", "Skip", "SupervisionReport", "Visit",
]  # fmt: skip
