"""Read DeepAR's channels: JSON Lines, plain or gzipped, and parquet.

The suffix decides (``.json``, ``.json.gz``, ``.parquet``), else the channel's content type.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from studio_ext.algorithms.deepar.contract import DEEPAR, JSON_TYPES, PARQUET_TYPES
from studio_ext.algorithms.deepar.series import Series, SeriesData
from studio_ext.algorithms.job import log
from studio_ext.formats.errors import DataError, UnsupportedContentType
from studio_ext.formats.files import data_files, open_plain

SUFFIXES = {".json": JSON_TYPES[0], ".jsonl": JSON_TYPES[0], ".parquet": PARQUET_TYPES[0]}
COLUMNS = ["start", "target", "cat", "dynamic_feat"]


def read_series(channels: Mapping[str, Mapping[str, Any]]) -> SeriesData:
    """The series of a job's channels.

    Raises:
        DataError: a channel is missing, unknown or empty, or a record is not a time series.
    """
    known = [channel.name for channel in DEEPAR.channels]
    for name in channels:
        if name not in known:
            raise DataError(
                f"channel '{name}' is not known to {DEEPAR.name}; expected {', '.join(known)}"
            )
    if "train" not in channels:
        raise DataError(f"channel 'train' is missing; {DEEPAR.name} needs it")
    found = {}
    for name in known:
        if name in channels:
            found[name] = _channel(name, channels[name])
            points = sum(len(one) for one in found[name])
            log(f"channel '{name}': {len(found[name]):,} time series of {points:,} points")
    return SeriesData(found)


def _channel(name: str, given: Mapping[str, Any]) -> list[Series]:
    path = Path(given["path"])
    series: list[Series] = []
    for file in data_files(path, name):
        suffix = Path(file.name.lower().removesuffix(".gz")).suffix
        asked = (given.get("content_type") or "").partition(";")[0].strip().lower()
        kind = SUFFIXES.get(suffix, asked)
        with open_plain(file) as handle:
            if kind in JSON_TYPES:
                series += json_lines(handle, file.name)
            elif kind in PARQUET_TYPES:
                series += _parquet(handle, file.name)
            else:
                raise UnsupportedContentType(
                    f"channel '{name}': {file.name} has the content type '{asked}'; expected a "
                    f"name that ends in .json, .json.gz or .parquet, or one of "
                    f"{', '.join(JSON_TYPES + PARQUET_TYPES)}"
                )
    if not series:
        raise DataError(f"channel '{name}' has no time series: every file in '{path}' is blank")
    return series


def json_lines(handle: IO[bytes], source: str) -> Iterator[Series]:
    """One series of each line that is not blank."""
    for number, line in enumerate(handle, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            raise DataError(
                f"{source}: line {number} is not valid JSON ({error}); expected one object a line"
            ) from error
        yield Series.parse(record, f"{source}: line {number}")


def _parquet(handle: IO[bytes], source: str) -> Iterator[Series]:
    try:
        import pyarrow.parquet
    except ImportError:
        raise DataError(
            f"{source}: parquet needs pyarrow, which is not installed: "
            f"pip install 'studio-ext[parquet]'"
        ) from None
    try:
        table = pyarrow.parquet.read_table(io.BytesIO(handle.read()))
    except pyarrow.ArrowInvalid as error:
        raise DataError(f"{source}: {error}; expected a parquet file") from error
    names = [name for name in COLUMNS if name in table.column_names]
    if names[:2] != COLUMNS[:2]:
        raise DataError(
            f"{source} has the columns {', '.join(table.column_names)}; expected start and target"
        )
    for number, record in enumerate(table.select(names).to_pylist(), 1):
        yield Series.parse(record, f"{source}: row {number}")
