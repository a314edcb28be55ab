"""Principal components, exact and randomized.

Rows are a numpy array or a ``scipy.sparse.csr_matrix``, which is never shifted itself. Results are
float64, components in ascending order, each with its largest coordinate positive.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from studio_ext.algorithms.pca.model import Components

POWERS = 4  # passes that sharpen a randomized basis


def mean_of(rows: Any) -> Any:
    """The mean of each feature."""
    return np.asarray(rows.mean(0, dtype=np.float64)).ravel()


def exact(rows: Any, count: int, shift: bool, size: int) -> Components:
    """The ``count`` greatest components from one pass over batches of ``size`` rows.

    With fewer rows than features the products of rows take the place of the scatter matrix.
    """
    if rows.shape[0] < rows.shape[1]:
        return _of_few_rows(rows, count, mean_of(rows) if shift else np.zeros(rows.shape[1]))
    mean, scatter = _scatter(rows, shift, size)
    values, directions = _greatest(scatter, count)
    return _signed(mean, np.sqrt(values), directions)


def _scatter(rows: Any, shift: bool, size: int) -> tuple[Any, Any]:
    """Mean, and scatter about it (about 0 without ``shift``), in one pass.

    Sums are taken about a guess of the mean: about 0 they would lose digits where the mean is
    large beside the spread. Sparse rows, which that would fill, are summed about 0.
    """
    count, features = rows.shape
    dense = isinstance(rows, np.ndarray)
    guess = np.zeros(features)
    if dense and shift:
        guess = rows[:size].mean(0, dtype=np.float64)
    total, products = np.zeros(features), np.zeros((features, features))
    for start in range(0, count, size):
        part = rows[start : start + size].astype(np.float64)
        if dense:
            part -= guess
            products += part.T @ part
        else:
            products += (part.T @ part).toarray()
        total += np.asarray(part.sum(0)).ravel()
    if not shift:
        return guess, products
    away = total / count
    return guess + away, products - count * np.outer(away, away)


def _of_few_rows(rows: Any, count: int, mean: Any) -> Components:
    dense = rows.astype(np.float64)
    products = np.asarray((dense @ dense.T).todense() if not _plain(rows) else dense @ dense.T)
    across = np.asarray(dense @ mean).ravel()
    gram = products - across[:, None] - across[None, :] + mean @ mean
    values, left = _greatest(gram, count)
    singular = np.sqrt(values)
    directions = np.asarray(dense.T @ left) - np.outer(mean, left.sum(0))
    # Directions without variance are not determined; QR makes some up that are orthogonal.
    lengths = np.maximum(singular, 1e-12 * singular[-1] or 1.0)
    basis, upper = np.linalg.qr((directions / lengths)[:, ::-1])
    return _signed(mean, singular, (basis * np.sign(np.diag(upper) + 1e-300))[:, ::-1])


def randomized(
    rows: Any, count: int, extra: int, shift: bool, rng: np.random.Generator
) -> Components:
    """From the range of the rows on random directions (Halko, Martinsson and Tropp 2011)."""
    mean = mean_of(rows) if shift else np.zeros(rows.shape[1])
    rank = min(count + extra, *rows.shape)
    basis = _orthogonal(_times(rows, mean, rng.normal(size=(rows.shape[1], rank))))
    for _ in range(POWERS):
        across = _orthogonal(_times_transposed(rows, mean, basis))
        basis = _orthogonal(_times(rows, mean, across))
    _, singular, directions = np.linalg.svd(
        _times_transposed(rows, mean, basis).T, full_matrices=False
    )
    return _signed(mean, singular[:count][::-1], directions[:count][::-1].T)


def _times(rows: Any, mean: Any, right: Any) -> Any:
    """``(rows - mean) @ right``."""
    return np.asarray(rows @ right) - mean @ right


def _times_transposed(rows: Any, mean: Any, left: Any) -> Any:
    """``(rows - mean).T @ left``."""
    return np.asarray(rows.T @ left) - np.outer(mean, left.sum(0))


def _orthogonal(columns: Any) -> Any:
    return np.linalg.qr(columns)[0]


def _greatest(matrix: Any, count: int) -> tuple[Any, Any]:
    """The ``count`` greatest eigenvalues, ascending and not negative, and their vectors."""
    from scipy.linalg import eigh

    size = len(matrix)
    values, vectors = eigh(matrix, subset_by_index=(size - count, size - 1))
    return np.maximum(values, 0), vectors


def _signed(mean: Any, singular: Any, directions: Any) -> Components:
    at = np.abs(directions).argmax(0)
    signs = np.where(directions[at, np.arange(directions.shape[1])] < 0, -1.0, 1.0)
    return Components(mean, singular, directions * signs)


def _plain(rows: Any) -> bool:
    return isinstance(rows, np.ndarray)
