"""What neighbours say: the class of most of them, or their mean."""

from __future__ import annotations

from typing import Any

import numpy as np


def votes(labels: Any) -> Any:
    """The winning class for each number of neighbours asked, shape (rows, k) as ``labels`` has.

    Args:
        labels: of the neighbours, the nearest first. Of classes with equally many votes the one
            that had them first, going outward, wins.
    """
    classes, codes = np.unique(labels, return_inverse=True)
    codes = codes.reshape(labels.shape)
    rows = np.arange(len(labels))
    counts = np.zeros((len(labels), len(classes)), np.int32)
    winner, most = codes[:, 0].copy(), np.zeros(len(labels), np.int32)
    winners = np.empty_like(codes)
    for nth in range(labels.shape[1]):
        counts[rows, codes[:, nth]] += 1
        now = counts[rows, codes[:, nth]]
        more = now > most
        winner[more], most[more] = codes[more, nth], now[more]
        winners[:, nth] = winner
    return classes[winners]


def means(labels: Any) -> Any:
    """The mean label for each number of neighbours asked, shape (rows, k)."""
    asked = np.arange(1, labels.shape[1] + 1)
    return np.cumsum(labels, 1, dtype=np.float64) / asked
