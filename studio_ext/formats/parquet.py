"""Parquet files of numeric columns, the label first."""

from __future__ import annotations

import io
from typing import IO

import numpy as np

from studio_ext.formats.errors import DataError
from studio_ext.formats.table import Table


def read(handle: IO[bytes], source: str, *, label_size: int = 1) -> Table | None:
    """The table in ``handle``; None when it has no rows.

    Raises:
        DataError: pyarrow is not installed, the file is not parquet, or a column is not numeric.
    """
    try:
        import pyarrow.parquet
    except ImportError:
        raise DataError(
            f"{source}: parquet needs pyarrow, which is not installed: pip install pyarrow"
        ) from None
    try:
        frame = pyarrow.parquet.read_table(io.BytesIO(handle.read())).to_pandas()
    except pyarrow.ArrowInvalid as error:
        raise DataError(f"{source}: {error}; expected a parquet file") from error
    if frame.empty:
        return None
    for index, (name, kind) in enumerate(frame.dtypes.items(), 1):
        if kind.kind not in "biuf":
            raise DataError(f"{source}: column {index} ('{name}') holds {kind}; expected numbers")
    if frame.shape[1] <= label_size:
        raise DataError(
            f"{source}: found {frame.shape[1]} columns; expected {label_size} label and at least "
            f"one feature"
        )
    numbers = frame.to_numpy(np.float32)
    return Table(
        features=np.ascontiguousarray(numbers[:, label_size:]),
        labels=numbers[:, 0].copy() if label_size else None,
        names=tuple(str(name) for name in frame.columns[label_size:]),
    )
