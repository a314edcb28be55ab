"""CBOR against botocore's own reader; its writer is met in ``test_protocols``."""

from __future__ import annotations

import math
from io import BufferedReader, BytesIO
from typing import Any

import pytest
from botocore.parsers import RpcV2CBORParser
from hypothesis import given, strategies as st

from studio_ext.wire import cbor
from studio_ext.wire.faults import SerializationException

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text() | st.binary()
    | st.floats(allow_nan=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)  # fmt: skip


@given(VALUES)
def test_what_is_written_is_read(value: Any) -> None:
    assert cbor.loads(cbor.dumps(value)) == value


# botocore drops nulls of objects, as the protocol tells clients to.
@given(VALUES.filter(lambda value: "None" not in repr(value)))
def test_botocore_reads_what_is_written(value: Any) -> None:
    stream = BufferedReader(BytesIO(cbor.dumps(value)))  # type: ignore[arg-type]
    assert RpcV2CBORParser().parse_data_item(stream) == value


def test_times_travel_as_times() -> None:
    assert cbor.dumps(cbor.Time(1.5))[0] == 0xC1
    assert cbor.loads(cbor.dumps(cbor.Time(1.5))) == 1.5
    assert cbor.loads(b"\xc1\x1a\x65\x00\x00\x00") == 0x65000000


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"\xbf\x61a\x01\xff", {"a": 1}),
        (b"\x9f\x01\x02\xff", [1, 2]),
        (b"\x7f\x61a\x61b\xff", "ab"),
        (b"\xf9\x3c\x00", 1.0),
        (b"\xfa\x3f\x80\x00\x00", 1.0),
        (b"\x3b\x7f\xff\xff\xff\xff\xff\xff\xff", -(2**63)),
        (b"\xf7", None),
    ],
)
def test_other_ways_to_say_it(data: bytes, value: Any) -> None:
    assert cbor.loads(data) == value


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\xff", b"\x01\x01", b"\x61", b"\x61\xff", b"\xa1\x01\x01", b"\xa2\x61a\x01\x61a\x01",
        b"\x9f", b"\x82\x01\xff", b"\xa1\x61a\xff", b"\x1c", b"\xf8\x20", b"\x7f\x41a\xff",
        b"\xc2\x41\x01", b"\xc1\xf9\x7e\x00", b"\xc1\xf5", b"\x9b" + b"\xff" * 8, b"\x81" * 5000,
    ],
)  # fmt: skip
def test_what_is_no_cbor_is_refused(data: bytes) -> None:
    with pytest.raises(SerializationException):
        cbor.loads(data)


def test_floats_keep_their_bits() -> None:
    assert math.isinf(cbor.loads(cbor.dumps(math.inf)))
