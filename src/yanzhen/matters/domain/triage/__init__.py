"""Help for the person who weighs a message: its category, its unit, and what was said before.

Everything here suggests with reasons and a confidence; nothing decides. Works offline and without history.
"""

from .duplicates import Note, TermWeights, Verdict, bands, is_near_duplicate, keys, signature, similarity
from .features import Background
from .model import Example, Model, Suggestion, train
from .storage import ModelFileError
from .table import Category, CategoryTable, TableError
from .units import UnitModel, train_units

__all__ = [
    "Background",
    "Category",
    "CategoryTable",
    "Example",
    "Model",
    "ModelFileError",
    "Note",
    "Suggestion",
    "TableError",
    "TermWeights",
    "UnitModel",
    "Verdict",
    "bands",
    "is_near_duplicate",
    "keys",
    "signature",
    "similarity",
    "train",
    "train_units",
]
