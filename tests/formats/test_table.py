from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from studio_ext.formats.errors import DataError
from studio_ext.formats.table import Table, concatenate


def one(width: int, labelled: bool = True, thin: bool = False) -> Table:
    features = np.ones((2, width), np.float32)
    return Table(
        sparse.csr_matrix(features) if thin else features,
        np.zeros(2, np.float32) if labelled else None,
    )


def test_sparse_tables_are_widened() -> None:
    table = concatenate([one(2, thin=True), one(4, thin=True), one(3)], ["a", "b", "c"])
    assert (table.rows, table.columns, table.sparse) == (6, 4, True)
    assert table.dense()[0].tolist() == [1, 1, 0, 0]


def test_labels_on_some_only() -> None:
    with pytest.raises(DataError, match="b: no labels; expected them, as in a"):
        concatenate([one(2), one(2, labelled=False)], ["a", "b"])


def test_names() -> None:
    assert one(2).name(1) == "f1"
    assert Table(np.ones((1, 1), np.float32), names=("age",)).name(0) == "age"
