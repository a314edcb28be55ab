from __future__ import annotations

import numpy as np
import pytest

from studio_ext.formats import mxnet
from studio_ext.formats.errors import DataError


def test_round_trip() -> None:
    arrays = {"a": np.eye(3, dtype=np.float32), "b": np.arange(4), "c": np.zeros((0, 2), np.uint8)}
    read = mxnet.load(mxnet.dump(arrays))
    assert list(read) == ["a", "b", "c"]
    for name, array in arrays.items():
        assert read[name].dtype == array.dtype
        assert read[name].tolist() == array.tolist()


def test_arrays_without_names() -> None:
    read = mxnet.load(mxnet.dump([np.eye(2), np.ones(3)]))
    assert {name: array.shape for name, array in read.items()} == {"0": (2, 2), "1": (3,)}


@pytest.mark.parametrize("data", [b"", b"no" * 30, mxnet.dump({"a": np.ones(9)})[:60]])
def test_other_files(data: bytes) -> None:
    with pytest.raises(DataError, match="not a file of MXNet arrays"):
        mxnet.load(data)
