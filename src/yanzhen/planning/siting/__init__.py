"""Siting of 15-minute circles and errand points (F6): see README.md."""

from yanzhen.planning.kernel import Text
from yanzhen.planning.siting.judge import check, diff, explain, relax
from yanzhen.planning.siting.lines import SiteLine
from yanzhen.planning.siting.problem import Edge, Network, Parameters, Place, Problem, Site
from yanzhen.planning.siting.solve import solve

NAME = "siting"
TITLE = Text("15分钟圈选点", "Siting of 15-minute circles")

__all__ = [
    "NAME",
    "TITLE",
    "Edge",
    "Network",
    "Parameters",
    "Place",
    "Problem",
    "Site",
    "SiteLine",
    "check",
    "diff",
    "explain",
    "relax",
    "solve",
]
