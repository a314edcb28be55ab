from __future__ import annotations

import json
from pathlib import Path

import pytest

from studio_ext.formats import augmented
from studio_ext.formats.errors import DataError
from studio_ext.formats.image_recordio import frame

NAMES = ["source-ref", "class"]


def test_a_manifest_and_a_stream_hold_the_same(tmp_path: Path) -> None:
    lines, stream = tmp_path / "lines", tmp_path / "stream"
    (lines / "b").mkdir(parents=True)
    stream.mkdir()
    (lines / "b/1.jpg").write_bytes(b"one")
    values = ["3", [0, 1], {"a": 1}, "cat"]
    texts = [json.dumps({"class": value, "source-ref": "b/1.jpg"}) for value in values]
    (lines / "m.manifest").write_text("\n\n".join(texts))
    plain = [value if isinstance(value, str) else json.dumps(value) for value in values]
    frames = [frame(b"one") + frame(text.encode()) for text in plain]
    (stream / "train.rec").write_bytes(b"".join(frames))
    for folder in (lines, stream):
        found = augmented.read(folder, "train", NAMES)
        assert [entry.values[0].read() for entry in found] == [b"one"] * 4
        assert [str(entry.values[1]) for entry in found] == [str(value) for value in values]
    assert found[1].where == "train.rec: sample 2"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (frame(b"1") * 3, "train has 3 records; expected a multiple of 2"),
        (b'{"class": 1}', "train: line 1 is no JSON object with source-ref, class"),
        (b"{", "line 1 is no JSON object"),
        (b"pixels", "channel 'train' has no manifest of source-ref, class"),
    ],
)
def test_broken_channels(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "train").write_bytes(data)
    with pytest.raises(DataError) as caught:
        augmented.read(tmp_path, "train", NAMES)
    assert message in str(caught.value)
