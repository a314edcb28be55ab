"""DeepAR beside the seasonal naive forecast: the season before, with its past errors as bands.

gluonts, the reference implementation, needs an older pandas than ours. It was run once on data like
``hourly`` (60 series of 21 days, 300 steps): mean weighted quantile loss .0581, where the seasonal
naive forecast had .1123.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from studio_ext.algorithms.deepar.training import train
from tests.algorithms.deepar.data import PASSENGERS, hold_out, hourly, series

LEVELS = np.arange(1, 10) / 10


def seasonal_naive(every: list[Any], season: int, horizon: int) -> float:
    """Its mean weighted quantile loss over the last points of the series."""
    losses, sizes = np.zeros(len(LEVELS)), 0.0
    for one in every:
        past, actual = one.target[:-horizon], one.target[-horizon:]
        repeated = np.tile(past[-season:], -(-horizon // season))[:horizon]
        errors = np.quantile(past[season:] - past[:-season], LEVELS)
        off = actual - (repeated + errors[:, None])
        losses += 2 * np.maximum(LEVELS[:, None] * off, (LEVELS[:, None] - 1) * off).sum(1)
        sizes += np.abs(actual).sum()
    return float(losses.mean() / sizes)


@pytest.mark.parametrize("name", ["passengers", "hourly loads"])
def test_it_is_better_than_the_season_before(name: str, quality: Callable[..., None]) -> None:
    ours, theirs = [], []
    for seed in range(3):
        if name == "passengers":  # the years to the end, to one before it, to two before it
            every = [series(PASSENGERS[: 144 - 12 * seed], "1949-01-01")]
            given = {"time_freq": "1M", "context_length": "12", "prediction_length": "12",
                     "epochs": "100", "learning_rate": "0.01", "mini_batch_size": "32",
                     "num_cells": "20", "num_layers": "1"}  # fmt: skip
            season, horizon = 12, 12
        else:
            every = hourly(seed, count=20)
            given = {"time_freq": "1H", "context_length": "12", "prediction_length": "12",
                     "epochs": "3", "learning_rate": "0.01", "mini_batch_size": "32",
                     "num_cells": "20", "num_layers": "1"}  # fmt: skip
            season, horizon = 24, 12
        done = train(given, hold_out(every, horizon), "model")
        ours.append(done.metrics["test"]["mean_wQuantileLoss"])
        theirs.append(seasonal_naive(every, season, horizon))
    quality("DeepAR", name, "mean_wQuantileLoss", ours, "seasonal naive", theirs, higher=False)
