"""Pictures of forecasts: fans beside what came true, and how often quantiles were right."""

from __future__ import annotations

import numpy as np

from studio_ext.algorithms.deepar.accuracy import BAND, Backtest
from studio_ext.algorithms.pictures import (
    BLUE,
    INK,
    ORANGE,
    QUIET,
    Picture,
    dress,
    finish,
    legend_of,
    new_figure,
)

SHOWN = 3
BEFORE = 3  # points shown before a forecast, for each that is forecast


def fans(backtest: Backtest) -> Picture:
    """A panel for each of up to three series: the median and the bands that hold half and four
    fifths of the forecast, over the true values. The series are of low, middle and high error."""
    chosen = _chosen(backtest)
    figure, panels = new_figure(max(1, len(chosen)))
    horizon = backtest.actual.shape[1]
    low, lower, middle, upper, high = (backtest.quantile(level) for level in BAND)
    for panel, row in zip(panels, chosen, strict=False):
        target = backtest.series[row].target[-(BEFORE + 1) * horizon :]
        ahead = np.arange(1, horizon + 1)
        panel.fill_between(ahead, low[row], high[row], color=BLUE, alpha=0.18, linewidth=0)
        panel.fill_between(ahead, lower[row], upper[row], color=BLUE, alpha=0.3, linewidth=0)
        panel.plot(ahead, middle[row], color=BLUE, linewidth=1.8)
        dots = "." if horizon == 1 else None
        steps = np.arange(len(target)) - len(target) + horizon + 1
        panel.plot(steps, target, color=INK, linewidth=1, marker=dots)
        panel.axvline(0.5, color=QUIET, linewidth=1, linestyle=":")
        dress(panel, f"Series {row + 1}", "points from the forecast", "")
    if chosen:
        legend_of(panels[-1], {"forecast": BLUE, "true": INK})
    inside = np.mean((backtest.actual >= low) & (backtest.actual <= high)) if chosen else 0.0
    return finish(
        figure,
        f"Forecasts of the last {horizon} points of {len(backtest.series):,} {backtest.channel} "
        f"series; the band of 80 % holds {inside:.0%} of the true values",
    )


def calibration(backtest: Backtest) -> Picture:
    """The share of true values below each quantile, on the diagonal where forecasts are honest."""
    figure, (panel,) = new_figure(1, width=3.6)
    shares = backtest.coverage()
    panel.plot([0, 1], [0, 1], color=QUIET, linewidth=1, linestyle=":")
    panel.plot(backtest.levels, shares, color=ORANGE, linewidth=1.8, marker="o", markersize=4)
    dress(panel, f"Calibration on {backtest.channel}", "quantile", "true values below")
    pairs = ", ".join(f"{q:g}: {s:.2f}" for q, s in zip(backtest.levels, shares, strict=True))
    return finish(figure, f"Share of true values at or below each quantile: {pairs}")


def _chosen(backtest: Backtest) -> list[int]:
    """Rows of low, middle and high relative error."""
    sizes = np.nanmean(np.abs(np.where(np.isnan(backtest.actual), 0, backtest.actual)), 1)
    wrong = np.abs(np.nan_to_num(backtest.actual - backtest.quantile(0.5))).mean(1)
    order = np.argsort(wrong / np.maximum(sizes, 1e-9), kind="stable")
    if not len(order):
        return []
    places = np.linspace(0, len(order) - 1, SHOWN).astype(int)
    return [int(row) for row in dict.fromkeys(order[places].tolist())]
