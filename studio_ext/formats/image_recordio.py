"""RecordIO of images: MXNet's ``.rec`` files, and the stream of an augmented manifest.

Frame: ``<u32 0xCED7230A><u32 part << 29 | length><payload><zeros to a multiple of 4>``, little
endian. A payload with the magic number inside may be written in parts (1 first, 2 middle, 3 last),
which are joined by that number; 0 is a whole payload. In a ``.rec`` file a payload is ``<u32 count>
<f32 label><u64 id><u64 id2>``, then ``count`` more labels (f32) that replace the one in the header,
then the encoded image. Source: MXNet's ``recordio.py`` and dmlc-core's ``recordio.h``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from studio_ext.formats.errors import DataError

MAGIC = 0xCED7230A
LENGTH = (1 << 29) - 1
WHOLE, FIRST, MIDDLE, LAST = range(4)
HEADER = struct.Struct("<IfQQ")
SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG")


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes somewhere in a file, read when they are wanted.

    Attributes:
        start: of the first byte.
        length: -1 for all to the end.
        where: for messages: the file, and the record in it.
        joined: the bytes themselves, of a payload that was written in parts.
    """

    path: Path
    where: str
    start: int = 0
    length: int = -1
    joined: bytes | None = None

    def read(self) -> bytes:
        if self.joined is not None:
            return self.joined
        with self.path.open("rb") as handle:
            handle.seek(self.start)
            return handle.read(self.length)

    def after(self, count: int) -> Part:
        """What follows the first ``count`` bytes."""
        if self.joined is not None:
            return Part(self.path, self.where, joined=self.joined[count:])
        return Part(self.path, self.where, self.start + count, self.length - count)


@dataclass(frozen=True, slots=True)
class LabelledImage:
    """One record of a ``.rec`` file."""

    image: Part
    labels: tuple[float, ...]
    id: int


def parts(path: Path) -> Iterator[Part]:
    """The payload of each frame of a file.

    Raises:
        DataError: a broken or cut frame; names the file, the record (from 1) and the byte.
    """
    size, at, number = path.stat().st_size, 0, 0
    pieces: list[bytes] = []
    with path.open("rb") as handle:
        while at < size:
            where = f"{path.name}: record {number + 1}"
            handle.seek(at)
            magic, mark = struct.unpack("<II", handle.read(8).ljust(8, b"\0"))
            if magic != MAGIC:
                raise DataError(
                    f"{where} at byte {at} begins with {magic:#010x}; expected {MAGIC:#010x} "
                    f"(RecordIO); make .rec files with MXNet's im2rec"
                )
            kind, length = mark >> 29, mark & LENGTH
            if at + 8 + length > size:
                raise DataError(
                    f"{where} at byte {at} is cut short: {max(0, size - at - 8)} bytes; expected "
                    f"{length}"
                )
            if kind > LAST or (kind in (WHOLE, FIRST)) == bool(pieces):
                raise DataError(f"{where} at byte {at} is part {kind}, out of order")
            if kind == WHOLE:
                yield Part(path, where, at + 8, length)
            else:
                pieces.append(handle.read(length))
            if kind == LAST:
                yield Part(path, where, joined=struct.pack("<I", MAGIC).join(pieces))
                pieces = []
            number += kind in (WHOLE, LAST)
            at += 8 + length + -length % 4
    if pieces:
        raise DataError(f"{path.name}: record {number + 1} is cut short: its last part is missing")


def read(path: Path) -> Iterator[LabelledImage]:
    """The images of a ``.rec`` file.

    Raises:
        DataError: as ``parts``; a header or labels that are cut short.
    """
    for part in parts(path):
        head = _head(part, HEADER.size)
        count, label, identity, _ = HEADER.unpack(head)
        if head.startswith(SIGNATURES):
            raise DataError(
                f"{part.where} is an image without MXNet's header of labels; expected a .rec file "
                f"made by im2rec"
            )
        labels: tuple[float, ...] = (label,)
        size = HEADER.size
        if count:
            more = _head(part, size + 4 * count)[size:]
            labels, size = struct.unpack(f"<{count}f", more), size + 4 * count
        yield LabelledImage(part.after(size), labels, identity)


def _head(part: Part, count: int) -> bytes:
    length = part.length if part.joined is None else len(part.joined)
    if length < count:
        raise DataError(f"{part.where} has {length} bytes; expected {count} of header and labels")
    if part.joined is not None:
        return part.joined[:count]
    return Part(part.path, part.where, part.start, count).read()


def is_image(part: Part) -> bool:
    """Whether the payload is a JPEG or PNG file with no header before it."""
    length = part.length if part.joined is None else len(part.joined)
    return length >= 4 and _head(part, 4).startswith(SIGNATURES)


# ---- writing -----------------------------------------------------------------------------------


def frame(payload: bytes) -> bytes:
    """One whole frame."""
    return struct.pack("<II", MAGIC, len(payload)) + payload + b"\0" * (-len(payload) % 4)


def record(image: bytes, labels: Sequence[float], identity: int = 0) -> bytes:
    """One frame of a ``.rec`` file; one label goes into the header, as MXNet packs it."""
    if len(labels) == 1:
        return frame(HEADER.pack(0, labels[0], identity, 0) + image)
    more = struct.pack(f"<{len(labels)}f", *labels)
    return frame(HEADER.pack(len(labels), 0.0, identity, 0) + more + image)
