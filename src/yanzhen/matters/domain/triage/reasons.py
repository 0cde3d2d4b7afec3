"""The words of a message that spoke for a suggestion, as the person wrote them."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from .blend import Blend
from .features import BODY_SHARE, HIGH, Background, Floats
from .text import Normal

MOST_REASONS = 5


class Spans:
    """Collects weighted stretches of the title and the body; overlapping ones compete."""

    def __init__(self, title: Normal, body: Normal) -> None:
        self.title = title
        self.body = body
        self._gains: dict[tuple[bool, int, int], float] = defaultdict(float)

    def add(self, in_title: bool, start: int, end: int, gain: float) -> None:
        """Let ``gain`` speak through a stretch; several gains for one stretch add up."""
        self._gains[in_title, start, end] += gain

    def best(self, most: int = MOST_REASONS) -> tuple[str, ...]:
        """The strongest words first, none inside another, none twice."""
        totals: dict[str, float] = defaultdict(float)
        spoken: dict[str, str] = {}
        taken: dict[bool, set[int]] = {True: set(), False: set()}
        ranked = sorted(self._gains.items(), key=lambda item: (-item[1], not item[0][0], item[0][1:]))
        for (in_title, start, end), gain in ranked:
            places = set(range(start, end))
            if gain <= 0 or places & taken[in_title]:
                continue
            taken[in_title] |= places
            normal = self.title if in_title else self.body
            word = normal.text[start:end]
            totals[word] += gain
            spoken.setdefault(word, normal.words(start, end))
        strongest = sorted(totals, key=lambda w: (-totals[w], w))
        out: list[str] = []
        for word in strongest:
            if not any(word in other or other in word for other in out):
                out.append(word)
            if len(out) == most:
                break
        return tuple(spoken[word] for word in out)


def add_gram_gains(spans: Spans, background: Background, blend: Blend, column: int, rivals: Floats) -> None:
    """Add what each n-gram of two or more characters said for ``column`` against its ``rivals`` (weights, sum 1)."""
    against = np.eye(len(rivals))[column] - rivals
    subject = blend.planes[2] @ against
    edge = len(background.title.index)
    for in_title, terms, normal, share in (
        (True, background.title, spans.title, 1.0),
        (False, background.body, spans.body, BODY_SHARE),
    ):
        row = terms.vectors([normal.text])
        plane, weight = (blend.planes[0], blend.weights[1]) if in_title else (blend.planes[1], blend.weights[2])
        axes = background.axes[row.indices + (0 if in_title else edge)]
        said = row.data * (weight * (plane[row.indices] @ against) + blend.weights[3] * share * (axes @ subject))
        gains = dict(zip(row.indices.tolist(), said.tolist(), strict=True))
        for start in range(len(normal.text)):
            for end in range(start + 2, min(start + HIGH, len(normal.text)) + 1):
                index = terms.index.get(normal.text[start:end])
                if index is not None:
                    spans.add(in_title, start, end, gains[index])
