"""Rotation of stationed teams (C2): see README.md."""

from yanzhen.planning.kernel import Text
from yanzhen.planning.rotation.judge import check, diff, explain, refused, relax
from yanzhen.planning.rotation.lines import Posting
from yanzhen.planning.rotation.problem import Parameters, Person, Problem, Term, Unit, Village, province
from yanzhen.planning.rotation.rules import refusals
from yanzhen.planning.rotation.solve import solve

NAME = "rotation"
TITLE = Text("驻村轮换", "Rotation of stationed teams")

__all__ = [
    "NAME",
    "TITLE",
    "Parameters",
    "Person",
    "Posting",
    "Problem",
    "Term",
    "Unit",
    "Village",
    "check",
    "diff",
    "explain",
    "province",
    "refusals",
    "refused",
    "relax",
    "solve",
]
