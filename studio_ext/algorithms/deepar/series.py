"""Time series as DeepAR's records hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from studio_ext.algorithms.data import Summary
from studio_ext.formats.errors import DataError

FIELDS = ("start", "target", "cat", "dynamic_feat")


@dataclass(frozen=True, slots=True)
class Series:
    """One target time series and its features.

    Attributes:
        start: of the first point, ``datetime64[s]``.
        target: float32 of shape (points,); NaN where a value is missing.
        cat: categories, from 0.
        dynamic: float32 of shape (features, points); in a request also the points to forecast.
    """

    start: np.datetime64
    target: Any
    cat: tuple[int, ...]
    dynamic: Any

    def __len__(self) -> int:
        return len(self.target)

    @classmethod
    def parse(cls, record: Any, where: str) -> Series:
        """Of a record such as ``{"start": "2009-11-01 00:00:00", "target": [4.0, "NaN"]}``.

        Raises:
            DataError: names the record and the field, the value found and what was expected.
        """
        if not isinstance(record, Mapping):
            raise DataError(f"{where} is {_short(record)}; expected an object with start, target")
        for name in ("start", "target"):
            if record.get(name) is None:
                raise DataError(f"{where} has no {name}; expected start and target")
        target = _floats(record["target"], f"{where}: target", 1)
        if not len(target):
            raise DataError(f"{where}: target is empty; expected at least one number")
        return cls(
            start=_start(record["start"], where),
            target=target,
            cat=_categories(record.get("cat"), where),
            dynamic=_dynamic(record.get("dynamic_feat"), where),
        )


def _start(value: Any, where: str) -> np.datetime64:
    """A naive time, from text or from what parquet holds."""
    try:
        if isinstance(value, str) and value.rstrip()[-1:] in "Zz":
            raise ValueError("time zone")
        if getattr(value, "tzinfo", None) is not None:
            raise ValueError("time zone")
        found = np.datetime64(value.strip() if isinstance(value, str) else value, "s")
        if np.isnat(found):
            raise ValueError("no time")
    except (ValueError, TypeError) as error:
        raise DataError(
            f"{where}: start is {_short(value)}; expected a time such as "
            f"'2009-11-01 00:00:00', without a time zone"
        ) from error
    return found


def _floats(value: Any, where: str, dimensions: int) -> Any:
    """Numbers, with NaN for ``"NaN"`` and null."""
    try:
        with np.errstate(over="ignore"):
            numbers = np.array(value, np.float64).astype(np.float32)
    except (ValueError, TypeError) as error:
        raise DataError(f'{where} has {error}; expected numbers, or "NaN" if missing') from error
    if numbers.ndim != dimensions:
        raise DataError(f"{where} is {_short(value)}; expected a list of numbers")
    if np.isinf(numbers).any():
        at = int(np.argmax(np.isinf(numbers).reshape(-1))) + 1
        raise DataError(f"{where} has an infinite value at point {at}; expected 32-bit numbers")
    return numbers


def _categories(value: Any, where: str) -> tuple[int, ...]:
    categories = value if isinstance(value, list) else [] if value is None else [value]
    if not all(type(one) is int and one >= 0 for one in categories):
        raise DataError(
            f"{where}: cat is {_short(value)}; expected whole numbers from 0, such as [0, 1]"
        )
    return tuple(categories)


def _dynamic(value: Any, where: str) -> Any:
    if value is None or (isinstance(value, list) and not value):
        return np.empty((0, 0), np.float32)
    widths = {len(row) if isinstance(row, list) else -1 for row in value}
    if len(widths) > 1:
        raise DataError(
            f"{where}: dynamic_feat has lists of different lengths; expected one number of each "
            f"feature at each point"
        )
    found = _floats(value, f"{where}: dynamic_feat", 2)
    if np.isnan(found).any():
        feature, point = np.argwhere(np.isnan(found))[0]
        raise DataError(
            f"{where}: dynamic_feat {feature} is missing at point {point + 1}; expected a number "
            f"at every point"
        )
    return found


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:39]}…"


@dataclass(frozen=True, slots=True)
class SeriesData:
    """Series by channel; ``train`` is always there."""

    channels: Mapping[str, Sequence[Series]]

    @property
    def train(self) -> Sequence[Series]:
        return self.channels["train"]

    def summary(self) -> SeriesSummary:
        return SeriesSummary(self)


class SeriesSummary(Summary):
    """A small table of what was read, as a notebook shows it."""

    HEAD = ("channel", "series", "points each", "missing", "from", "to (start)", "cat", "dynamic")

    def __init__(self, data: SeriesData) -> None:
        self.rows = [_row(name, series) for name, series in data.channels.items()]


def _row(name: str, series: Sequence[Series]) -> tuple[str, ...]:
    lengths = [len(one) for one in series]
    missing = sum(int(np.isnan(one.target).sum()) for one in series)
    starts = [str(one.start).replace("T", " ") for one in series]
    low, high = min(lengths), max(lengths)
    return (
        name,
        f"{len(series):,}",
        f"{low:,}" if low == high else f"{low:,} to {high:,}",
        f"{100 * missing / sum(lengths):.1f} %" if missing else "none",
        min(starts),
        max(starts),
        str(len(series[0].cat)),
        str(len(series[0].dynamic)),
    )
