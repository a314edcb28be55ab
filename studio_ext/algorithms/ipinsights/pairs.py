"""Pairs of an entity and an IPv4 address, read from CSV and turned into numbers."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path
from typing import Any

import numpy as np

from studio_ext.algorithms.data import html_table
from studio_ext.formats.channel import ContentType
from studio_ext.formats.errors import DataError, UnsupportedContentType
from studio_ext.formats.files import data_files, open_plain


@dataclass(frozen=True, slots=True)
class Pairs:
    """Attributes: entities, as uint64 hashes, and addresses, as uint32, both of shape (pairs,)."""

    entities: Any
    addresses: Any

    @property
    def count(self) -> int:
        return len(self.entities)

    def rows(self, vectors: int) -> Any:
        """The number of each entity's vector."""
        return (self.entities % np.uint64(vectors)).astype(np.int64)


class PairsSummary:
    """A small table of what was read, as a notebook shows it."""

    HEAD = ("channel", "pairs", "entities", "addresses")

    def __init__(self, channels: Mapping[str, Pairs]) -> None:
        self.rows = [
            (
                name,
                f"{one.count:,}",
                f"{len(np.unique(one.entities)):,}",
                f"{len(np.unique(one.addresses)):,}",
            )
            for name, one in channels.items()
        ]

    def __repr__(self) -> str:
        return "\n".join("  ".join(line) for line in (self.HEAD, *self.rows))

    def _repr_html_(self) -> str:
        return html_table(self.HEAD, self.rows)


def of(cells: Iterable[tuple[str, str, str]]) -> Pairs:
    """Of (place for messages, entity, address); each different text is looked at once.

    Raises:
        DataError: an entity is empty or an address is none; names the place and what was found.
    """
    hashes: dict[str, int] = {}
    numbers: dict[str, int] = {}
    entities, addresses = [], []
    for where, entity, address in cells:
        if entity not in hashes:
            if not entity:
                raise DataError(f"{where}, column 1 is empty; expected the name of an entity")
            hashes[entity] = hash_of(entity)
        if address not in numbers:
            try:
                numbers[address] = int(IPv4Address(address))
            except AddressValueError:
                raise DataError(
                    f"{where}, column 2: found '{address}'; expected an IPv4 address such as "
                    f"192.168.1.2"
                ) from None
        entities.append(hashes[entity])
        addresses.append(numbers[address])
    return Pairs(np.array(entities, np.uint64), np.array(addresses, np.uint32))


def hash_of(entity: str) -> int:
    """64 bits that are the same in every process."""
    return int.from_bytes(hashlib.blake2b(entity.encode(), digest_size=8).digest(), "little")


def read_pairs(name: str, channel: Mapping[str, Any]) -> Pairs:
    """A channel of CSV files with two columns and no header.

    Raises:
        UnsupportedContentType: it is not CSV.
        DataError: there is no row, or one is no entity and address; names the file and line.
    """
    kind = ContentType.parse(channel.get("content_type") or "text/csv").name
    if kind != "text/csv":
        raise UnsupportedContentType(
            f"channel '{name}' has content type '{channel['content_type']}'; expected text/csv"
        )
    found = of(_cells(name, Path(channel["path"])))
    if not found.count:
        raise DataError(f"channel '{name}' has no rows; expected an entity and an IPv4 address")
    return found


def _cells(name: str, path: Path) -> Iterator[tuple[str, str, str]]:
    for file in data_files(path, name):
        with open_plain(file) as handle:
            body = handle.read()
        yield from cells_of(body, file.name)


def cells_of(body: bytes, source: str) -> Iterator[tuple[str, str, str]]:
    """(place, entity, address) of each row of a CSV text."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        raise DataError(f"{source}: line {line} is not UTF-8 text ({error.reason})") from error
    lines = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True)
    try:
        for cells in lines:
            if not cells:
                continue
            where = f"{source}: line {lines.line_num}"
            if len(cells) != 2:
                raise DataError(
                    f"{where} has {len(cells)} columns; expected 2, an entity and an IPv4 address"
                )
            yield where, cells[0].strip(), cells[1].strip()
    except csv.Error as error:
        raise DataError(f"{source}: line {lines.line_num + 1} is not CSV text ({error})") from error


def bits(addresses: Any) -> Any:
    """The 32 bits of each address, the highest first, as -1 or 1; float32, shape (rows, 32)."""
    octets = np.ascontiguousarray(addresses, ">u4").view(np.uint8).reshape(-1, 4)
    return np.unpackbits(octets, axis=1).astype(np.float32) * 2 - 1
