"""Rows of numbers with their labels: what every reader of tabular data returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio_ext.formats.errors import DataError

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of features.

    Attributes:
        features: float32 of shape (rows, columns), a numpy array or a ``scipy.sparse.csr_matrix``;
            a missing value is NaN (dense) or absent (sparse).
        labels: float32 of shape (rows,), or None where the data has no labels.
        weights: float32 of shape (rows,), or None for equal weights.
        groups: query ids, int64 of shape (rows,), of ranking data, or None.
        names: the name of each feature, or None where the data names none.
        notices: what the reader decided and a person should know, one sentence each.
    """

    features: Any
    labels: Floats | None = None
    weights: Floats | None = None
    groups: NDArray[np.int64] | None = None
    names: tuple[str, ...] | None = None
    notices: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        return int(self.features.shape[0])

    @property
    def columns(self) -> int:
        return int(self.features.shape[1])

    @property
    def sparse(self) -> bool:
        return not isinstance(self.features, np.ndarray)

    def dense(self) -> Floats:
        """The features as a numpy array; an absent value of a sparse row is 0."""
        if isinstance(self.features, np.ndarray):
            return self.features
        array: Floats = self.features.toarray()
        return array

    def name(self, column: int) -> str:
        """The feature's name, ``f3`` when the data has none (as XGBoost names it)."""
        return self.names[column] if self.names else f"f{column}"


def has_infinity(numbers: Any) -> bool:
    """Whether one is infinite; missing ones are passed over, and nothing is copied."""
    if not numbers.size:
        return False
    ends = np.fmin.reduce(numbers, axis=None), np.fmax.reduce(numbers, axis=None)
    return bool(np.isinf(ends).any())


def check_finite(table: Table, source: str) -> Table:
    """The table itself.

    Raises:
        DataError: a feature is infinite, or a label is not a number; names the row (from 1).
    """
    if has_infinity(table.features.data if table.sparse else table.features):
        row = int(np.argmax(np.isinf(table.dense()).any(1))) + 1
        raise DataError(
            f"{source}: row {row} has an infinite feature; expected numbers that a 32-bit float "
            f"can hold"
        )
    if table.labels is not None and not np.isfinite(table.labels).all():
        row = int(np.argmin(np.isfinite(table.labels))) + 1
        raise DataError(
            f"{source}: row {row} has the label {table.labels[row - 1]}; expected a number"
        )
    return table


def concatenate(tables: Sequence[Table], sources: Sequence[str]) -> Table:
    """One table of several.

    Args:
        tables: at least one.
        sources: what each table was read from, for the error message.

    Raises:
        DataError: tables of different widths (sparse ones are widened), or some without labels.
    """
    if len(tables) == 1:
        return tables[0]
    sparse = any(table.sparse for table in tables)
    width = max(table.columns for table in tables)
    for table, source in zip(tables, sources, strict=True):
        if not sparse and table.columns != tables[0].columns:
            raise DataError(
                f"{source}: found {table.columns} feature columns; expected {tables[0].columns}, "
                f"as in {sources[0]}"
            )
    features: Any
    if sparse:
        features = _stack_sparse([table.features for table in tables], width)
    else:
        features = np.concatenate([table.features for table in tables])
    return Table(
        features=features,
        labels=_join([table.labels for table in tables], sources, "labels"),
        weights=_join([table.weights for table in tables], sources, "weights"),
        groups=_join([table.groups for table in tables], sources, "query ids"),
        names=tables[0].names,
        notices=tuple(dict.fromkeys(notice for table in tables for notice in table.notices)),
    )


def _join(arrays: Sequence[Any], sources: Sequence[str], what: str) -> Any:
    have = [array is not None for array in arrays]
    if not any(have):
        return None
    if not all(have):
        raise DataError(
            f"{sources[have.index(False)]}: no {what}; expected them, as in "
            f"{sources[have.index(True)]}"
        )
    return np.concatenate(arrays)


def _stack_sparse(parts: Sequence[Any], width: int) -> Any:
    from scipy import sparse

    widened = [sparse.csr_matrix(part) for part in parts]
    for part in widened:
        part.resize((part.shape[0], width))
    return sparse.vstack(widened, format="csr")
