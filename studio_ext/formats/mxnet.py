"""MXNet's ``NDArray`` files (``.params``): named dense arrays, the artefacts of older algorithms.

Layout, little endian: u64 0x112, u64 0, u64 count, then of each array u32 0xF993FAC9, i32 0
(dense), i32 dimensions, i64 each, i32 1 (CPU), i32 0, i32 type and the data; then u64 names, each
u64 length and bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from studio_ext.formats.errors import DataError

FILE, ARRAY = 0x112, 0xF993FAC9
TYPES = ("float32", "float64", "float16", "uint8", "int32", "int8", "int64")


def dump(arrays: Mapping[str, Any] | Sequence[Any]) -> bytes:
    """The file of named arrays, or of arrays without names."""
    out = [struct.pack("<QQQ", FILE, 0, len(arrays))]
    for array in arrays.values() if isinstance(arrays, Mapping) else arrays:
        out.append(struct.pack("<Iii", ARRAY, 0, array.ndim))
        out.append(struct.pack(f"<{array.ndim}q", *array.shape))
        out.append(struct.pack("<iii", 1, 0, TYPES.index(str(array.dtype))))
        out.append(np.ascontiguousarray(array).tobytes())
    names = list(arrays) if isinstance(arrays, Mapping) else []
    out.append(struct.pack("<Q", len(names)))
    for name in names:
        out.append(struct.pack("<Q", len(name.encode())) + name.encode())
    return b"".join(out)


def load(data: bytes) -> dict[str, Any]:
    """Arrays by name; ``0``, ``1``, … where the file names none.

    Raises:
        DataError: it is not such a file, or is cut short.
    """
    try:
        return _load(data)
    except (struct.error, ValueError, IndexError) as error:
        raise DataError(f"not a file of MXNet arrays ({error})") from error


def _load(data: bytes) -> dict[str, Any]:
    at = 0

    def take(form: str) -> tuple[Any, ...]:
        nonlocal at
        values = struct.unpack_from(f"<{form}", data, at)
        at += struct.calcsize(f"<{form}")
        return values

    magic, _, count = take("QQQ")
    if magic != FILE:
        raise ValueError(f"it begins with {magic:#x}; expected {FILE:#x}")
    arrays: list[Any] = []
    for _ in range(count):
        mark, storage, dimensions = take("Iii")
        if mark != ARRAY or storage != 0:
            raise ValueError(f"array {len(arrays)} is of another version or sparse")
        shape = take(f"{dimensions}q")
        kind = TYPES[take("iii")[2]]
        size = int(np.prod(shape)) * np.dtype(kind).itemsize
        arrays.append(np.frombuffer(data[at : at + size], kind).reshape(shape))
        at += size
    names = []
    for _ in range(take("Q")[0]):
        length = take("Q")[0]
        names.append(data[at : at + length].decode())
        at += length
    return dict(zip(names or map(str, range(count)), arrays, strict=True))
