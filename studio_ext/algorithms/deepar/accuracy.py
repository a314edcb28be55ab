"""How good forecasts are, by the metrics that SageMaker documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from studio_ext.algorithms.deepar.model import Model
from studio_ext.algorithms.deepar.series import Series

BAND = (0.1, 0.25, 0.5, 0.75, 0.9)  # what a picture shows


@dataclass(frozen=True, slots=True)
class Backtest:
    """Forecasts of the last points of series, made from the points before them.

    Attributes:
        channel: that the series are of.
        series: those that are long enough.
        levels: quantile levels, ascending.
        mean: (series, horizon).
        quantiles: (levels, series, horizon).
        actual: (series, horizon), NaN where missing.
    """

    channel: str
    series: Sequence[Series]
    levels: tuple[float, ...]
    mean: Any
    quantiles: Any
    actual: Any

    @classmethod
    def run(
        cls,
        model: Model,
        channel: str,
        series: Sequence[Series],
        levels: Sequence[float],
        samples: int,
    ) -> Backtest:
        """Hide the last ``prediction_length`` points of each series and forecast them."""
        horizon = model.layout.horizon
        kept = [one for one in series if len(one) > horizon]
        pasts = [Series(one.start, one.target[:-horizon], one.cat, one.dynamic) for one in kept]
        every = tuple(sorted({*levels, *BAND}))
        means = np.empty((len(kept), horizon), np.float32)
        found = np.empty((len(every), len(kept), horizon), np.float32)
        for row, paths in enumerate(model.forecasts(pasts, samples)):
            means[row] = paths.mean(0)
            found[:, row] = np.quantile(paths, every, axis=0)
        actual = np.array([one.target[-horizon:] for one in kept]).reshape(-1, horizon)
        return cls(channel, kept, every, means, found, actual)

    def quantile(self, level: float) -> Any:
        return self.quantiles[self.levels.index(level)]

    def metrics(self, levels: Sequence[float]) -> dict[str, float]:
        """RMSE of the mean, and the weighted quantile losses, over observed points."""
        known = ~np.isnan(self.actual)
        actual = self.actual[known].astype(np.float64)
        error = actual - self.mean[known]
        losses = {level: _loss(actual, self.quantile(level)[known], level) for level in levels}
        whole = float(np.abs(actual).sum())
        weighted = {
            f"wQuantileLoss[{level:g}]": value / whole if whole else float("nan")
            for level, value in losses.items()
        }
        return {
            "RMSE": float(np.sqrt(np.mean(error**2))),
            "mean_wQuantileLoss": float(np.mean(list(weighted.values()))),
            "mean_absolute_QuantileLoss": float(np.mean(list(losses.values()))),
            **weighted,
        }

    def coverage(self) -> Any:
        """Of each level, the share of observed points that are at most its quantile."""
        known = ~np.isnan(self.actual)
        return (self.actual <= self.quantiles)[:, known].mean(1)


def _loss(actual: Any, predicted: Any, level: float) -> float:
    """Twice the pinball loss, summed."""
    below = predicted > actual
    return float(2 * np.abs((predicted - actual) * (below - level)).sum())
