"""Train a factorization machine by Adam on mini-batches of sparse rows.

The log has, after each epoch, the metrics of the training rows as they were met on the way, and at
the end those of the test channel.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from studio_ext.algorithms.data import Data, read_data as read_tables
from studio_ext.algorithms.factorization_machines.contract import (
    FACTORIZATION_MACHINES,
    LOSSES,
    NEEDS,
    PARTS,
)
from studio_ext.algorithms.factorization_machines.machine import (
    Batches,
    Parameters,
    gradient,
    scores,
)
from studio_ext.algorithms.factorization_machines.metrics import measure, slopes
from studio_ext.algorithms.factorization_machines.model import Machine
from studio_ext.algorithms.factorization_machines.optimizer import Adam
from studio_ext.algorithms.hyperparameters import defaults
from studio_ext.algorithms.job import log
from studio_ext.algorithms.metric_lines import progress, quality, throughput
from studio_ext.formats.errors import DataError
from studio_ext.formats.table import Table

WATCHED = 20_000  # test rows, at most, that are scored after each epoch for the curve


@dataclass(frozen=True, slots=True)
class Fit:
    """A finished training.

    Attributes:
        model: after the last epoch.
        history: channel -> metric -> value after each epoch.
        metrics: channel -> metric -> value, of the model.
        values: all hyperparameters, typed.
        seconds: spent training, without reading.
    """

    model: Machine
    history: dict[str, dict[str, list[float]]]
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
    data = read_tables(FACTORIZATION_MACHINES, channels)
    for name, table in data.tables.items():
        check_table(name, table, values)
    return data


def all_values(hyperparameters: Mapping[str, str]) -> dict[str, Any]:
    """Typed hyperparameters, with the documented defaults of those that were not given."""
    given = FACTORIZATION_MACHINES.check(hyperparameters)
    values = defaults(FACTORIZATION_MACHINES.hyperparameters) | given
    for part in PARTS:
        for method, needed in NEEDS.items():
            name = f"{part}_init_{needed}"
            if name in given and values[f"{part}_init_method"] != method:
                log(f"notice: {name} changes nothing, as {part}_init_method is not {method}")
    return values


def check_table(channel: str, table: Table, values: Mapping[str, Any]) -> None:
    """Raise DataError for another width (sparse rows are widened), missing values, or labels."""
    width = values["feature_dim"]
    if table.sparse and table.columns < width:
        table.features.resize((table.rows, width))
    if table.columns != width:
        raise DataError(
            f"channel '{channel}' has {table.columns} features; expected feature_dim={width}"
        )
    numbers = table.features.data if table.sparse else table.features
    if np.isnan(numbers).any():
        bad = table.features.tocoo() if table.sparse else None
        at = int(np.argmax(np.isnan(numbers)))
        row, column = divmod(at, width) if bad is None else (bad.row[at], bad.col[at])
        raise DataError(
            f"channel '{channel}': row {row + 1}, feature {table.name(column)} is not a number; "
            f"factorization-machines expects a number everywhere"
        )
    labels = np.asarray(table.labels)
    wrong = (labels != 0) & (labels != 1)
    if values["predictor_type"] == "binary_classifier" and wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(
            f"channel '{channel}': row {row + 1} has the label {labels[row]:g}; expected 0 or 1 "
            f"with predictor_type binary_classifier"
        )


def train(hyperparameters: Mapping[str, str], data: Data, model_dir: str | Path) -> Fit:
    """Train, judge and save ``model_algo-1``.

    Raises:
        HyperparameterError, DataError: names what is wrong and what was expected.
        KeyboardInterrupt: the job was stopped; the model so far is saved.
    """
    start = time.perf_counter()
    training = Training(all_values(hyperparameters), data)
    try:
        training.run()
    except KeyboardInterrupt:
        if training.optimizer.step:
            training.model.save(Path(model_dir))
            log("stopped: the model so far is saved as model_algo-1")
        raise
    model = training.model
    model.save(Path(model_dir))
    seconds = time.perf_counter() - start
    metrics = {
        name: measure(model.binary, model.raw(table.features), table.labels)
        for name, table in data.tables.items()
    }
    for name, value in metrics.get("test", {}).items():
        _quality("test", name, value)
    throughput(data.train.rows * training.values["epochs"], seconds)
    return Fit(model, training.history, metrics, training.values, seconds)


class Training:
    """The state of a training: parameters, their moments, and what was measured."""

    def __init__(self, values: Mapping[str, Any], data: Data) -> None:
        from scipy import sparse

        self.values = values
        self.rng = np.random.default_rng(0)
        self.matrix = sparse.csr_matrix(data.train.features)
        self.labels = np.asarray(data.train.labels, np.float32)
        self.parameters = start(values, self.rng)
        self.model = Machine(self.parameters, values["predictor_type"])
        self.optimizer = Adam(values, self.parameters)
        self.batches = Batches(values["feature_dim"])
        self.watched = data.tables.get("test")
        self.history: dict[str, dict[str, list[float]]] = {}

    def run(self) -> None:
        """All epochs."""
        for epoch in range(self.values["epochs"]):
            order = self.rng.permutation(len(self.labels))
            with np.errstate(over="ignore", invalid="ignore"):  # told below, in words
                raw = self._epoch(self.matrix[order], self.labels[order])
                found = measure(self.model.binary, raw, self.labels[order])
            loss = next(iter(found))
            if not np.isfinite(found[loss]):
                raise DataError(
                    f"the training diverged in epoch {epoch}: {loss} is {found[loss]}; expected a "
                    f"smaller factors_lr or linear_lr, or features of about 1"
                )
            for name, value in found.items():
                _quality("train", name, value, epoch)
            self._remember("train", found)
            if self.watched is not None:
                self._remember("test", self._watch(self.watched))
            progress(epoch + 1, self.values["epochs"])

    def _epoch(self, matrix: Any, labels: Any) -> Any:
        """One pass; the score of each row before the step that it takes part in."""
        raw, size = np.empty(len(labels), np.float32), self.values["mini_batch_size"]
        for start in range(0, len(labels), size):
            end = min(start + size, len(labels))
            batch = self.batches.take(matrix, start, end)
            own = self.parameters.factors[batch.columns]
            linear = self.parameters.linear[batch.columns]
            found, products = scores(batch, self.parameters.bias, linear, own)
            raw[start:end] = found
            slope = slopes(self.model.binary, found, labels[start:end])
            moves = gradient(batch, slope.astype(np.float32), products, own)
            self.optimizer.move(moves, batch.columns, end - start)
        return raw

    def _watch(self, table: Table) -> dict[str, float]:
        rows = slice(0, WATCHED)
        return measure(self.model.binary, self.model.raw(table.features[rows]), table.labels[rows])  # type: ignore[index]

    def _remember(self, channel: str, found: Mapping[str, float]) -> None:
        for name, value in found.items():
            self.history.setdefault(channel, {}).setdefault(name, []).append(value)


def start(values: Mapping[str, Any], rng: np.random.Generator) -> Parameters:
    """Parameters drawn as the three ``…_init_method`` say."""
    width, factors = values["feature_dim"], values["num_factors"]
    shapes = {"bias": (1,), "linear": (width,), "factors": (width, factors)}
    made = {}
    for part, shape in shapes.items():
        method = values[f"{part}_init_method"]
        size = np.float32(values[f"{part}_init_{NEEDS[method]}"])
        if method == "constant":
            made[part] = np.full(shape, size, np.float32)
        elif method == "uniform":
            made[part] = (2 * rng.random(shape, np.float32) - 1) * size
        else:
            made[part] = rng.standard_normal(shape, np.float32) * size
    return Parameters(**made)


def _quality(channel: str, name: str, value: float, epoch: int | None = None) -> None:
    quality(channel, name, value, "loss" if name in LOSSES else "score", epoch=epoch)
