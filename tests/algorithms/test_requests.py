from __future__ import annotations

import json

import pytest
from hypothesis import given, settings, strategies as st

from studio_ext.algorithms.requests import accepted, decode, encode
from studio_ext.formats.errors import DataError, UnsupportedAccept, UnsupportedContentType

OFFERS = ("text/csv", "application/json")
ACCEPTS = (
    "text/csv",
    "text/libsvm",
    "application/x-recordio-protobuf",
    "application/json",
    "application/jsonlines",
)


@pytest.mark.parametrize(
    ("accept", "answer"),
    [
        (None, "text/csv"),
        ("", "text/csv"),
        ("*/*", "text/csv"),
        ("application/json", "application/json"),
        ("Application/JSON; verbose=true", "application/json"),
        ("image/png, application/*;q=0.5", "application/json"),
    ],
)
def test_accepted(accept: str | None, answer: str) -> None:
    assert accepted(accept, OFFERS) == answer


def test_not_accepted() -> None:
    with pytest.raises(UnsupportedAccept, match="'image/png' is not supported; expected text/csv"):
        accepted("image/png", OFFERS)


def test_a_label_in_a_request_is_left_out_when_it_is_declared() -> None:
    table = decode(b"1,2,3", "text/csv;label_size=1", ACCEPTS, 2)
    assert table.features.tolist() == [[2, 3]]


def test_encode() -> None:
    predictions = [{"score": 0.5, "label": 1}, {"score": [0.25, 0.75], "label": 0}]
    assert encode(predictions, "text/csv") == b'0.5,1\n"[0.25, 0.75]",0\n'
    assert json.loads(encode(predictions, "application/json"))["predictions"] == predictions


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(ACCEPTS), st.binary(max_size=80), st.integers(0, 3))
def test_any_body_is_read_or_refused(kind: str, body: bytes, width: int) -> None:
    try:
        table = decode(body, kind, ACCEPTS, width)
    except DataError:
        return
    assert table.columns == width


JSONS = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["features", "data", "values", "keys", "shape"]), inner)
    ),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(st.lists(JSONS, max_size=3))
def test_any_json_is_read_or_refused(instances: list[object]) -> None:
    body = json.dumps({"instances": instances}).encode()
    try:
        table = decode(body, "application/json", ACCEPTS, 2)
    except DataError:
        return
    assert (table.rows, table.columns) == (len(instances), 2)


def test_unsupported_content_type() -> None:
    with pytest.raises(UnsupportedContentType, match="'text/plain' is not supported"):
        decode(b"1", "text/plain", ACCEPTS, 1)
