"""Documents whose topics are known, and how well they are found."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment


def documents(
    seed: int, *, topics: int, words: int, count: int, alpha: float = 0.15
) -> tuple[Any, Any]:
    """Topics, shape (topics, words), and counts of words, float32 of shape (count, words)."""
    rng = np.random.default_rng(seed)
    beta = rng.dirichlet(np.full(words, 0.05), topics)
    mixtures = rng.dirichlet(np.full(topics, alpha), count)
    lengths = rng.integers(60, 160, count)
    rows = [rng.multinomial(lengths[i], mixtures[i] @ beta) for i in range(count)]
    return beta, np.array(rows, np.float32)


def matched(found: Any, beta: Any) -> float:
    """The mean cosine of topics found and true, each with its best partner."""
    found = found / np.linalg.norm(found, axis=1, keepdims=True)
    beta = beta / np.linalg.norm(beta, axis=1, keepdims=True)
    cosines = found @ beta.T
    return float(cosines[linear_sum_assignment(-cosines)].mean())
