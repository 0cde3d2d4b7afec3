"""Decision tables for early warning: data, not code (mechanisms G1, E3, A4).

Static check, compiled columns with a trace per rule, which fact would clear it, back-test, shadow run, and a glass-box score that
only orders visits inside a level. Humans decide.
"""

from __future__ import annotations

from yanzhen.planning.kernel.text import Text
from yanzhen.planning.tables.checking import Static, check_table
from yanzhen.planning.tables.clearing import Clearing, clearings
from yanzhen.planning.tables.table import Decision, Input, Output, Rule, Table, decide, from_mapping, load

NAME = "tables"
TITLE = Text("预警判定表", "Decision tables")

__all__ = [
    "NAME",
    "TITLE",
    "Clearing",
    "Decision",
    "Input",
    "Output",
    "Rule",
    "Static",
    "Table",
    "check_table",
    "clearings",
    "decide",
    "from_mapping",
    "load",
]
