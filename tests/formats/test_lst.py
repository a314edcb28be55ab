from __future__ import annotations

from pathlib import Path

import pytest

from studio_ext.formats import lst
from studio_ext.formats.errors import DataError


def test_one_label_or_many(tmp_path: Path) -> None:
    path = tmp_path / "a.lst"
    path.write_text("5\t1\tdogs/a b.jpg\n\n7\t0\t1\tcat.jpg\r\n")
    assert list(lst.read(path)) == [
        lst.Line((1.0,), "dogs/a b.jpg", "a.lst: line 1"),
        lst.Line((0.0, 1.0), "cat.jpg", "a.lst: line 3"),
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"5 1 a.jpg", "a.lst: line 1 has 1 column; expected index, class and path"),
        (b"1\ta.jpg", "has 2 columns"),
        (b"1\tdog\ta.jpg", "line 1, column 2: found 'dog'; expected a class number"),
        (b"1\t0\tnan\ta.jpg", "column 3: found 'nan'"),
        (b"1\t0\ta.jpg\n1\t1\tb.jpg", "line 2 has the index 1, as line 1 has"),
        (b"\xff\xd8\xff", "is not UTF-8 text"),
    ],
)
def test_broken_files(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "a.lst"
    path.write_bytes(data)
    with pytest.raises(DataError) as caught:
        list(lst.read(path))
    assert message in str(caught.value)
