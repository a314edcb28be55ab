"""The model equation and its gradient, on the columns that occur in some rows only.

Rendle, "Factorization Machines" (2010): the score of a row x is ``w0 + x·w + ½ Σ_f [(x·v_f)² -
x²·v_f²]``, computed in time proportional to the values that are not 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(slots=True)
class Parameters:
    """Attributes: bias of shape (1,), linear (features,), factors (features, num_factors)."""

    bias: Any
    linear: Any
    factors: Any


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows, reduced to the columns that occur in them.

    Attributes:
        rows, squares: ``scipy.sparse`` of shape (rows, columns), the values and their squares.
        columns: their numbers in the whole matrix.
    """

    rows: Any
    squares: Any
    columns: Any


class Batches:
    """Takes batches out of a sparse matrix without sorting or touching all its columns."""

    def __init__(self, features: int) -> None:
        self._place = np.zeros(features, np.int32)

    def take(self, matrix: Any, start: int, end: int) -> Batch:
        """Rows ``start`` to ``end`` of a CSR matrix."""
        from scipy import sparse

        bounds = matrix.indptr[start : end + 1]
        indices = matrix.indices[bounds[0] : bounds[-1]]
        values = matrix.data[bounds[0] : bounds[-1]]
        order = np.arange(len(indices), dtype=np.int32)
        self._place[indices] = order  # the last to come stays: one for each column
        columns = indices[self._place[indices] == order]
        self._place[columns] = np.arange(len(columns), dtype=np.int32)
        places = self._place[indices]
        shape, starts = (end - start, len(columns)), bounds - bounds[0]
        rows = sparse.csr_matrix((values, places, starts), shape)
        squares = sparse.csr_matrix((values * values, places, starts), shape)
        return Batch(rows, squares, columns)


def scores(batch: Batch, bias: Any, linear: Any, factors: Any) -> tuple[Any, Any]:
    """The score of each row, shape (rows,), and ``x·v``, shape (rows, num_factors).

    Args:
        linear, factors: of the batch's columns.
    """
    products = batch.rows @ factors
    squares = batch.squares @ np.einsum("ij,ij->i", factors, factors)
    pairs = np.einsum("ij,ij->i", products, products) - squares
    return bias + batch.rows @ linear + np.float32(0.5) * pairs, products


def gradient(batch: Batch, slopes: Any, products: Any, factors: Any) -> Parameters:
    """The gradient of a sum over rows whose loss has ``slopes`` by the score."""
    across = batch.rows.T
    own = factors * (batch.squares.T @ slopes)[:, None]
    return Parameters(
        bias=np.array([slopes.sum()], np.float32),
        linear=across @ slopes,
        factors=across @ (products * slopes[:, None]) - own,
    )
