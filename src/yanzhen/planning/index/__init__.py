"""指数榜: who is really ahead, how sure that is, why, and what one more star would take (mechanism I3).

A scheme (data, signed and dated) and villages with figures → index, places in the class with intervals, star bands, help for the
last fifth, contributions, sensitivity, stability, signs of figures made to fit.
"""

from __future__ import annotations

from yanzhen.planning.index.kernel import Bounds, Scores, rank_within, score
from yanzhen.planning.index.plan import NAME, TITLE, Place, diff, explain, relax, signs, solve
from yanzhen.planning.index.problem import Problem, Village, freeze, read_frozen, read_villages, write_frozen
from yanzhen.planning.index.scheme import Band, Dimension, Indicator, Scheme, check_scheme, from_mapping, load
from yanzhen.planning.index.uncertainty import Spread, simulate
from yanzhen.planning.index.verify import check

__all__ = [
    "NAME",
    "TITLE",
    "Band",
    "Bounds",
    "Dimension",
    "Indicator",
    "Place",
    "Problem",
    "Scheme",
    "Scores",
    "Spread",
    "Village",
    "check",
    "check_scheme",
    "diff",
    "explain",
    "freeze",
    "from_mapping",
    "load",
    "rank_within",
    "read_frozen",
    "read_villages",
    "relax",
    "score",
    "signs",
    "simulate",
    "solve",
    "write_frozen",
]
