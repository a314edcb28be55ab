from __future__ import annotations

import struct
from pathlib import Path

import pytest

from studio_ext.formats import image_recordio as rec
from studio_ext.formats.errors import DataError

JPEG = b"\xff\xd8\xff\xe0 image"


def write(data: bytes) -> Path:
    path = Path("a.rec")
    path.write_bytes(data)
    return path


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_one_label_and_many() -> None:
    path = write(rec.record(JPEG, [3], 7) + rec.record(JPEG + b"!", [1, 0, 0.5], 8))
    first, second = rec.read(path)
    assert (first.image.read(), first.labels, first.id) == (JPEG, (3.0,), 7)
    assert (second.image.read(), second.labels, second.id) == (JPEG + b"!", (1.0, 0.0, 0.5), 8)
    assert second.image.where == "a.rec: record 2"


def test_a_payload_in_parts_is_joined_by_the_magic_number() -> None:
    def part(kind: int, data: bytes) -> bytes:
        head = struct.pack("<II", rec.MAGIC, kind << 29 | len(data))
        return head + data + b"\0" * (-len(data) % 4)

    whole = rec.HEADER.pack(0, 2.0, 5, 0) + JPEG
    data = part(1, whole[:24]) + part(2, b"mid!") + part(3, whole[24:]) + rec.record(JPEG, [1])
    joined, after = rec.read(write(data))
    magic = struct.pack("<I", rec.MAGIC)
    assert joined.image.read() == magic + b"mid!" + magic + JPEG
    assert (joined.labels, after.labels) == ((2.0,), (1.0,))


def test_what_is_an_image() -> None:
    bare, labelled = rec.parts(write(rec.frame(JPEG) + rec.record(JPEG, [1])))
    assert (rec.is_image(bare), rec.is_image(labelled)) == (True, False)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"nothing at all", "a.rec: record 1 at byte 0 begins with"),
        (rec.record(JPEG, [1]) + b"abc", "record 2 at byte 44 begins with"),
        (rec.record(JPEG, [1])[:30], "record 1 at byte 0 is cut short: 22 bytes; expected 34"),
        (rec.frame(b"short"), "record 1 has 5 bytes; expected 24 of header and labels"),
        (rec.frame(rec.HEADER.pack(9, 0, 0, 0)), "has 24 bytes; expected 60"),
        (rec.frame(JPEG + b" " * 30), "is an image without MXNet's header"),
        (struct.pack("<II", rec.MAGIC, 3 << 29), "is part 3, out of order"),
        (struct.pack("<II", rec.MAGIC, 1 << 29), "its last part is missing"),
    ],
)
def test_broken_files(data: bytes, message: str) -> None:
    with pytest.raises(DataError) as caught:
        list(rec.read(write(data)))
    assert message in str(caught.value)
