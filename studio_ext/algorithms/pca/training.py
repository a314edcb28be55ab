"""Train PCA: the directions along which rows differ most."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from studio_ext.algorithms.data import Data, read_data as read_tables
from studio_ext.algorithms.features import check_present, fit_width
from studio_ext.algorithms.hyperparameters import defaults
from studio_ext.algorithms.job import log, threads
from studio_ext.algorithms.metric_lines import quality, throughput
from studio_ext.algorithms.pca.contract import PCA
from studio_ext.algorithms.pca.decomposition import exact, mean_of, randomized
from studio_ext.algorithms.pca.model import Components
from studio_ext.formats.errors import DataError
from studio_ext.formats.table import Table

BATCH_CELLS = 1_000_000  # numbers taken at once: smaller mini-batches are taken together
WIDEST = 20_000  # of the exact mode, whose square matrix then takes 3.2 GB


@dataclass(frozen=True, slots=True)
class Fit:
    """A finished training.

    Attributes:
        model: the components, ascending.
        shares: of the training rows' variance (about 0 without ``subtract_mean``) along each
            component, ascending.
        metrics: channel -> metric -> value.
        values: all hyperparameters, typed.
        seconds: spent training, without reading.
    """

    model: Components
    shares: Any
    metrics: dict[str, dict[str, float]]
    values: Mapping[str, Any]
    seconds: float


def read_data(
    hyperparameters: Mapping[str, str], channels: Mapping[str, Mapping[str, Any]]
) -> Data:
    """Check the hyperparameters, then read the channels and check their values.

    Raises:
        HyperparameterError, DataError: names what is wrong and what was expected.
    """
    values = all_values(hyperparameters)
    data = read_tables(PCA, channels, labelled=())
    for name, table in data.tables.items():
        fit_width(name, table, values["feature_dim"])
        check_present(f"channel '{name}'", table, PCA.name)
    rows = data.train.rows
    if rows < values["num_components"]:
        raise DataError(
            f"channel 'train' has {rows} rows; expected at least num_components="
            f"{values['num_components']}"
        )
    side = min(rows, values["feature_dim"])
    if values["algorithm_mode"] == "regular" and side > WIDEST:
        raise DataError(
            f"algorithm_mode regular would need {side**2 * 8 / 1e9:.0f} GB for {rows:,} rows of "
            f"{values['feature_dim']:,} features; expected algorithm_mode=randomized, or at most "
            f"{WIDEST:,} features or rows"
        )
    return data


def all_values(hyperparameters: Mapping[str, str]) -> dict[str, Any]:
    """Typed hyperparameters, with the documented defaults of those that were not given."""
    values = defaults(PCA.hyperparameters) | PCA.check(hyperparameters)
    if values["extra_components"] == -1:
        values["extra_components"] = max(10, values["num_components"])
    return values


def train(hyperparameters: Mapping[str, str], data: Data, model_dir: str | Path) -> Fit:
    """Train, judge and save ``model_algo-1``.

    Raises:
        HyperparameterError, DataError: names what is wrong and what was expected.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    start = time.perf_counter()
    values, table = all_values(hyperparameters), data.train
    if values["algorithm_mode"] == "regular" and "extra_components" in hyperparameters:
        log("notice: extra_components changes nothing: it is for algorithm_mode randomized")
    with threadpool_limits(threads(table.rows * table.columns)):
        model = _components(table, values)
        model.save(Path(model_dir))
        seconds = time.perf_counter() - start
        totals = {name: _spread(one, model) for name, one in data.tables.items()}
        metrics = {name: judge(model, one, totals[name]) for name, one in data.tables.items()}
    for name, found in metrics.items():
        quality(name, "explained_variance", found["explained_variance"], "score")
    throughput(table.rows, seconds)
    shares = np.square(model.singular) / (totals["train"] or 1.0)
    return Fit(model, shares, metrics, values, seconds)


def _components(table: Table, values: Mapping[str, Any]) -> Components:
    count, shift = values["num_components"], values["subtract_mean"]
    if values["algorithm_mode"] == "randomized":
        rng = np.random.default_rng(0)
        return randomized(table.features, count, values["extra_components"], shift, rng)
    size = values["mini_batch_size"]
    together = max(1, BATCH_CELLS // (size * table.columns))
    return exact(table.features, count, shift, size * together)


def _spread(table: Table, model: Components) -> float:
    """The sum of squares of the shifted rows."""
    features = table.features
    if table.sparse:
        squares = float(np.square(features.data, dtype=np.float64).sum())
        across = table.rows * float(mean_of(features) @ model.mean)
        return squares - 2 * across + table.rows * float(model.mean @ model.mean)
    size = max(1, BATCH_CELLS // table.columns)
    parts = (features[at : at + size] - model.mean for at in range(0, table.rows, size))
    return float(sum(np.vdot(part, part) for part in parts))


def judge(model: Components, table: Table, total: float) -> dict[str, float]:
    """The share of variance kept, and the mean squared error of a feature put together again."""
    kept = float(np.square(model.project(table.features)).sum())
    lost = max(0.0, total - kept)
    return {
        "explained_variance": kept / total if total else 1.0,
        "reconstruction_mse": lost / (table.rows * table.columns),
    }
