from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import sparse

from studio_ext.formats import recordio
from studio_ext.formats.errors import DataError

# Written by sagemaker 2.257.7's ``sagemaker.amazon.common`` under protobuf 6.33.6.
F32 = (
    "0a23d7ce2c0000000a160a0676616c756573120c120a0a080000c03f0000804112120a0676616c7565731208"
    "12060a040000803f"
)
F64 = (
    "0a23d7ce380000000a1e0a0676616c75657312141a120a10000000000000f83f000000000000304012160a06"
    "76616c756573120c1a0a0a08000000000000f03f"
)
I32 = (
    "0a23d7ce2c0000000a190a0676616c756573120f3a0d0a0b03feffffffffffffffff01120f0a0676616c7565"
    "7312053a030a0107"
)
UNLABELLED = "0a23d7ce180000000a160a0676616c756573120c120a0a080000c03f00008041"
SPARSE = (
    "0a23d7ce330000000a1d0a0676616c756573121312110a080000c03f00000040120201031a010412120a0676"
    "616c756573120812060a040000803f00"
)


@pytest.mark.parametrize(
    ("features", "labels", "expected"),
    [
        (np.array([[1.5, 16.0]], "f4"), np.array([1], "f4"), F32),
        (np.array([[1.5, 16.0]], "f8"), np.array([1], "f8"), F64),
        (np.array([[3, -2]]), np.array([7]), I32),
        (np.array([[1.5, 16.0]], "f4"), None, UNLABELLED),
        (sparse.csr_matrix(np.array([[0, 1.5, 0, 2]], "f4")), np.array([1], "f4"), SPARSE),
    ],
)
def test_bytes_equal_those_of_the_sdk(features: object, labels: object, expected: str) -> None:
    written = recordio.write(features, labels)
    assert written.hex() == expected
    table = recordio.read(written, "a")
    assert table is not None
    dense = features if isinstance(features, np.ndarray) else features.toarray()  # type: ignore[attr-defined]
    assert table.dense().tolist() == dense.tolist()
    assert (table.labels is None) == (labels is None)


@pytest.mark.parametrize("labelled", [True, False])
def test_many_rows_take_the_fast_path_and_agree_with_the_slow_one(labelled: bool) -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(500, 7)).astype("f4")
    labels = features[:, 0].copy() if labelled else None
    data = recordio.write(features, labels)
    assert recordio._read_uniform(data, "a") is not None
    table = recordio.read(data, "a")
    odd = recordio.write(features[:1].astype("f8"), None if labels is None else labels[:1])
    slow = recordio.read(data + odd, "a")
    assert recordio._read_uniform(data + odd, "a") is None
    assert table is not None
    assert slow is not None
    assert (table.features == features).all()
    assert (slow.features[:-1] == features).all()
    assert labels is None or (table.labels == labels).all()


def test_nothing() -> None:
    assert recordio.read(b"", "a") is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x01\x02", "a: record 1 at byte 0 is cut short: 2 bytes"),
        (b"label,age\n1,2\n", "a: record 1 at byte 0 begins with 0x6562616c; expected 0xced7230a"),
        (bytes.fromhex(F32)[:-9], "a: record 1 at byte 0 is cut short"),
        (recordio.frame(b"\xff\xff\xff"), "is not a protobuf Record"),
        (recordio.frame(b""), "record 1 has the features nothing; expected 'values'"),
        (
            recordio.write_record(np.ones(2, "f4")) + recordio.write_record(np.ones(3, "f4")),
            "a: record 2 has 3 features; expected 2, as in record 1",
        ),
        (bytes.fromhex(F32) + bytes.fromhex(UNLABELLED), "a: record 2 has no label"),
        (
            recordio.write_record(np.ones(2, "f4"), keys=[1], shape=[4]),
            "record 1 has 1 keys and 2 values",
        ),
    ],
)
def test_what_is_wrong_and_where(data: bytes, message: str) -> None:
    with pytest.raises(DataError) as caught:
        recordio.read(data, "a")
    assert message in str(caught.value)


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_any_payload_is_read_or_refused(payload: bytes) -> None:
    try:
        table = recordio.read(recordio.frame(payload), "a")
    except DataError:
        return
    assert table is not None
    assert table.rows == 1
