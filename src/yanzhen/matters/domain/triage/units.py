"""Suggests the unit that should handle a message, from who handled such messages before. A person decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import blend, storage
from .blend import Blend
from .features import Floats
from .model import MIN_EXAMPLES, Example, Model, Suggestion, newest_of_each
from .reasons import Spans, add_gram_gains
from .table import CategoryTable
from .text import BODY_CHARS, normalise

KIND = "unit"
# Added to each unit's count: a unit that never had a category keeps a small chance.
SMOOTHING = 0.5


@dataclass(frozen=True)
class UnitModel:
    """``counts``: first-level category × unit of the history. Without enough history it only counts."""

    categories: Model
    units: tuple[str, ...]
    counts: Floats
    learned: Blend | None
    examples: int

    def suggest(self, title: str, text: str, k: int = 3, *, category_code: str | None = None) -> tuple[Suggestion, ...]:
        """At most ``k`` units, best first; nothing without any history.

        ``category_code``: the category a person chose, on any level. Without it, the model's own belief is used.
        """
        if not self.units:
            return ()
        table, background = self.categories.table, self.categories.background
        belief = np.zeros(len(table.first_level))
        if category_code is not None and category_code in table:
            belief[table.first_level.index(table.first_of(category_code))] = 1.0
        else:
            belief[:] = list(self.categories.chances(title, text).values())
        habit = _habit(self.counts, belief[None, :])
        if self.learned is None or background is None:
            chances = np.exp(habit[0])
        else:
            chances = self.learned.chances(background.views([(title, text)]), habit)[0]
        found: list[Suggestion] = []
        for column in np.argsort(-chances, kind="stable")[:k]:
            spans = Spans(normalise(title), normalise(text, BODY_CHARS))
            if self.learned is not None and background is not None:
                rivals = chances.copy()
                rivals[column] = 0.0
                add_gram_gains(spans, background, self.learned, int(column), rivals / (rivals.sum() or 1.0))
            found.append(Suggestion(self.units[column], float(chances[column]), spans.best()))
        return tuple(found)

    def save(self, path: Path) -> None:
        """Write beside the category model it was trained with; that one is saved on its own."""
        header = {"units": list(self.units), "examples": self.examples}
        storage.write(path, KIND, header, None, self.learned, {"counts": self.counts})

    @classmethod
    def load(cls, path: Path, categories: Model) -> UnitModel:
        """Read a saved model that was trained with ``categories``. Raises :class:`.storage.ModelFileError`."""
        header, _, learned, own = storage.read(path, KIND)
        background = categories.background
        fits = own["counts"].shape == (len(categories.table.first_level), len(header["units"]))
        if learned is not None and background is not None:
            sizes = [len(background.title.index), len(background.body.index), background.axes.shape[1]]
            fits = fits and [len(plane) for plane in learned.planes] == sizes
        elif learned is not None:
            fits = False
        if not fits:
            raise storage.ModelFileError
        return cls(categories, tuple(map(str, header["units"])), own["counts"], learned, int(header["examples"]))


def train_units(examples: Sequence[Example], categories: Model, seed: int) -> UnitModel:
    """Learn from the decided messages that name a unit (oldest first); ``categories``: the category model.

    An example with an unknown category counts by what the category model believes of it.
    """
    table, background = categories.table, categories.background
    usable = newest_of_each([e for e in examples if e.unit_code], lambda e: str(e.unit_code))
    units = tuple(sorted({str(e.unit_code) for e in usable}))
    columns = {code: i for i, code in enumerate(units)}
    classes = np.array([columns[str(e.unit_code)] for e in usable], dtype=np.int64)
    belief = np.array([_belief(e, table, categories) for e in usable]).reshape(-1, len(table.first_level))
    truth = np.eye(len(units))[classes] if len(units) else np.zeros((0, 0))
    counts = belief.T @ truth if len(units) else np.zeros((len(table.first_level), 0))
    if background is None or len(usable) < MIN_EXAMPLES or len(units) < 2:
        return UnitModel(categories, units, counts, None, len(usable))
    views = background.views([(e.title, e.text) for e in usable])
    # Each message is weighed without its own count, or the habit would look surer than it is.
    hint = np.stack([_habit(counts - np.outer(b, t), b[None, :])[0] for b, t in zip(belief, truth, strict=True)])
    groups = [normalise(e.title + e.text, 200).text for e in usable]
    learned, _ = blend.fit(views, classes, len(units), hint, groups, seed)
    return UnitModel(categories, units, counts, learned, len(usable))


def _belief(example: Example, table: CategoryTable, categories: Model) -> list[float]:
    if example.category_code in table:
        first = table.first_of(example.category_code)
        return [float(code == first) for code in table.first_level]
    return list(categories.chances(example.title, example.text).values())


def _habit(counts: Floats, belief: Floats) -> Floats:
    """Log chance of each unit given the belief over categories."""
    smooth = np.maximum(counts, 0.0) + SMOOTHING * (counts.sum(axis=0) + 1) / (counts.sum() + counts.shape[1])
    return np.asarray(np.log(belief @ (smooth / smooth.sum(axis=1, keepdims=True))))
