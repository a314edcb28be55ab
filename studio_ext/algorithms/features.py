"""What algorithms ask of features: as many as ``feature_dim`` says, and a number everywhere."""

from __future__ import annotations

import numpy as np

from studio_ext.formats.errors import DataError
from studio_ext.formats.table import Table


def fit_width(channel: str, table: Table, feature_dim: int) -> None:
    """See that a channel has ``feature_dim`` features, else raise DataError.

    A sparse table is widened instead: the last features may be absent from every row.
    """
    if table.columns == feature_dim:
        return
    if table.sparse and table.columns < feature_dim:
        table.features.resize((table.rows, feature_dim))
        return
    hint = ""
    if table.labels is None and table.columns == feature_dim + 1:
        hint = "; a label before the features is named so: ContentType text/csv;label_size=1"
    raise DataError(
        f"channel '{channel}' has {table.columns} features; expected "
        f"feature_dim={feature_dim}{hint}"
    )


def check_present(where: str, table: Table, algorithm: str) -> None:
    """Raise DataError that names the first missing value; ``where`` is such as ``the request``.

    The sum is a number only if all are, and takes no memory.
    """
    if table.sparse or not np.isnan(table.features.sum(dtype=np.float64)):
        return
    row, column = np.argwhere(np.isnan(table.features))[0]
    raise DataError(
        f"{where}: row {row + 1}, feature {table.name(column)} is missing; {algorithm} expects a "
        f"number everywhere"
    )
