"""CBOR, as much of it as AWS's rpc-v2 protocol speaks.

Source: RFC 8949; https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from typing import Any

from .faults import SerializationException
from .validate import MAX_DEPTH

_BREAK = object()
_SIZES = {24: ">B", 25: ">H", 26: ">I", 27: ">Q"}
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}


class Time(float):
    """Epoch seconds that travel as a time (tag 1)."""


def dumps(value: Any) -> bytes:
    out = bytearray()
    _write(value, out)
    return bytes(out)


def loads(data: bytes) -> Any:
    """The one value in ``data``; times arrive as epoch seconds.

    Raises:
        SerializationException: not CBOR, or beyond what the protocol allows.
    """
    reader = _Reader(data)
    try:
        value = reader.value(0)
    except (struct.error, UnicodeDecodeError, IndexError) as error:
        raise SerializationException(f"the body is not valid CBOR: {error}") from None
    if value is _BREAK or reader.at != len(data):
        raise SerializationException("the body is not one CBOR value")
    return value


def _head(major: int, number: int, out: bytearray) -> None:
    if number < 24:
        out.append(major << 5 | number)
        return
    for code, form in _SIZES.items():
        if number < 1 << (8 * struct.calcsize(form)):
            out.append(major << 5 | code)
            out += struct.pack(form, number)
            return
    raise ValueError(f"{number} does not fit 64 bits")


def _write(value: Any, out: bytearray) -> None:
    if value is None:
        out.append(0xF6)
    elif isinstance(value, bool):
        out.append(0xF5 if value else 0xF4)
    elif isinstance(value, int):
        _head(0 if value >= 0 else 1, value if value >= 0 else -1 - value, out)
    elif isinstance(value, Time):
        out.append(0xC1)
        out += b"\xfb" + struct.pack(">d", value)
    elif isinstance(value, float):
        out += b"\xfb" + struct.pack(">d", value)
    elif isinstance(value, str):
        data = value.encode(errors="replace")
        _head(3, len(data), out)
        out += data
    elif isinstance(value, bytes):
        _head(2, len(value), out)
        out += value
    elif isinstance(value, Mapping):
        _head(5, len(value), out)
        for name, entry in value.items():
            _write(name, out)
            _write(entry, out)
    else:
        items = list(value)
        _head(4, len(items), out)
        for item in items:
            _write(item, out)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, size: int) -> bytes:
        if size > len(self.data) - self.at:
            raise SerializationException("the body is not valid CBOR: it ends too early")
        self.at += size
        return self.data[self.at - size : self.at]

    def value(self, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise SerializationException(f"the request is nested more than {MAX_DEPTH} deep")
        first = self.take(1)[0]
        major, code = first >> 5, first & 31
        if major == 7:
            return self._simple(code)
        open_ended = code == 31 and major in (2, 3, 4, 5)
        number = 0 if open_ended else self._number(code)
        match major:
            case 0:
                return number
            case 1:
                return -1 - number
            case 2 | 3:
                raw = self._pieces(major) if open_ended else self.take(number)
                return raw if major == 2 else raw.decode()
            case 4:
                return self._items(None if open_ended else number, depth)
            case 5:
                return self._entries(None if open_ended else number, depth)
            case _:
                return self._tagged(number, depth)

    def _number(self, code: int) -> int:
        if code < 24:
            return code
        if code not in _SIZES:
            raise SerializationException(f"the body is not valid CBOR: length code {code}")
        form = _SIZES[code]
        return int(struct.unpack(form, self.take(struct.calcsize(form)))[0])

    def _simple(self, code: int) -> Any:
        if code in _FLOATS:
            form = _FLOATS[code]
            return struct.unpack(form, self.take(struct.calcsize(form)))[0]
        known = {20: False, 21: True, 22: None, 23: None, 31: _BREAK}
        if code not in known:
            raise SerializationException(f"the body is not valid CBOR: simple value {code}")
        return known[code]

    def _pieces(self, major: int) -> bytes:
        out = bytearray()
        while (first := self.take(1)[0]) != 0xFF:
            if first >> 5 != major or first & 31 == 31:
                raise SerializationException("the body is not valid CBOR: mixed string pieces")
            out += self.take(self._number(first & 31))
        return bytes(out)

    def _items(self, count: int | None, depth: int) -> list[Any]:
        items: list[Any] = []
        while count is None or len(items) < count:
            item = self.value(depth + 1)
            if item is _BREAK:
                if count is None:
                    break
                raise SerializationException("the body is not valid CBOR: stray break")
            items.append(item)
        return items

    def _entries(self, count: int | None, depth: int) -> dict[str, Any]:
        entries: dict[str, Any] = {}
        read = 0
        while count is None or read < count:
            name = self.value(depth + 1)
            if name is _BREAK and count is None:
                break
            if not isinstance(name, str) or name in entries:
                raise SerializationException("an object's keys must be strings, each given once")
            entry = self.value(depth + 1)
            if entry is _BREAK:
                raise SerializationException("the body is not valid CBOR: stray break")
            entries[name] = entry
            read += 1
        return entries

    def _tagged(self, tag: int, depth: int) -> Any:
        value = self.value(depth + 1)
        seconds = isinstance(value, int | float) and not isinstance(value, bool)
        if tag != 1 or not seconds or not math.isfinite(value):
            raise SerializationException(
                f"CBOR tag {tag} around {type(value).__name__}; expected tag 1, epoch seconds"
            )
        return value
