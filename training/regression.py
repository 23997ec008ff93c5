"""Linear models with an L2 penalty, fitted with SciPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Table = NDArray[np.float64]  # (candidates, features)
Marks = NDArray[np.bool_]  # (candidates,) which are right
Case = tuple[Table, Marks]


def table(features: Sequence[Mapping[str, float]], names: Sequence[str]) -> Table:
    """Features by name to a matrix `(candidates, names)`."""
    return np.array([[values[name] for name in names] for values in features], float)


def conditional_logit(cases: Sequence[Case], features: int, penalty: float) -> NDArray[np.float64]:
    """The weights `(features,)` that make the right candidates of each case likeliest."""

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        value, slope = penalty / 2 * float(weights @ weights), penalty * weights
        for matrix, right in cases:
            scores = matrix @ weights
            odds = np.exp(scores - scores.max())
            chosen = odds * right
            value -= float(np.log(chosen.sum() / odds.sum()))
            slope = slope - matrix.T @ (chosen / chosen.sum() - odds / odds.sum())
        return value, slope

    return np.asarray(minimize(loss, np.zeros(features), jac=True, method="L-BFGS-B").x)


def logistic(
    matrix: Table, right: Marks, penalty: float, *, counts: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Weights `(features,)` of a logistic regression; the first, the constant's, is free.

    `counts`, `(rows,)`, is how much each row counts; 1 without it.
    """
    counts = np.ones(len(right)) if counts is None else counts

    def loss(w: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        z = matrix @ w
        held = np.r_[0.0, w[1:]]
        value = counts @ np.logaddexp(0, np.where(right, -z, z)) + penalty / 2 * held @ held
        return float(value), matrix.T @ (counts * (1 / (1 + np.exp(-z)) - right)) + penalty * held

    start = np.zeros(matrix.shape[1])
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B").x)


def balanced(right: Marks) -> NDArray[np.float64]:
    """How much each row counts if both classes shall count the same."""
    share = right.mean()
    return np.where(right, 0.5 / share, 0.5 / (1 - share))
