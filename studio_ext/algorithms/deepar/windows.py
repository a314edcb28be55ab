"""Pieces of time series as the network sees them: a context, then the points to forecast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from studio_ext.algorithms.deepar.calendar import date_features, stamps
from studio_ext.algorithms.deepar.layout import Layout
from studio_ext.algorithms.deepar.series import Series

TINY = 1e-10


@dataclass(frozen=True, slots=True)
class Batch:
    """Windows of ``context + horizon`` points; ``steps`` is that number.

    Attributes:
        history: float32 (rows, longest lag + steps), the values that lags are taken from.
        seen: the same shape, whether a value was observed.
        scale: (rows,), what values are divided by.
        known: (steps, rows, numbers), the inputs known in advance: date, age, feature series.
        cat: int64 (rows, categorical features).
    """

    history: Any
    seen: Any
    scale: Any
    known: Any
    cat: Any


class Store:
    """Series end to end, each with padding before it, so that windows are slices.

    A missing value is filled with the one before it, and before the first with the first.

    Args:
        ahead: points after each series that windows may reach, as a forecast does.
    """

    def __init__(self, layout: Layout, series: Sequence[Series], ahead: int = 0) -> None:
        self.layout = layout
        self.lengths = np.array([len(one) for one in series])
        sizes = layout.padding + self.lengths + ahead
        self.starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]) + layout.padding  # of the data
        self.values = np.zeros(sizes.sum(), np.float32)
        self.seen = np.zeros(sizes.sum(), np.float32)
        width = layout.features - len(layout.lags) - 2
        self.known = np.zeros((sizes.sum(), width), np.float32)
        self.cat = np.array([one.cat[: len(layout.cardinality)] for one in series], np.int64)
        for one, start in zip(series, self.starts, strict=True):
            self._put(one, start, ahead)

    def _put(self, one: Series, start: int, ahead: int) -> None:
        layout, points = self.layout, len(one)
        before, end = start - layout.padding, start + points
        observed = ~np.isnan(one.target)
        if observed.any():
            last = np.maximum.accumulate(np.where(observed, np.arange(points), -1))
            filled = one.target[np.where(last < 0, int(np.argmax(observed)), last)]
            self.values[before:start] = filled[0]
            self.values[start:end] = filled
            self.values[end : end + ahead] = filled[-1]
        self.seen[start:end] = observed
        count = layout.padding + points + ahead
        times = stamps(one.start, layout.frequency, -layout.padding, count)
        dates = date_features(times, layout.frequency[1])
        age = np.log10(2.0 + np.maximum(np.arange(count) - layout.padding, 0))
        dates_end = dates.shape[1]
        self.known[before : before + count, :dates_end] = dates
        self.known[before : before + count, dates_end] = age
        if layout.dynamic_mean:
            mean, deviation = np.array(layout.dynamic_mean), np.array(layout.dynamic_deviation)
            scaled = (one.dynamic.T - mean) / deviation
            self.known[start : start + len(scaled), dates_end + 1 :] = scaled

    def batch(self, rows: Any, forecasts: Any) -> Batch:
        """The windows of series ``rows`` whose forecasts begin at points ``forecasts``."""
        layout = self.layout
        steps, longest = layout.context + layout.horizon, layout.lags[-1]
        first = self.starts[rows] + forecasts - layout.context
        wide = first[:, None] + np.arange(-longest, steps)
        history, seen = self.values[wide], self.seen[wide]
        return Batch(
            history=history,
            seen=seen,
            scale=self._scale(history[:, : longest + layout.context], seen),
            known=self.known[(first[:, None] + np.arange(steps)).T],
            cat=self.cat[rows],
        )

    def _scale(self, past: Any, seen: Any) -> Any:
        """The mean size of the context's observed values, of all the past where that is 0."""
        if not self.layout.scaled:
            return np.ones(len(past), np.float32)
        context = self.layout.context
        sizes, weights = np.abs(past), seen[:, : past.shape[1]]
        near = (sizes * weights)[:, -context:].sum(1) / np.maximum(weights[:, -context:].sum(1), 1)
        scale = np.where(near > TINY, near, sizes.mean(1))
        return np.where(scale > TINY, scale, 1.0).astype(np.float32)
