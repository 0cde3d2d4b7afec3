"""Door of the rulebook."""

from yanzhen.kernel.rulebook.domain import Held, Rule
from yanzhen.kernel.rulebook.selectors import declare, held, rules, value

__all__ = ["Held", "Rule", "declare", "held", "rules", "value"]
