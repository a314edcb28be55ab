"""Random projections to fewer dimensions, each one matrix that keeps distances on average.

``sign``: entries of equal size and random sign (Achlioptas, 2003). ``fjlt``: random signs, a
Hadamard transform that spreads every row, then few Gaussian entries (Ailon and Chazelle, 2009).
"""

from __future__ import annotations

from typing import Any

import numpy as np


def projection(kind: str, features: int, target: int, rows: int, rng: np.random.Generator) -> Any:
    """The matrix of shape (features, target), float32.

    Args:
        kind: ``sign`` or ``fjlt``.
        rows: of the data, which say how many Gaussian entries fjlt needs.
    """
    if kind == "sign":
        matrix = rng.integers(0, 2, (features, target)) * 2.0 - 1
    else:
        matrix = _fjlt(features, target, rows, rng)
    return (matrix / np.sqrt(target)).astype(np.float32)


def _fjlt(features: int, target: int, rows: int, rng: np.random.Generator) -> Any:
    padded = 1 << (features - 1).bit_length()
    share = min(1.0, np.log(max(rows, 3)) ** 2 / features)
    entries = rng.normal(0, share**-0.5, (padded, target))
    entries[rng.random((padded, target)) >= share] = 0
    signs = rng.integers(0, 2, features) * 2.0 - 1
    return hadamard(entries)[:features] * signs[:, None]


def hadamard(matrix: Any) -> Any:
    """The orthonormal Walsh-Hadamard transform of each column; rows are a power of two."""
    size = len(matrix)
    result, half = np.array(matrix, np.float64), 1
    while half < size:
        pairs = result.reshape(size // (2 * half), 2, half, -1)
        result = np.stack([pairs[:, 0] + pairs[:, 1], pairs[:, 0] - pairs[:, 1]], 1)
        half *= 2
    return result.reshape(size, -1) / np.sqrt(size)
