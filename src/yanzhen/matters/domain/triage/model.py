"""Suggests the category of a message, with the words that spoke for it. A person decides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from . import blend, storage
from .blend import Blend
from .features import Background, Floats, Views
from .reasons import Spans, add_gram_gains
from .table import CategoryTable, Hit
from .text import BODY_CHARS, normalise

KIND = "category"
# The word count of the body beside that of the title: many words, said in passing.
BODY_WEIGHT = 0.3
WORD_REPEATS = 2
# With so little history nothing is learned: the words of the table decide alone.
MIN_EXAMPLES = 20
# Learning is cubic in its examples and gains little beyond: the newest of each class are taken.
MAX_EXAMPLES = 4_000
# Without history: how sharply words of the table decide, and how much of the belief is kept at most.
COLD_SHARPNESS = 0.5
COLD_BELIEF = 0.6


@dataclass(frozen=True, slots=True)
class Example:
    """A decided message of the county's history. ``category_code`` may stand on any level."""

    text: str
    title: str
    category_code: str
    unit_code: str | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """``code`` with the chance that a person would choose it and the words that spoke for it, strongest first.

    ``detail``: the third-level class below ``code``, where one stands out; its confidence includes that of ``code``
    but is a rule of thumb, not calibrated.
    """

    code: str
    confidence: float
    reasons: tuple[str, ...]
    detail: Suggestion | None = None


@dataclass(frozen=True)
class History:
    """Latent subjects of the examples decided down to the third level."""

    codes: tuple[str, ...]
    subjects: Floats


@dataclass(frozen=True)
class Model:
    """Suggests first-level categories. Without history (``learned`` is None) the words of the table decide."""

    table: CategoryTable
    background: Background | None
    learned: Blend | None
    history: History
    examples: int

    def chances(self, title: str, text: str) -> Mapping[str, float]:
        """The chance of each first-level category. Sums to 1."""
        return dict(zip(self.table.first_level, map(float, self._chances(title, text)[0]), strict=True))

    def suggest(self, title: str, text: str, k: int = 3, *, detail_from: float = 0.5) -> tuple[Suggestion, ...]:
        """At most ``k`` categories, best first. Nothing, if there is neither history nor a telling word.

        ``detail_from``: the share of the evidence one third-level class must hold to be named.
        """
        hint = word_scores(self.table, title, text)
        if self.learned is None and not hint.any():
            return ()
        chances, views = self._chances(title, text)
        spans = Spans(normalise(title), normalise(text, BODY_CHARS))
        found: list[Suggestion] = []
        for column in np.argsort(-chances, kind="stable")[:k]:
            code = self.table.first_level[column]
            confidence = float(chances[column])
            reasons = self._reasons(spans, int(column), chances)
            detail = self._detail(spans, views, code, confidence, detail_from)
            found.append(Suggestion(code, confidence, reasons, detail))
        return tuple(found)

    def save(self, path: Path) -> None:
        """Write one file of numbers and JSON: reading it back can run no code."""
        header = {
            "table": [[c.code, c.name, c.parent] for c in self.table.categories],
            "everyday": self.table.everyday,
            "history": list(self.history.codes),
            "examples": self.examples,
        }
        storage.write(path, KIND, header, self.background, self.learned, {"history": self.history.subjects})

    @classmethod
    def load(cls, path: Path) -> Model:
        """Read a saved model. Raises :class:`.storage.ModelFileError` for anything else."""
        header, background, learned, arrays = storage.read(path, KIND)
        table = CategoryTable.from_rows((str(c), str(n), str(p)) for c, n, p in header["table"])
        table = replace(table, everyday=bool(header["everyday"]))
        history = History(tuple(map(str, header["history"])), arrays["history"])
        return cls(table, background, learned, history, int(header["examples"]))

    def _chances(self, title: str, text: str) -> tuple[Floats, Views | None]:
        hint = word_scores(self.table, title, text)
        views = self.background.views([(title, text)]) if self.background is not None else None
        if self.learned is None or views is None:
            return cold_chances(hint), views
        return self.learned.chances(views, hint[None, :])[0], views

    def _reasons(self, spans: Spans, column: int, chances: Floats) -> tuple[str, ...]:
        rivals = chances.copy()
        rivals[column] = 0.0
        rivals = rivals / (rivals.sum() or 1.0)
        spans = Spans(spans.title, spans.body)
        weight = COLD_SHARPNESS if self.learned is None else float(self.learned.weights[0])
        for in_title, share in ((True, 1.0), (False, BODY_WEIGHT)):
            for hit in self.table.hits(spans.title if in_title else spans.body):
                row = word_row(self.table, hit)
                if row[column] > 0:
                    spans.add(in_title, hit.start, hit.end, weight * share * float(row[column] - rivals @ row))
        if self.learned is not None and self.background is not None:
            add_gram_gains(spans, self.background, self.learned, column, rivals)
        return spans.best()

    def _detail(
        self, spans: Spans, views: Views | None, code: str, confidence: float, detail_from: float
    ) -> Suggestion | None:
        scores: dict[str, float] = defaultdict(float)
        words: dict[str, Spans] = {}
        for in_title, share in ((True, 1.0), (False, BODY_WEIGHT)):
            for hit in self.table.hits(spans.title if in_title else spans.body):
                for target, weight in self.table.words[hit.word].items():
                    if self.table[target].level == 3 and self.table.first_of(target) == code:
                        gain = share * weight * len(hit.word) / 2
                        scores[target] += gain
                        words.setdefault(target, Spans(spans.title, spans.body)).add(in_title, hit.start, hit.end, gain)
        if views is not None and self.history.codes:
            near: dict[str, list[float]] = defaultdict(list)
            for target, likeness in zip(self.history.codes, self.history.subjects @ views.subjects[0], strict=True):
                if self.table.first_of(target) == code:
                    near[target].append(max(0.0, float(likeness)))
            for target, values in near.items():
                if len(values) >= 3:
                    scores[target] += 3 * sum(sorted(values)[-3:]) / 3
        if not scores:
            return None
        best = max(sorted(scores), key=lambda c: scores[c])
        share = scores[best] / (sum(scores.values()) + 0.5)
        if share < detail_from:
            return None
        reasons = words[best].best() if best in words else ()
        return Suggestion(best, confidence * share, reasons)


