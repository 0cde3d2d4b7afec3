"""What the learners see of a message: weighted character n-grams and their latent subjects.

Learned from texts alone (no categories), so every message a county ever received helps.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from .text import BODY_CHARS, ngrams, normalise

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]  # enough for subjects, at half the memory and file
Sparse = Any  # scipy carries no types
sp: Any = scipy.sparse

LOW, HIGH = 1, 3
TITLE_TERMS, BODY_TERMS = 20_000, 40_000
SUBJECTS = 150
# In the joint view the title counts more than the body: it is the person's own summary.
BODY_SHARE = 0.7
MAX_TEXTS = 20_000


@dataclass(frozen=True)
class Terms:
    """A dictionary of n-grams with their inverse document frequency; rows come out with length 1."""

    index: dict[str, int]
    idf: Floats

    @classmethod
    def learn(cls, texts: Sequence[str], most: int) -> Terms:
        df: Counter[str] = Counter()
        for text in texts:
            df.update(set(ngrams(text, LOW, HIGH)))
        least = 2 if len(texts) >= 50 else 1
        kept = sorted((t for t, n in df.items() if n >= least), key=lambda t: (-df[t], t))[:most]
        idf = np.array([math.log((1 + len(texts)) / (1 + df[t])) + 1 for t in kept], dtype=np.float64)
        return cls({t: i for i, t in enumerate(kept)}, idf)

    def vectors(self, texts: Sequence[str]) -> Sparse:
        rows: list[int] = [0]
        columns: list[int] = []
        values: list[float] = []
        for text in texts:
            counts = Counter(i for g in ngrams(text, LOW, HIGH) if (i := self.index.get(g)) is not None)
            weights = [(1 + math.log(n)) * float(self.idf[i]) for i, n in counts.items()]
            length = math.sqrt(sum(w * w for w in weights)) or 1.0
            columns.extend(counts)
            values.extend(w / length for w in weights)
            rows.append(len(columns))
        return sp.csr_matrix(
            (np.array(values), np.array(columns, dtype=np.int32), np.array(rows)), shape=(len(texts), len(self.index))
        )


@dataclass(frozen=True)
class Views:
    """The three views of a batch of messages, one row a message."""

    title: Sparse
    body: Sparse
    subjects: Floats

    def parts(self) -> tuple[Any, Any, Any]:
        return self.title, self.body, self.subjects

    def take(self, rows: NDArray[np.int64]) -> Views:
        return Views(self.title[rows], self.body[rows], self.subjects[rows])


@dataclass(frozen=True)
class Background:
    """What a corpus of texts teaches without any label. ``axes``: (title + body terms) × subjects."""

    title: Terms
    body: Terms
    axes: Singles

    @classmethod
    def learn(cls, texts: Sequence[tuple[str, str]], seed: int) -> Background:
        """Learn from ``(title, text)`` pairs; of more than 20,000, a sample drawn by ``seed``."""
        rng = np.random.default_rng(seed)
        if len(texts) > MAX_TEXTS:
            texts = [texts[i] for i in sorted(rng.choice(len(texts), MAX_TEXTS, replace=False))]
        titles = [normalise(t).text for t, _ in texts]
        bodies = [normalise(b, BODY_CHARS).text for _, b in texts]
        title, body = Terms.learn(titles, TITLE_TERMS), Terms.learn(bodies, BODY_TERMS)
        joint = _joint(title.vectors(titles), body.vectors(bodies))
        return cls(title, body, _axes(joint, SUBJECTS, rng))

    def views(self, texts: Sequence[tuple[str, str]]) -> Views:
        title = self.title.vectors([normalise(t).text for t, _ in texts])
        body = self.body.vectors([normalise(b, BODY_CHARS).text for _, b in texts])
        subjects = np.asarray(_joint(title, body) @ self.axes)
        lengths = np.linalg.norm(subjects, axis=1, keepdims=True)
        return Views(title, body, subjects / np.where(lengths > 0, lengths, 1.0))


def _joint(title: Sparse, body: Sparse) -> Sparse:
    return sp.hstack([title, BODY_SHARE * body]).tocsr()


def _axes(matrix: Sparse, wanted: int, rng: np.random.Generator) -> Singles:
    """Right singular vectors by a randomised range finder (Halko, Martinsson, Tropp 2011)."""
    size = min(wanted, *matrix.shape)
    if size == 0:
        return np.zeros((matrix.shape[1], 0), dtype=np.float32)
    sketch = matrix @ rng.standard_normal((matrix.shape[1], min(size + 20, matrix.shape[1])))
    base, _ = np.linalg.qr(sketch)
    for _ in range(2):
        side, _ = np.linalg.qr(matrix.T @ base)
        base, _ = np.linalg.qr(matrix @ side)
    _, values, axes = np.linalg.svd(np.asarray((matrix.T @ base).T), full_matrices=False)
    size = min(size, int((values > 1e-9).sum()))
    out = axes[:size]
    # Fix the sign so that the same texts give the same axes on every machine.
    signs = np.sign(out[np.arange(size), np.abs(out).argmax(axis=1)])
    return np.ascontiguousarray((out * signs[:, None]).T, dtype=np.float32)
