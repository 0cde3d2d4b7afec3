"""A small ensemble: one linear learner a view, blended so that its confidence can be believed.

Each view is a ridge regression on ±1 targets (closed form, no iterations, no luck). The views and the
prior knowledge of the caller are blended in a log-linear pool (Genest & Zidek 1986) whose few weights
maximise the likelihood of predictions for messages that the learners had not seen (inner
cross-validation). That makes the result calibrated without a further step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.optimize
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax

from .features import Floats, Views

Ints = NDArray[np.int64]
minimize: Any = scipy.optimize.minimize  # scipy carries no types

# Fixed beforehand, not tuned: the usual strength for rows of length 1, and five folds.
RIDGE = 1.0
INNER_FOLDS = 5
# Where the weights of the blend start and are drawn to while the history is short: hint, title, body, subjects, prior.
START = np.array([0.3, 1.0, 1.0, 1.0, 0.5])
PULL = 3.0  # in messages: how much history outweighs the start


@dataclass(frozen=True)
class Blend:
    """A trained ensemble. ``weights``: hint, title, body, subjects, prior; ``planes``: one matrix a view."""

    weights: Floats
    prior: Floats
    planes: tuple[Floats, Floats, Floats]

    def chances(self, views: Views, hint: Floats) -> Floats:
        """Probabilities, one row a message, one column a class."""
        scores = [hint, *(np.asarray(x @ w) for x, w in zip(views.parts(), self.planes, strict=True))]
        return np.asarray(softmax(_mix(self.weights, scores, self.prior), axis=1))


def fit(
    views: Views, classes: Ints, count: int, hint: Floats, groups: Sequence[object], seed: int
) -> tuple[Blend, Floats]:
    """Train on messages of known class; returns the blend and its chances for each message when not seen.

    ``groups``: messages of one group (copies of one text) are never split between learning and checking.
    """
    n = len(classes)
    grams = [np.asarray(x @ x.T if isinstance(x, np.ndarray) else (x @ x.T).toarray()) for x in views.parts()]
    unseen = [np.zeros((n, count)) for _ in grams]
    for held in _folds(classes, groups, seed):
        rest = np.setdiff1d(np.arange(n), held)
        for gram, out in zip(grams, unseen, strict=True):
            out[held] = gram[np.ix_(held, rest)] @ _dual(gram[np.ix_(rest, rest)], classes[rest], count)
    prior = np.log(np.bincount(classes, minlength=count) + 0.5)
    prior -= prior.max()
    scores = [hint, *unseen]
    weights = _weigh(scores, prior, classes)
    planes = tuple(np.asarray(x.T @ _dual(g, classes, count)) for x, g in zip(views.parts(), grams, strict=True))
    blend = Blend(weights, prior, (planes[0], planes[1], planes[2]))
    return blend, np.asarray(softmax(_mix(weights, scores, prior), axis=1))


def _folds(classes: Ints, groups: Sequence[object], seed: int) -> list[Ints]:
    """Stratified folds that keep groups whole."""
    rng = np.random.default_rng(seed)
    members: dict[object, list[int]] = {}
    for row, group in enumerate(groups):
        members.setdefault(group, []).append(row)
    order = list(members.values())
    order = [order[i] for i in rng.permutation(len(order))]
    order.sort(key=lambda rows: int(classes[rows[0]]))
    folds: list[list[int]] = [[] for _ in range(min(INNER_FOLDS, len(order)))]
    for place, rows in enumerate(order):
        folds[place % len(folds)].extend(rows)
    return [np.array(sorted(f), dtype=np.int64) for f in folds if f]


def _dual(gram: Floats, classes: Ints, count: int) -> Floats:
    """Dual coefficients of the ridge; a rare class weighs more, by the root of its rarity."""
    n = len(classes)
    targets = np.full((n, count), -1.0)
    targets[np.arange(n), classes] = 1.0
    rarity = 1 / np.sqrt(np.bincount(classes, minlength=count)[classes])
    rarity /= rarity.mean()
    return np.asarray(np.linalg.solve(gram + RIDGE * np.diag(1 / rarity), targets))


def _mix(weights: Floats, scores: Sequence[Floats], prior: Floats) -> Floats:
    total = weights[-1] * prior[None, :]
    for weight, score in zip(weights[:-1], scores, strict=True):
        total = total + weight * score
    return np.asarray(total)


def _weigh(scores: Sequence[Floats], prior: Floats, classes: Ints) -> Floats:
    n = len(classes)
    stack = np.stack([*scores, np.broadcast_to(prior, scores[0].shape)])
    truth = np.eye(stack.shape[2])[classes]

    def loss(weights: Floats) -> tuple[float, Floats]:
        logs = log_softmax(np.tensordot(weights, stack, 1), axis=1)
        error = (np.exp(logs) - truth) / n
        away = weights - START
        value = -float((logs * truth).sum()) / n + PULL / n * float(away @ away) / 2
        return value, np.tensordot(stack, error, ([1, 2], [0, 1])) + PULL / n * away

    found: Any = minimize(loss, START, jac=True, bounds=[(0, None)] * len(START))
    return np.asarray(found.x, dtype=np.float64)
