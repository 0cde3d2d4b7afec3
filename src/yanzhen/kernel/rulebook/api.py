"""Door of the rulebook."""

from yanzhen.kernel.rulebook.domain import Held, Rule, typed
from yanzhen.kernel.rulebook.selectors import declare, forget, held, rules, value
from yanzhen.kernel.rulebook.services import approve, install, propose, reject, replace, withdraw

__all__ = [
    "Held", "Rule", "approve", "declare", "forget", "held", "install", "propose", "reject", "replace", "rules", "typed",
    "value", "withdraw",
]  # fmt: skip
