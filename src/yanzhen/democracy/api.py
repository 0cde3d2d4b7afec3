"""Door of village democracy for other modules."""

from yanzhen.democracy.domain.bodies import BODIES
from yanzhen.democracy.selectors.decisions import decision_for, decisions_page
from yanzhen.democracy.selectors.disclosure import disclosure_for, up_now
from yanzhen.democracy.selectors.rosters import due_count, roll, sittings
from yanzhen.democracy.services.decisions import found_skipped, propose
from yanzhen.democracy.services.disclosure import draft as draft_disclosure

__all__ = [
    "BODIES", "decision_for", "decisions_page", "disclosure_for", "draft_disclosure", "due_count", "found_skipped",
    "propose", "roll", "sittings", "up_now",
]  # fmt: skip
