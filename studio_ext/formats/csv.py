"""CSV as SageMaker's algorithms read it: no header, the label first.

A first row in which no cell is a number, or that begins with a name such as ``label``, is taken as
column names, with a notice. The fast path is pandas' C parser; only when that fails is the file
read again, slowly, to say exactly what is wrong and where.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import IO, Any, NoReturn

import numpy as np

from studio_ext.formats.errors import DataError
from studio_ext.formats.table import Floats, Table, has_infinity

MISSING = ("", "nan", "NaN", "NAN", "NA", "N/A", "null", "NULL", "None")
LARGEST = float(np.finfo(np.float32).max)
LABEL_NAMES = ("label", "target", "class", "y")
DELIMITERS = (",", ";", "\t", "|", " ")


def read(
    handle: IO[bytes],
    source: str,
    *,
    label_size: int = 1,
    weights: bool = False,
    titles: bool = True,
) -> Table | None:
    """The table in ``handle``; None when it holds only blank lines or only column names.

    Args:
        handle: seekable bytes, UTF-8.
        source: the file's name, for messages.
        label_size: 1 when the first column is the label, 0 when there is none.
        weights: whether the column after the label is the row's weight.
        titles: whether the first row may be column names.

    Raises:
        DataError: text where a number belongs, ragged rows, an infinite number, a missing label,
            a negative weight, no feature column; names the line and column (from 1).
    """
    layout = _Layout.of(handle, source, label_size, weights, titles)
    if layout is None:
        return None
    numbers = _parse(_rewound(handle), layout)
    if not len(numbers):
        return None
    if numbers.shape[1] <= layout.leading:
        raise DataError(
            f"{source}: line {layout.first_line} has {numbers.shape[1]} "
            f"column{'s' if numbers.shape[1] > 1 else ''}; expected {layout.describe()} and at "
            f"least one feature, separated by commas"
        )
    # pandas fills a short row with NaN, so a short row always ends in one.
    short = bool(np.isnan(numbers[:, -1]).any()) and layout.ragged(_rewound(handle), len(numbers.T))
    if short or layout.wrong(numbers):
        diagnose(_rewound(handle), layout)
    notices: tuple[str, ...] = ()
    if layout.names:
        notices = (
            f"{source}: the first row was taken as column names "
            f"({', '.join(layout.names[:4])}{', …' if len(layout.names) > 4 else ''}).",
        )
    return Table(
        features=np.ascontiguousarray(numbers[:, layout.leading :]),
        labels=numbers[:, 0].copy() if label_size else None,
        weights=numbers[:, label_size].copy() if weights else None,
        names=layout.names[layout.leading :] or None,
        notices=notices,
    )


def _parse(handle: IO[bytes], layout: _Layout) -> Floats:
    """The fast path; ends in ``diagnose`` when the file is not all numbers in even rows."""
    import pandas as pd

    try:
        with np.errstate(over="ignore"):  # an overflow is infinite, which is refused later
            frame = pd.read_csv(
                handle,
                header=None,
                skiprows=layout.first_line - 1,
                sep=layout.delimiter,
                dtype=np.float32,
                na_values=list(MISSING),
                keep_default_na=False,
                skipinitialspace=layout.delimiter != " ",
                encoding="utf-8-sig",
                engine="c",
            )
    except pd.errors.EmptyDataError:
        return np.empty((0, 0), np.float32)
    except (ValueError, OverflowError) as error:  # ParserError and UnicodeDecodeError are these
        diagnose(_rewound(handle), layout, error)
    numbers: Floats = frame.to_numpy(np.float32)
    return numbers


class _Layout:
    """Where the numbers of a file begin and what its columns mean."""

    def __init__(
        self,
        source: str,
        delimiter: str,
        names: tuple[str, ...],
        first_line: int,
        label_size: int,
        weights: bool,
    ) -> None:
        self.source = source
        self.delimiter = delimiter
        self.names = names
        self.first_line = first_line  # of the numbers, from 1
        self.label_size = label_size
        self.weights = weights
        self.leading = label_size + weights

    @classmethod
    def of(
        cls, handle: IO[bytes], source: str, label_size: int, weights: bool, titles: bool
    ) -> _Layout | None:
        if label_size not in (0, 1):
            raise DataError(
                f"{source}: label_size={label_size} in the content type is not supported; "
                f"expected 0 (no label) or 1 (the label is the first column)"
            )
        first = next(((n, line) for n, line in enumerate(handle, 1) if line.strip()), None)
        if first is None:
            return None
        number, text = first[0], first[1].decode("utf-8-sig", "replace").strip("\r\n")
        delimiter = next((mark for mark in DELIMITERS if mark in text), ",")
        try:
            cells = [cell.strip() for cell in next(csv.reader([text], delimiter=delimiter))]
        except csv.Error as error:
            raise DataError(f"{source}: line {number} is not CSV text ({error})") from error
        wordy = not any(is_number(cell) or (cell in MISSING and cell) for cell in cells)
        # pandas numbers the columns of an array, so that only the label's has a name.
        named = label_size == 1 and cells[0].lower() in LABEL_NAMES
        titled = titles and any(cells) and (wordy or named)
        names = tuple(cells) if titled else ()
        return cls(source, delimiter, names, number + titled, label_size, weights)

    def describe(self) -> str:
        named = ["a label"] * self.label_size + ["a weight"] * self.weights
        return " and ".join(named) or "no label"

    def column(self, index: int) -> str:
        """Such as ``column 1 (the label)`` or ``column 4 ('age')``; from 0 in, from 1 out."""
        if index < self.leading:
            meaning = "the label" if index < self.label_size else "the weight"
            return f"column {index + 1} ({meaning})"
        if index < len(self.names):
            return f"column {index + 1} ('{self.names[index]}')"
        return f"column {index + 1}"

    def wrong(self, numbers: Floats) -> bool:
        """Whether a number is one that ``diagnose`` refuses."""
        leading = numbers[:, : self.leading]
        return bool(
            np.isnan(leading).any()
            or (self.weights and (leading[:, -1] < 0).any())
            or has_infinity(numbers)
        )

    def ragged(self, handle: IO[bytes], width: int) -> bool:
        """Whether a line has fewer cells than ``width``; a quoted file is left to ``diagnose``."""
        mark, expected = self.delimiter.encode(), width - 1
        for number, line in enumerate(handle, 1):
            if number < self.first_line or not line.strip():
                continue
            if b'"' in line or line.count(mark) != expected:
                return True
        return False


def _rewound(handle: IO[bytes]) -> IO[bytes]:
    handle.seek(0)
    return handle


def diagnose(handle: IO[bytes], layout: _Layout, cause: Exception | None = None) -> Any:
    """Raise for the first cell that is wrong; return when nothing is and there was no cause."""
    width = None
    for line, cells in _rows(handle, layout):
        width = width or len(cells)
        where = f"{layout.source}: line {line}"
        if len(cells) != width:
            raise DataError(
                f"{where} has {len(cells)} columns; expected {width}, as in line "
                f"{layout.first_line}"
            )
        for index, cell in enumerate(cells):
            _check_cell(cell, index, where, layout)
    if cause is not None:
        raise DataError(f"{layout.source}: {cause}; expected a CSV file of numbers") from cause


def _rows(handle: IO[bytes], layout: _Layout) -> Iterator[tuple[int, list[str]]]:
    text = io.TextIOWrapper(handle, "utf-8-sig", newline="")
    reader = csv.reader(text, delimiter=layout.delimiter, skipinitialspace=True)
    try:
        for cells in reader:
            if cells and reader.line_num >= layout.first_line:
                yield reader.line_num, [cell.strip() for cell in cells]
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"{layout.source}: line {reader.line_num + 1} is not UTF-8 text in CSV form ({error})"
        ) from error
    finally:
        text.detach()


def _check_cell(cell: str, index: int, where: str, layout: _Layout) -> None:
    place = f"{where}, {layout.column(index)}"
    if cell in MISSING:
        if index < layout.leading:
            _expected_number(place, cell)
        return
    if not is_number(cell):
        _expected_number(place, cell)
    value = float(cell)
    if abs(value) > LARGEST:
        raise DataError(
            f"{place}: found '{cell}'; expected a number that a 32-bit float can hold, or an "
            f"empty cell for a missing value"
        )
    if layout.weights and index == layout.leading - 1 and value < 0:
        raise DataError(f"{place}: found '{cell}'; expected a weight of at least 0")


def _expected_number(place: str, cell: str) -> NoReturn:
    raise DataError(f"{place}: found '{cell}'; expected a number")


def is_number(cell: str) -> bool:
    """Whether the cell is a number as pandas' parser reads one."""
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell  # Python's float takes 1_000, a CSV parser does not
