"""Train Random Cut Forest, and judge it where the test channel says what is anomalous.

A row is taken for anomalous when its score is more than three standard deviations above the mean
score of its channel, as SageMaker does.
"""

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
from studio_ext.algorithms.job import log
from studio_ext.algorithms.metric_lines import progress, quality, throughput
from studio_ext.algorithms.random_cut_forest.contract import ACCURACY, RANDOM_CUT_FOREST, RATES
from studio_ext.algorithms.random_cut_forest.forest import Forest, plant, sizes_of
from studio_ext.formats.errors import DataError
from studio_ext.formats.table import Table

DEVIATIONS = 3
SCORED = 2000  # training rows that are scored for the picture


@dataclass(frozen=True, slots=True)
class Scores:
    """Anomaly scores of some rows of a channel, in their order.

    Attributes:
        rows: their numbers, from 0.
        values: their scores.
        cut: the score above which a row is taken for anomalous.
        labels: 1 for rows that are anomalous, 0 for others; None where nobody said.
    """

    rows: Any
    values: Any
    cut: float
    labels: Any = None

    @property
    def anomalous(self) -> Any:
        """Which are taken for anomalous, booleans."""
        return self.values > self.cut


@dataclass(frozen=True, slots=True)
class Fit:
    """A finished training.

    Attributes:
        model: the forest.
        scores: by channel; of the training channel at most ``SCORED`` rows, evenly spread.
        metrics: channel -> metric -> value.
        values: all hyperparameters, typed.
        seconds: spent training, without reading and scoring.
    """

    model: Forest
    scores: dict[str, Scores]
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
    data = read_tables(RANDOM_CUT_FOREST, channels, labelled=("test",))
    for name, table in data.tables.items():
        fit_width(name, table, values["feature_dim"])
        check_present(f"channel '{name}'", table, RANDOM_CUT_FOREST.name)
        _check_labels(name, table)
    return data


def _check_labels(channel: str, table: Table) -> None:
    if table.labels is None:
        return
    wrong = ~np.isin(table.labels, (0, 1))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(
            f"channel '{channel}': row {row + 1} has the label {table.labels[row]:g}; expected 1 "
            f"for an anomaly, 0 for none"
        )


def all_values(hyperparameters: Mapping[str, str]) -> dict[str, Any]:
    """Typed hyperparameters, with the documented defaults of those that were not given."""
    return defaults(RANDOM_CUT_FOREST.hyperparameters) | RANDOM_CUT_FOREST.check(hyperparameters)


def train(hyperparameters: Mapping[str, str], data: Data, model_dir: str | Path) -> Fit:
    """Train, save ``model_algo-1`` and judge it.

    Raises:
        HyperparameterError, DataError: names what is wrong and what was expected.
        KeyboardInterrupt: the job was stopped; the trees so far are saved.
    """
    start = time.perf_counter()
    values, table = all_values(hyperparameters), data.train
    if "mini_batch_size" in hyperparameters:
        log("notice: mini_batch_size changes nothing: rows are drawn at random for each tree")
    model = _grow(table, values, Path(model_dir))
    model.save(Path(model_dir))
    seconds = time.perf_counter() - start
    throughput(table.rows, seconds)
    shown = np.linspace(0, table.rows - 1, min(table.rows, SCORED)).astype(int)
    scores = {"train": _scored(model, table, shown)}
    metrics = {"train": _usual(scores["train"])}
    if "test" in data.tables:
        test = data.tables["test"]
        scores["test"] = _scored(model, test, np.arange(test.rows))
        metrics["test"] = _usual(scores["test"])
        found = judge(scores["test"], values["eval_metrics"])
        for name, value in found.items():
            quality("test", name, value, "score")
        metrics["test"] |= found
    return Fit(model, scores, metrics, values, seconds)


def _grow(table: Table, values: Mapping[str, Any], model_dir: Path) -> Forest:
    """The forest; what there is of it is saved when the job is stopped."""
    trees, samples = values["num_trees"], values["num_samples_per_tree"]
    sizes, groves = sizes_of(trees), []
    rng = np.random.default_rng(0)
    log(f"{trees} trees of {min(samples, table.rows)} rows each, of {table.rows:,}")
    try:
        for grove in plant(table.features, trees, samples, rng):
            groves.append(grove)
            progress(sum(sizes[: len(groves)]), trees, "trees")
    except KeyboardInterrupt:
        if groves:
            Forest(tuple(groves), sizes[: len(groves)], table.columns).save(model_dir)
            log(f"stopped: {sum(sizes[: len(groves)])} trees are saved as model_algo-1")
        raise
    return Forest(tuple(groves), sizes, table.columns)


def _scored(model: Forest, table: Table, rows: Any) -> Scores:
    values = model.scores(table.features[rows])
    cut = float(values.mean() + DEVIATIONS * values.std())
    return Scores(rows, values, cut, None if table.labels is None else table.labels[rows])


def _usual(scores: Scores) -> dict[str, float]:
    return {
        "mean_score": float(scores.values.mean()),
        "cut": scores.cut,
        "anomalous": float(scores.anomalous.mean()),
    }


def judge(scores: Scores, wanted: tuple[str, ...]) -> dict[str, float]:
    """The documented metrics of rows whose labels are known."""
    taken, true = scores.anomalous, scores.labels > 0.5
    found = {}
    if ACCURACY in wanted:
        found["accuracy"] = float((taken == true).mean())
    if RATES in wanted:
        hits = float((taken & true).sum())
        precision, recall = hits / max(1, taken.sum()), hits / max(1, true.sum())
        whole = precision + recall
        found |= {
            "precision": float(precision),
            "recall": float(recall),
            "f1": float(2 * precision * recall / whole if whole else 0.0),
        }
    return found
