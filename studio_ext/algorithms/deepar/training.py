"""Train DeepAR: one recurrent network on windows drawn from all time series.

The log has the loss of each epoch, as in ``#quality_metric: host=algo-1, epoch=0, train loss
<loss>=5.2``, and the test channel's accuracy at the end, as in ``#test_score (algo-1, RMSE): 2.9``.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio_ext.algorithms.deepar.contract import DEEPAR
from studio_ext.algorithms.deepar.reading import read_series
from studio_ext.algorithms.deepar.series import SeriesData
from studio_ext.algorithms.extras import need
from studio_ext.algorithms.hyperparameters import defaults
from studio_ext.algorithms.job import log
from studio_ext.algorithms.metric_lines import quality, test_score, throughput
from studio_ext.formats.errors import DataError

need("torch", "deep")

from studio_ext.algorithms.deepar.accuracy import Backtest  # noqa: E402
from studio_ext.algorithms.deepar.layout import Layout  # noqa: E402
from studio_ext.algorithms.deepar.loop import Training  # noqa: E402
from studio_ext.algorithms.deepar.model import Model  # noqa: E402

SHOWN = 100  # train series that are forecast for the pictures


@dataclass(frozen=True, slots=True)
class Fit:
    """A finished training.

    Attributes:
        model: of the epoch with the least loss.
        history: channel -> metric -> value after each epoch.
        best_epoch: (from 0) that the model is of.
        metrics: channel -> metric -> value, of the model.
        backtest: forecasts of the end of the test series; of the train series if there are none.
        values: all hyperparameters, typed.
        seconds: spent training, without reading.
    """

    model: Model
    history: dict[str, dict[str, list[float]]]
    best_epoch: int
    metrics: dict[str, dict[str, float]]
    backtest: Backtest
    values: Mapping[str, Any]
    seconds: float


def all_values(hyperparameters: Mapping[str, str]) -> dict[str, Any]:
    """Typed hyperparameters, with the documented defaults of those that were not given."""
    return defaults(DEEPAR.hyperparameters) | DEEPAR.check(hyperparameters)


def read_data(
    hyperparameters: Mapping[str, str], channels: Mapping[str, Mapping[str, Any]]
) -> SeriesData:
    """Check the hyperparameters, then read the channels and check their values.

    Raises:
        HyperparameterError, DataError: names what is wrong and what was expected.
    """
    values = all_values(hyperparameters)
    data = read_series(channels)
    layout = Layout.of(values, data.train)
    for channel, series in data.channels.items():
        for number, one in enumerate(series, 1):
            layout.check(one, f"channel '{channel}': series {number}")
        short = sum(len(one) < layout.horizon + (channel == "test") for one in series)
        if short == len(series):
            raise DataError(
                f"channel '{channel}' has no time series of more than prediction_length="
                f"{layout.horizon} points; expected at least one"
            )
        if short:
            log(
                f"notice: {short:,} time series of channel '{channel}' are left out: they are not "
                f"longer than prediction_length={layout.horizon}"
            )
    return data


def train(hyperparameters: Mapping[str, str], data: SeriesData, model_dir: str | Path) -> Fit:
    """Train, judge and save ``model_algo-1``.

    Raises:
        HyperparameterError, DataError: names what is wrong and what was expected.
        KeyboardInterrupt: the job was stopped; the best model so far is saved.
    """
    start, values = time.perf_counter(), all_values(hyperparameters)
    training = Training(values, data.train)
    parameters = sum(p.numel() for p in training.network.parameters())
    lags = training.layout.lags
    log(f"a network of {parameters:,} weights, {len(lags)} lags of up to {lags[-1]} points")
    try:
        training.run()
    except KeyboardInterrupt:
        if training.best is not None:
            training.model().save(Path(model_dir))
            log("stopped: the best model so far is saved as model_algo-1")
        raise
    model = training.model()
    model.save(Path(model_dir))
    seconds = time.perf_counter() - start
    losses = training.losses
    metrics = {"train": {"final_loss": losses[-1], "best_loss": min(losses)}}
    quality("train", "final_loss", losses[-1])
    throughput(training.drawn, seconds)
    backtest = judge(model, data, values, metrics)
    return Fit(
        model=model,
        history={"train": {"loss": losses}},
        best_epoch=training.best_epoch,
        metrics=metrics,
        backtest=backtest,
        values=values,
        seconds=seconds,
    )


def judge(
    model: Model, data: SeriesData, values: Mapping[str, Any], metrics: dict[str, dict[str, float]]
) -> Backtest:
    """Forecast the end of the test series, and add and log their metrics.

    Without a test channel the train series are forecast for the pictures, without metrics: the
    model has seen their ends.
    """
    levels = values["test_quantiles"]
    if "test" not in data.channels:
        series = [one for one in data.train if len(one) > model.layout.horizon][:SHOWN]
        return Backtest.run(model, "train", series, levels, values["num_eval_samples"])
    found = Backtest.run(model, "test", data.channels["test"], levels, values["num_eval_samples"])
    metrics["test"] = found.metrics(levels)
    for name, value in metrics["test"].items():
        test_score(name, value)
    for name in ("RMSE", "mean_wQuantileLoss"):
        quality("test", name, metrics["test"][name])
    return found
