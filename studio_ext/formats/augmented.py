"""Augmented manifests in a channel: samples of several attributes each, images among them.

A channel in File mode has the manifest (JSON Lines) with paths below the channel in place of URIs,
and the files. One in Pipe mode has a single RecordIO file, in which the values of the attributes
follow each other line by line, in the order of ``AttributeNames``: the bytes of an attribute that
ends in ``-ref``, else its value as text. Source: "Augmented Manifest File Format for Pipe Mode
Training" in the developer guide.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio_ext.formats.errors import DataError
from studio_ext.formats.files import data_files
from studio_ext.formats.image_recordio import MAGIC, Part, parts

REFERENCE = "-ref"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a manifest: a ``Part`` for each ``-ref`` attribute, JSON for the others."""

    values: tuple[Any, ...]
    where: str


def read(path: Path, channel: str, attributes: Sequence[str]) -> list[Entry]:
    """The samples of a channel, whichever way it was staged.

    Args:
        path: the channel's folder.
        attributes: ``AttributeNames`` of its data source.

    Raises:
        DataError: no manifest, a broken frame, a number of records that the attributes do not
            divide, a line that is no JSON object or lacks an attribute.
    """
    for file in data_files(path, channel):
        with file.open("rb") as handle:
            start = handle.read(4)
        if start == MAGIC.to_bytes(4, "little"):
            return _stream(file, attributes)
        if start.lstrip()[:1] == b"{":
            return _manifest(file, path, attributes)
    raise DataError(f"channel '{channel}' has no manifest of {', '.join(attributes)} in '{path}'")


def _stream(file: Path, attributes: Sequence[str]) -> list[Entry]:
    found = list(parts(file))
    width = len(attributes)
    if len(found) % width:
        raise DataError(
            f"{file.name} has {len(found)} records; expected a multiple of {width}, the attributes "
            f"{', '.join(attributes)}"
        )
    entries = []
    for at in range(0, len(found), width):
        line = zip(attributes, found[at : at + width], strict=True)
        values = tuple(p if name.endswith(REFERENCE) else _text(p.read()) for name, p in line)
        entries.append(Entry(values, f"{file.name}: sample {at // width + 1}"))
    return entries


def _text(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return data.decode("utf-8", "replace")


def _manifest(file: Path, folder: Path, attributes: Sequence[str]) -> list[Entry]:
    entries = []
    for number, line in enumerate(file.read_text().splitlines(), 1):
        if not line.strip():
            continue
        where = f"{file.name}: line {number}"
        try:
            record = json.loads(line)
            named = [(name, record[name]) for name in attributes]
        except (ValueError, TypeError, KeyError) as error:
            raise DataError(
                f"{where} is no JSON object with {', '.join(attributes)} ({error})"
            ) from error
        values = tuple(
            Part(folder / str(value), f"{where} ({value})") if name.endswith(REFERENCE) else value
            for name, value in named
        )
        entries.append(Entry(values, where))
    return entries