def train(
    examples: Sequence[Example],
    unlabelled: Sequence[tuple[str, str]],
    table: CategoryTable,
    seed: int,
    *,
    background: Background | None = None,
) -> Model:
    """Learn from decided messages (oldest first) and any number of undecided ``(title, text)``.

    Examples whose category is not in ``table`` are left out. ``background``: learned before from the undecided
    messages, to train several times on the same ones. The same input and seed give the same model.
    """
    usable = newest_of_each(
        [e for e in examples if e.category_code in table], lambda e: table.first_of(e.category_code)
    )
    if background is None:
        texts = [*unlabelled, *((e.title, e.text) for e in usable)]
        background = Background.learn(texts, seed) if texts else None
    bare = Model(table, background, None, History((), np.zeros((0, 0))), 0)
    if background is None or len(usable) < MIN_EXAMPLES or len({table.first_of(e.category_code) for e in usable}) < 2:
        return bare
    views = background.views([(e.title, e.text) for e in usable])
    columns = {code: i for i, code in enumerate(table.first_level)}
    classes = np.array([columns[table.first_of(e.category_code)] for e in usable], dtype=np.int64)
    hint = np.stack([word_scores(table, e.title, e.text) for e in usable])
    groups = [normalise(e.title + e.text, 200).text for e in usable]
    learned, _ = blend.fit(views, classes, len(columns), hint, groups, seed)
    third = np.array([i for i, e in enumerate(usable) if table[e.category_code].level == 3], dtype=np.int64)
    history = History(tuple(usable[i].category_code for i in third), views.subjects[third])
    return replace(bare, learned=learned, history=history, examples=len(usable))


def newest_of_each(examples: Sequence[Example], label: Callable[[Example], str]) -> list[Example]:
    """At most ``MAX_EXAMPLES``: the newest of each class in turn, so that no rare class is lost. Order kept."""
    if len(examples) <= MAX_EXAMPLES:
        return list(examples)
    age: dict[str, int] = defaultdict(int)
    ranked: list[tuple[int, int]] = []
    for place in range(len(examples) - 1, -1, -1):
        key = label(examples[place])
        ranked.append((age[key], place))
        age[key] += 1
    return [examples[place] for place in sorted(place for _, place in sorted(ranked)[:MAX_EXAMPLES])]


def word_row(table: CategoryTable, hit: Hit) -> Floats:
    """What one found word says for each first-level class: longer words say more, shared words less."""
    row = np.zeros(len(table.first_level))
    best: dict[str, float] = {}
    for code, weight in table.words[hit.word].items():
        first = table.first_of(code)
        best[first] = max(best.get(first, 0.0), weight)
    for column, code in enumerate(table.first_level):
        if code in best:
            row[column] = best[code] * len(hit.word) / 2 / len(best)
    return row


def word_scores(table: CategoryTable, title: str, text: str) -> Floats:
    """The vocabulary's score of each first-level class for a message."""
    total = np.zeros(len(table.first_level))
    for normal, share in ((normalise(title), 1.0), (normalise(text, BODY_CHARS), BODY_WEIGHT)):
        seen: dict[str, int] = defaultdict(int)
        for hit in table.hits(normal):
            seen[hit.word] += 1
            if seen[hit.word] <= WORD_REPEATS:
                total += share * word_row(table, hit)
    return total


def cold_chances(hint: Floats) -> Floats:
    """Chances without history: led by the words of the table, never more than modestly sure."""
    sharp = np.exp(COLD_SHARPNESS * (hint - hint.max()))
    return np.asarray(COLD_BELIEF * sharp / sharp.sum() + (1 - COLD_BELIEF) / len(hint))
