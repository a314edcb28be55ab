"""A symmetric tensor as a sum of cubes of orthogonal vectors, by alternating least squares."""

from __future__ import annotations

from typing import Any

import numpy as np


def decompose(
    tensor: Any, restarts: int, iterations: int, tol: float, rng: np.random.Generator
) -> tuple[Any, Any]:
    """``tensor ≈ sum of weights[i] * (v_i ⊗ v_i ⊗ v_i)``, the ``v_i`` orthonormal columns.

    Each step is the least squares solution for one factor with the two others held, made
    orthogonal again; all vectors move together, so no error is handed from one to the next.

    Args:
        tensor: shape (size, size, size).
        restarts: starts from random vectors; the one that explains most is kept.
        iterations: steps of a start, at most.
        tol: greatest change of a vector at which a start ends.

    Returns:
        Weights, all positive, shape (size,), and vectors, shape (size, size).
    """
    size = len(tensor)
    flat = tensor.reshape(size, size * size)
    best: tuple[float, Any, Any] | None = None
    for _ in range(restarts):
        vectors = np.linalg.qr(rng.normal(size=(size, size)))[0]
        for _ in range(iterations):
            moved = _orthogonal(_times(flat, vectors) * _weights(flat, vectors))
            change = np.abs(np.abs((moved * vectors).sum(0)) - 1).max()
            vectors = moved
            if change < tol:
                break
        weights = _weights(flat, vectors)
        explained = float(np.square(weights).sum())
        if best is None or explained > best[0]:
            best = explained, weights, vectors
    assert best is not None
    _, weights, vectors = best
    signs = np.where(weights < 0, -1.0, 1.0)
    return weights * signs, vectors * signs


def _times(flat: Any, vectors: Any) -> Any:
    """Column i is the tensor times ``v_i`` twice."""
    size = len(vectors)
    squares = vectors[:, None, :] * vectors[None, :, :]
    return flat @ squares.reshape(size * size, size)


def _weights(flat: Any, vectors: Any) -> Any:
    return (_times(flat, vectors) * vectors).sum(0)


def _orthogonal(matrix: Any) -> Any:
    """The orthogonal matrix nearest to it."""
    left, _, right = np.linalg.svd(matrix)
    return left @ right
