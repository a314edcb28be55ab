"""MXNet's ``.lst`` files: a line for each image: index, one label or more, path; tabs between."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from studio_ext.formats.errors import DataError


@dataclass(frozen=True, slots=True)
class Line:
    """One image; ``where`` names the file and the line for messages."""

    labels: tuple[float, ...]
    path: str
    where: str


def read(path: Path) -> Iterator[Line]:
    """The lines of one file.

    Raises:
        DataError: a line with less than three columns, a label that is no number, an index that
            is there twice; names the file, the line and the column (from 1).
    """
    seen: dict[str, int] = {}
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name} is not UTF-8 text ({error}); expected a .lst file") from error
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        where = f"{path.name}: line {number}"
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) < 3:
            raise DataError(
                f"{where} has {len(cells)} column{'s' if len(cells) > 1 else ''}; expected index, "
                f"class and path with tabs between"
            )
        index, *labels, file = cells
        if index in seen:
            raise DataError(f"{where} has the index {index}, as line {seen[index]} has")
        seen[index] = number
        yield Line(
            tuple(_number(cell, where, at) for at, cell in enumerate(labels, 2)), file, where
        )


def _number(cell: str, where: str, column: int) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DataError(f"{where}, column {column}: found '{cell}'; expected a class number")
    return value
