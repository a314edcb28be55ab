"""Train KNN: draw rows, reduce their dimension if asked, index them, judge on the test channel."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from studio_ext.algorithms.data import Data, read_data as read_tables
from studio_ext.algorithms.hyperparameters import defaults
from studio_ext.algorithms.job import log
from studio_ext.algorithms.knn.contract import IVFPQ, KNN
from studio_ext.algorithms.knn.index import build
from studio_ext.algorithms.knn.model import KnnModel, prepare
from studio_ext.algorithms.knn.projection import projection
from studio_ext.algorithms.metric_lines import quality, throughput
from studio_ext.formats.errors import DataError
from studio_ext.formats.table import Table

SMALL = 2000  # rows of a test channel that are quick to look up
SHOWN_K = 20  # numbers of neighbours whose quality is told, at least


@dataclass(frozen=True, slots=True)
class Judged:
    """Predictions for a channel.

    Attributes:
        channel: its name.
        actual: labels, shape (rows,).
        answers: for 1, 2, … neighbours, shape (rows, numbers of neighbours).
    """

    channel: str
    actual: Any
    answers: Any

    def by_k(self, predictor_type: str) -> list[float]:
        """The accuracy, or the mean squared error, for each number of neighbours."""
        if predictor_type == "classifier":
            return [float(v) for v in (self.answers == self.actual[:, None]).mean(0)]
        return [float(v) for v in ((self.answers - self.actual[:, None]) ** 2).mean(0)]


@dataclass(frozen=True, slots=True)
class Fit:
    """A finished training.

    Attributes:
        model: the index and its labels.
        rows: the rows of the train channel that it has, in their order.
        test: the test channel judged, None without one.
        values: all hyperparameters, typed.
        seconds: spent training, without reading.
    """

    model: KnnModel
    rows: Any
    test: Judged | None
    values: Mapping[str, Any]
    seconds: float

    @property
    def metric(self) -> str:
        return metric_of(self.values)

    @property
    def metrics(self) -> dict[str, dict[str, float]]:
        """``{"test": {"accuracy": …}}``; empty without a test channel."""
        if self.test is None:
            return {}
        by_k = self.test.by_k(self.values["predictor_type"])
        return {"test": {self.metric: by_k[self.values["k"] - 1]}}


def metric_of(values: Mapping[str, Any]) -> str:
    return "accuracy" if values["predictor_type"] == "classifier" else "mse"


def read_data(
    hyperparameters: Mapping[str, str], channels: Mapping[str, Mapping[str, Any]]
) -> Data:
    """Check the hyperparameters, then read the channels and check their values.

    Raises:
        HyperparameterError, DataError: names what is wrong and what was expected.
    """
    values = all_values(hyperparameters)
    data = read_tables(KNN, channels)
    for name, table in data.tables.items():
        check_table(name, table, values["feature_dim"])
    return data


def all_values(hyperparameters: Mapping[str, str]) -> dict[str, Any]:
    """Typed hyperparameters, with the documented defaults of those that were not given."""
    return defaults(KNN.hyperparameters) | KNN.check(hyperparameters)


def check_table(channel: str, table: Table, width: int) -> None:
    """Raise DataError for another width (sparse rows are widened) or missing values."""
    if table.sparse and table.columns < width:
        table.features.resize((table.rows, width))
    if table.columns != width:
        raise DataError(
            f"channel '{channel}' has {table.columns} features; expected feature_dim={width}"
        )
    numbers = table.features.data if table.sparse else table.features
    if np.isnan(numbers).any():
        row, column = np.argwhere(np.isnan(table.dense()))[0]
        raise DataError(
            f"channel '{channel}': row {row + 1}, feature {table.name(column)} is missing; knn "
            f"expects a number everywhere"
        )


def train(hyperparameters: Mapping[str, str], data: Data, model_dir: str | Path) -> Fit:
    """Index, save ``model_algo-1`` and judge.

    Raises:
        HyperparameterError, DataError: names what is wrong and what was expected.
        KeyboardInterrupt: the job was stopped; the model is saved unless it was still indexing.
    """
    start = time.perf_counter()
    values = all_values(hyperparameters)
    rng = np.random.default_rng(0)
    rows = _sample(data.train.rows, values, rng)
    model = _index(data.train, rows, values, rng)
    model.save(Path(model_dir))
    seconds = time.perf_counter() - start
    log(f"indexed {len(rows):,} rows of {model.index.d} dimensions as {values['index_type']}")
    throughput(len(rows), seconds)
    test = data.tables.get("test")
    fit = Fit(model, rows, None if test is None else judge(model, test, "test"), values, seconds)
    for name, value in fit.metrics.get("test", {}).items():
        log(f"#test_score (algo-1) : ('{name}', {value})")
        quality("test", name, value, "score" if name == "accuracy" else "loss")
    return fit


def _sample(rows: int, values: Mapping[str, Any], rng: np.random.Generator) -> Any:
    """The rows to index; all of them when ``sample_size`` asks for more than there are."""
    if values["k"] > rows:
        raise DataError(f"channel 'train' has {rows} rows; expected at least k={values['k']}")
    if values["sample_size"] >= rows:
        return np.arange(rows)
    return np.sort(rng.choice(rows, values["sample_size"], replace=False))


def _index(
    table: Table, rows: Any, values: Mapping[str, Any], rng: np.random.Generator
) -> KnnModel:
    kind, width = values.get("dimension_reduction_type"), values["feature_dim"]
    width = values["dimension_reduction_target"] if kind else width
    if values["index_type"] == IVFPQ:  # the parts of a row must be of equal size
        width = -(-width // values["faiss_index_pq_m"]) * values["faiss_index_pq_m"]
    matrix = None
    if kind is not None:
        matrix = projection(kind, values["feature_dim"], width, len(rows), rng)
    features = table.features if len(rows) == table.rows else table.features[rows]
    points = prepare(features, matrix, values["index_metric"], width)
    return KnnModel(
        index=build(points, values),
        labels=np.asarray(table.labels)[rows],
        projection=matrix,
        features=values["feature_dim"],
        k=values["k"],
        predictor_type=values["predictor_type"],
        metric=values["index_metric"],
        batch=values["mini_batch_size"],
    )


def judge(model: KnnModel, table: Table, channel: str) -> Judged:
    """Predict a labelled table, for ``k`` neighbours and fewer; of a small one for more too."""
    most = model.k
    if table.rows <= SMALL:  # where comparing costs next to nothing
        most = min(max(2 * model.k, SHOWN_K), len(model.labels), max(model.k, 200))
    numbers = model.neighbours(table.features, most)[1]
    return Judged(channel, np.asarray(table.labels), model.answers(model.labels[numbers]))
