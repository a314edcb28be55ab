from __future__ import annotations

import io

import pytest

from studio_ext.formats import libsvm
from studio_ext.formats.errors import DataError


def test_rows_weights_and_comments() -> None:
    table = libsvm.read(io.BytesIO(b"1:0.5 0:2 3:4 # note\n\n0:2 1:7\n"), "a")
    assert table is not None
    assert table.labels is not None
    assert table.weights is not None
    assert table.labels.tolist() == [1, 0]
    assert table.weights.tolist() == [0.5, 2]
    assert table.dense().tolist() == [[2, 0, 0, 4], [0, 7, 0, 0]]


def test_query_ids() -> None:
    table = libsvm.read(io.BytesIO(b"1 qid:3 0:2\n0 qid:4 0:1\n"), "a")
    assert table is not None
    assert table.groups is not None
    assert table.groups.tolist() == [3, 4]
    with pytest.raises(DataError, match="1 rows have no qid"):
        libsvm.read(io.BytesIO(b"1 qid:3 0:2\n0 0:1\n"), "a")


def test_requests_need_no_label() -> None:
    table = libsvm.read(io.BytesIO(b"0:2 1:3\n5 1:4\n"), "a", label_size=0)
    assert table is not None
    assert table.labels is None
    assert table.dense().tolist() == [[2, 3], [0, 4]]


def test_nothing() -> None:
    assert libsvm.read(io.BytesIO(b"\n# only a note\n"), "a") is None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("cat 0:1", "line 2: found 'cat'; expected a label, a number"),
        ("1 x:1", "line 2: found 'x'; expected an index"),
        ("1 -1:1", "line 2: found '-1'; expected an index"),
        ("1 0:a", "line 2: found 'a'; expected a value, a number"),
        ("1 0:inf", "line 2: found 'inf'; expected a value, a finite number"),
        ("1 7", "line 2: found '7'; expected index:value"),
        ("1,2,3", "line 2: found '1,2,3'; expected a label"),
        ("1 99999999999:1", "line 2: found '99999999999'; expected an index"),
    ],
)
def test_what_is_wrong_and_where(line: str, message: str) -> None:
    with pytest.raises(DataError) as caught:
        libsvm.read(io.BytesIO(f"1 0:1\n{line}\n".encode()), "a.libsvm")
    assert f"a.libsvm: {message}" in str(caught.value)
