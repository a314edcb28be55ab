from __future__ import annotations

import gzip
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from studio_ext.formats import recordio
from studio_ext.formats.channel import ContentType, read_channel
from studio_ext.formats.errors import DataError, UnsupportedContentType


def test_content_types() -> None:
    kind = ContentType.parse("Text/CSV; label_size=0; charset=utf-8")
    assert (kind.name, kind.integer("label_size", 1)) == ("text/csv", 0)
    assert ContentType.parse("text/x-libsvm").name == ContentType.parse("libsvm").name
    with pytest.raises(DataError, match="label_size=two; expected a whole number"):
        ContentType.parse("text/csv;label_size=two").integer("label_size", 1)


def test_files_in_name_order_without_hidden_and_empty_ones(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("2,20\n")
    (tmp_path / "a.csv").write_text("1,10\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "c.csv").write_text("3,30\n")
    (tmp_path / "blank.csv").write_text("\n")
    for name in (".hidden", "_SUCCESS"):
        (tmp_path / name).write_text("not a number")
    (tmp_path / "empty").touch()
    table = read_channel("train", tmp_path, "text/csv")
    assert table.labels is not None
    assert table.labels.tolist() == [1, 2, 3]


def test_gzip_whatever_the_name(tmp_path: Path) -> None:
    (tmp_path / "part-0").write_bytes(gzip.compress(b"1,10\n"))
    assert read_channel("train", tmp_path, "text/csv").features.tolist() == [[10]]


@pytest.mark.parametrize("present", [True, False])
def test_an_empty_channel_is_named(tmp_path: Path, present: bool) -> None:
    path = tmp_path if present else tmp_path / "nowhere"
    with pytest.raises(DataError, match="channel 'train' is empty: no file with data in") as caught:
        read_channel("train", path, "text/csv")
    assert str(path) in str(caught.value)
    (tmp_path / "a.csv").write_text("\n")
    with pytest.raises(DataError, match="channel 'train' has no rows"):
        read_channel("train", tmp_path, "text/csv")


def test_files_of_other_widths(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1,10\n")
    (tmp_path / "b.csv").write_text("1,10,11\n")
    with pytest.raises(DataError, match=r"b.csv: found 2 feature columns; expected 1, as in a.csv"):
        read_channel("train", tmp_path, "text/csv")


def test_content_type_that_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    with pytest.raises(UnsupportedContentType, match="'image/png'; expected one of text/csv"):
        read_channel("train", tmp_path, "image/png")


def test_every_format_reads_the_same(tmp_path: Path) -> None:
    features = np.array([[1.5, 0, 3], [0, 5, 0]], np.float32)
    labels = np.array([1, 0], np.float32)
    frame = pd.DataFrame(np.column_stack([labels, features]), columns=list("yabc"))
    for suffix in ("csv", "libsvm", "pbr", "parquet"):
        (tmp_path / suffix).mkdir()
    frame.to_csv(tmp_path / "csv" / "x.csv", index=False, header=False)
    (tmp_path / "libsvm" / "x.libsvm").write_text("1 0:1.5 2:3\n0 1:5\n")
    (tmp_path / "pbr" / "x.pbr").write_bytes(recordio.write(features, labels))
    frame.to_parquet(tmp_path / "parquet" / "x.parquet")
    for folder, kind in (
        ("csv", "text/csv"),
        ("libsvm", "text/libsvm"),
        ("pbr", "application/x-recordio-protobuf"),
        ("parquet", "application/x-parquet"),
    ):
        for content_type in (kind, None):  # None: told from the suffix
            table = read_channel("train", tmp_path / folder, content_type)
            assert table.labels is not None
            assert table.labels.tolist() == [1, 0], kind
            assert table.dense().tolist() == features.tolist(), kind


def test_parquet_of_text(tmp_path: Path) -> None:
    pd.DataFrame({"y": [1], "name": ["x"]}).to_parquet(tmp_path / "x.parquet")
    with pytest.raises(DataError, match=r"column 2 \('name'\) holds \w+; expected numbers"):
        read_channel("train", tmp_path, "application/x-parquet")
    (tmp_path / "x.parquet").write_text("no")
    with pytest.raises(DataError, match="expected a parquet file"):
        read_channel("train", tmp_path, "application/x-parquet")


def test_numbers_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "x.pbr"
    path.write_bytes(recordio.write(np.array([[1.0], [1e300]]), np.array([1.0, 0])))
    with pytest.raises(DataError, match=r"x.pbr: row 2 has an infinite feature"):
        read_channel("train", path, None)
    path.write_bytes(recordio.write(np.ones((2, 1)), np.array([1.0, np.nan])))
    with pytest.raises(DataError, match=r"x.pbr: row 2 has the label nan; expected a number"):
        read_channel("train", path, None)


def test_parquet_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.parquet").write_text("any")
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(DataError, match="which is not installed: pip install pyarrow"):
        read_channel("train", tmp_path, None)
