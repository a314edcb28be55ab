"""RecordIO-protobuf, SageMaker's own binary rows, without a protobuf library.

Frame: ``<u32 0xCED7230A><u32 length><payload><zeros to a multiple of 4>``, little endian. Payload:
the proto2 message ``aialgs.data.Record`` {features = 1, label = 2: map<string, Value>}; Value is a
one-of {float32 = 2, float64 = 3, int32 = 7} of tensors {values = 1, keys = 2 (sparse), shape = 3},
all packed. The tensor of interest has the key ``values``. Written bytes equal those of the SDK's
``sagemaker.amazon.common``; NumPy's dtype selects the tensor as it does there.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio_ext.formats.errors import DataError
from studio_ext.formats.table import Table

MAGIC = 0xCED7230A
FEATURES, LABEL = 1, 2
VALUES, KEYS, SHAPE = 1, 2, 3
FLOAT32, FLOAT64, INT32 = 2, 3, 7
PACKED = {FLOAT32: "<f4", FLOAT64: "<f8"}
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True, slots=True)
class Tensor:
    """One value of a record: dense, or sparse when it has keys (the indices of its values)."""

    values: NDArray[Any]
    keys: NDArray[np.int64] | None = None
    shape: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    features: Mapping[str, Tensor]
    label: Mapping[str, Tensor]


# ---- reading -----------------------------------------------------------------------------------


def read(data: bytes, source: str) -> Table | None:
    """The table in ``data``; None when it holds no record.

    Raises:
        DataError: a broken frame or payload, no ``values`` tensor, rows of different widths, labels
            on some rows only; names the record (from 1).
    """
    if not data:
        return None
    uniform = _read_uniform(data, source)
    if uniform is not None:
        return uniform
    rows = []
    for number, payload in enumerate(payloads(data, source), 1):
        record = parse(payload, f"{source}: record {number}")
        if "values" not in record.features:
            found = ", ".join(record.features) or "nothing"
            raise DataError(
                f"{source}: record {number} has the features {found}; expected 'values'"
            )
        rows.append((record.features["values"], record.label.get("values")))
    return table(rows, source)


def payloads(data: bytes, source: str) -> Iterator[bytes]:
    """The payload of each frame."""
    at, size, number = 0, len(data), 0
    while at < size:
        number += 1
        where = f"{source}: record {number} at byte {at}"
        if size - at < 8:
            raise DataError(f"{where} is cut short: {size - at} bytes; expected a header of 8")
        magic, length = struct.unpack_from("<II", data, at)
        if magic != MAGIC:
            raise DataError(
                f"{where} begins with {magic:#010x}; expected {MAGIC:#010x} (RecordIO-protobuf)"
            )
        if length > size - at - 8:
            raise DataError(
                f"{where} is cut short: {size - at - 8} bytes of payload; expected {length}"
            )
        yield data[at + 8 : at + 8 + length]
        at += 8 + length + -length % 4


def parse(payload: bytes, where: str = "record") -> Record:
    """One record.

    Raises:
        DataError: the payload is not an ``aialgs.data.Record``.
    """
    parts: dict[int, dict[str, Tensor]] = {FEATURES: {}, LABEL: {}}
    try:
        for field, entry in _fields(payload):
            if field in parts:
                key, tensor = _entry(entry)
                if tensor is not None:
                    parts[field][key] = tensor
    except (IndexError, ValueError, TypeError, OverflowError) as error:
        raise DataError(f"{where} is not a protobuf Record ({error})") from error
    return Record(parts[FEATURES], parts[LABEL])


def _entry(data: Any) -> tuple[str, Tensor | None]:
    key, tensor = "", None
    for field, value in _fields(data):
        if field == 1:
            key = value.decode()
        elif field == 2:
            for kind, body in _fields(value):
                if kind in (FLOAT32, FLOAT64, INT32):
                    tensor = _tensor(kind, body)
    return key, tensor


def _tensor(kind: int, data: bytes) -> Tensor:
    values: list[NDArray[Any]] = []
    keys: list[int] | None = None
    shape: list[int] = []
    for field, body in _fields(data):
        packed = body if isinstance(body, bytes) else None
        if field == VALUES and kind in PACKED:
            values.append(np.frombuffer(body, PACKED[kind]))
        elif field == VALUES:
            integers = [body] if packed is None else _varints(packed)
            values.append(np.array(integers, np.uint64).astype(np.int64).astype(np.int32))
        elif field in (KEYS, SHAPE):
            integers = [body] if packed is None else _varints(packed)
            if field == KEYS:
                keys = (keys or []) + integers
            else:
                shape += integers
    joined = np.concatenate(values) if values else np.empty(0, np.float32)
    return Tensor(joined, None if keys is None else np.array(keys, np.int64), tuple(shape))


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """(number, value) of each protobuf field: an int for a varint, bytes for everything else."""
    at, size = 0, len(data)
    while at < size:
        tag, at = _varint(data, at)
        wire = tag & 7
        if wire == VARINT:
            value, at = _varint(data, at)
            yield tag >> 3, value
            continue
        if wire == BYTES:
            length, at = _varint(data, at)
        elif wire in (FIXED32, FIXED64):
            length = 4 if wire == FIXED32 else 8
        else:
            raise ValueError(f"wire type {wire}")
        if length > size - at:
            raise ValueError(f"field {tag >> 3} of {length} bytes, {size - at} left")
        yield tag >> 3, data[at : at + length]
        at += length


def _varint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return number, at
        if shift > 63:
            raise ValueError("a varint of more than 10 bytes")


def _varints(data: bytes) -> list[int]:
    numbers, at = [], 0
    while at < len(data):
        number, at = _varint(data, at)
        numbers.append(number)
    return numbers


def _read_uniform(data: bytes, source: str) -> Table | None:
    """The fast path: dense float32 records that differ only in their numbers; None otherwise.

    Two frames filled with opposite bits show which bytes are numbers; if the others agree in every
    record, the numbers are columns of one byte matrix.
    """
    first = parse(next(payloads(data, source)), f"{source}: record 1")
    features, label = first.features.get("values"), first.label.get("values")
    tensors = [tensor for tensor in (features, label) if tensor is not None]
    if features is None or any(t.keys is not None or t.values.dtype != "<f4" for t in tensors):
        return None
    if label is not None and len(label.values) != 1:
        return None
    width = len(features.values)

    def filled(bits: int) -> NDArray[np.uint8]:
        numbers = np.full(width + 1, bits, np.uint32).view(np.float32)
        row = write_record(numbers[:width], None if label is None else numbers[width:])
        return np.frombuffer(row, np.uint8)

    template = filled(0)
    if len(data) % len(template):
        return None
    grid = np.frombuffer(data, np.uint8).reshape(-1, len(template))
    variable = template != filled(0xFFFFFFFF)
    if not (grid[:, ~variable] == template[~variable]).all():
        return None
    numbers = np.ascontiguousarray(grid[:, variable]).view("<f4")
    labels = None if label is None else numbers[:, width].copy()
    return Table(np.ascontiguousarray(numbers[:, :width]), labels)


def table(rows: list[tuple[Tensor, Tensor | None]], source: str) -> Table:
    """The table of (features, label) rows, dense or, when one has keys, sparse.

    Raises:
        DataError: rows of different widths, or labels on some rows only.
    """
    labelled = [label is not None for _, label in rows]
    if any(labelled) and not all(labelled):
        raise DataError(
            f"{source}: record {labelled.index(False) + 1} has no label; expected one, as the "
            f"others have"
        )
    labels = None
    if all(labelled):
        firsts = [label.values[:1] for _, label in rows if label is not None]
        labels = _narrow(np.concatenate(firsts))
    tensors = [features for features, _ in rows]
    if any(tensor.keys is not None for tensor in tensors):
        return Table(_sparse(tensors, source), labels)
    for number, tensor in enumerate(tensors, 1):
        if len(tensor.values) != len(tensors[0].values):
            raise DataError(
                f"{source}: record {number} has {len(tensor.values)} features; expected "
                f"{len(tensors[0].values)}, as in record 1"
            )
    return Table(np.stack([_narrow(tensor.values) for tensor in tensors]), labels)


def _narrow(values: NDArray[Any]) -> NDArray[np.float32]:
    """As float32; what does not fit is infinite, which the reader of the table refuses."""
    with np.errstate(over="ignore"):
        return values.astype(np.float32)


def _sparse(tensors: list[Tensor], source: str) -> Any:
    from scipy import sparse

    keys = []
    for number, tensor in enumerate(tensors, 1):
        own = np.arange(len(tensor.values)) if tensor.keys is None else tensor.keys
        if len(own) != len(tensor.values):
            raise DataError(
                f"{source}: record {number} has {len(own)} keys and {len(tensor.values)} values; "
                f"expected as many of each"
            )
        if len(own) and own.min() < 0:
            raise DataError(
                f"{source}: record {number} has the key {own.min()}; expected 0 or more"
            )
        keys.append(own)
    widths = [tensor.shape[-1] if tensor.shape else 0 for tensor in tensors]
    columns = np.concatenate(keys)
    starts = np.concatenate([[0], np.cumsum([len(own) for own in keys])])
    values = np.concatenate([_narrow(tensor.values) for tensor in tensors])
    width = max(max(widths), int(columns.max(initial=-1)) + 1)
    return sparse.csr_matrix((values, columns, starts), shape=(len(tensors), width))


# ---- writing -----------------------------------------------------------------------------------


def write(features: Any, labels: Any = None) -> bytes:
    """Frames of a matrix, dense or ``scipy.sparse``, and its labels (shape (rows,)) or None."""
    if isinstance(features, np.ndarray):
        rows: Iterable[bytes] = (
            write_record(row, None if labels is None else labels[i : i + 1])
            for i, row in enumerate(features)
        )
    else:
        matrix = features.tocsr()
        rows = (
            write_record(
                matrix.data[start:end],
                None if labels is None else labels[i : i + 1],
                keys=matrix.indices[start:end],
                shape=(matrix.shape[1],),
            )
            for i, (start, end) in enumerate(zip(matrix.indptr, matrix.indptr[1:], strict=False))
        )
    return b"".join(rows)


def write_record(
    features: Any, label: Any = None, *, keys: Any = None, shape: Iterable[int] | None = None
) -> bytes:
    """One frame; ``label`` is an array of one number."""
    payload = _map_entry(FEATURES, "values", write_tensor(features, keys, shape))
    if label is not None:
        payload += _map_entry(LABEL, "values", write_tensor(np.asarray(label)))
    return frame(payload)


def write_labels(labels: Mapping[str, Any]) -> bytes:
    """One frame of a response: label tensors by name (such as ``score``), no features."""
    return frame(
        b"".join(_map_entry(LABEL, key, write_tensor(value)) for key, value in labels.items())
    )


def write_features(features: Mapping[str, Any]) -> bytes:
    """One frame of feature arrays by name, with their shapes, and no label."""
    return frame(
        b"".join(
            _map_entry(FEATURES, key, write_tensor(value, shape=value.shape))
            for key, value in features.items()
        )
    )


def frame(payload: bytes) -> bytes:
    return struct.pack("<II", MAGIC, len(payload)) + payload + b"\0" * (-len(payload) % 4)


def write_tensor(values: Any, keys: Any = None, shape: Iterable[int] | None = None) -> bytes:
    """A Value: int32 of integers, float64 of float64, else float32, as the SDK chooses."""
    array = np.asarray(values)
    if array.dtype.kind in "iub":
        kind, body = INT32, b"".join(_encode(int(v) & (1 << 64) - 1) for v in array.ravel())
    else:
        kind = FLOAT64 if array.dtype == np.float64 else FLOAT32
        body = array.astype(PACKED[kind]).tobytes()
    tensor = _bytes_field(VALUES, body)
    if keys is not None:
        tensor += _bytes_field(KEYS, b"".join(_encode(int(key)) for key in keys))
    if shape is not None:
        tensor += _bytes_field(SHAPE, b"".join(_encode(int(size)) for size in shape))
    return _bytes_field(kind, tensor)


def _map_entry(field: int, key: str, value: bytes) -> bytes:
    return _bytes_field(field, _bytes_field(1, key.encode()) + _bytes_field(2, value))


def _bytes_field(field: int, body: bytes) -> bytes:
    return _encode(field << 3 | BYTES) + _encode(len(body)) + body


def _encode(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)
