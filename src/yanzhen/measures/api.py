"""Door of the measures."""

from yanzhen.measures.domain.periods import NOW, month_of, period, previous, year_before
from yanzhen.measures.domain.rates import Interval, wilson
from yanzhen.measures.indicators import Indicator, Leaf, Source, declare
from yanzhen.measures.selectors import Figure, figures_for, waiting
from yanzhen.measures.services import mark_many, mark_stale, recompute, refresh

__all__ = [
    "NOW",
    "Figure",
    "Indicator",
    "Interval",
    "Leaf",
    "Source",
    "declare",
    "figures_for",
    "mark_many",
    "mark_stale",
    "month_of",
    "period",
    "previous",
    "recompute",
    "refresh",
    "waiting",
    "wilson",
    "year_before",
]
