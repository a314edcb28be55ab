"""Train Linear Learner: many linear models side by side on the same mini-batches; keep the best.

The log has, after each epoch, the best model's losses under SageMaker's names, as in
``#quality_metric: host=algo-1, validation objective_loss <loss>=0.5``.
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
from studio_ext.algorithms.linear_learner import metrics
from studio_ext.algorithms.linear_learner.contract import LINEAR_LEARNER
from studio_ext.algorithms.linear_learner.loop import Training, quality
from studio_ext.algorithms.linear_learner.losses import Loss
from studio_ext.algorithms.linear_learner.model import LinearModel
from studio_ext.algorithms.metric_lines import throughput
from studio_ext.formats.errors import DataError
from studio_ext.formats.table import Table


@dataclass(frozen=True, slots=True)
class Fit:
    """A finished training.

    Attributes:
        model: the best one.
        history: channel -> metric -> value after each epoch, of the best model of that epoch.
        best_epoch: (from 0) that the model is of.
        metrics: channel -> metric -> value, of the model.
        weights: of the model on scaled features, shape (features, outputs).
        values: all hyperparameters, typed.
        seconds: spent training, without reading.
    """

    model: LinearModel
    history: dict[str, dict[str, list[float]]]
    best_epoch: int
    metrics: dict[str, dict[str, float]]
    weights: Any
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
    data = read_tables(LINEAR_LEARNER, channels)
    for name, table in data.tables.items():
        check_table(name, table, values)
    return data


def all_values(hyperparameters: Mapping[str, str]) -> dict[str, Any]:
    """Typed hyperparameters, with the documented defaults of those that were not given.

    Early stopping watches the selection criterion only when that was given.
    """
    given = LINEAR_LEARNER.check(hyperparameters)
    watched = "binary_classifier_model_selection_criteria" in given
    return defaults(LINEAR_LEARNER.hyperparameters) | given | {"watches_criterion": watched}


def check_table(channel: str, table: Table, values: Mapping[str, Any]) -> None:
    """Raise DataError for missing values, a wrong width, or labels that are no classes."""
    if values["feature_dim"] != "auto":
        fit_width(channel, table, values["feature_dim"])
    check_present(f"channel '{channel}'", table, "linear-learner")
    kind, labels = values["predictor_type"], np.asarray(table.labels)
    classes = {"binary_classifier": 2}.get(kind, values.get("num_classes"))
    if kind == "regressor" or classes is None:
        return
    bad = (labels < 0) | (labels >= classes) | (labels != np.floor(labels))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise DataError(
            f"channel '{channel}': row {row + 1} has the label {labels[row]:g}; expected a whole "
            f"number from 0 to {classes - 1} with predictor_type {kind}"
        )


def train(hyperparameters: Mapping[str, str], data: Data, model_dir: str | Path) -> Fit:
    """Train, judge and save ``model_algo-1``.

    Raises:
        HyperparameterError, DataError: names what is wrong and what was expected.
        KeyboardInterrupt: the job was stopped; the best model so far is saved.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    start = time.perf_counter()
    training = Training(all_values(hyperparameters), data)
    log(f"training {training.models.count} models of {data.train.columns:,} features side by side")
    try:
        with threadpool_limits(training.threads(), "blas"):
            training.run()
    except KeyboardInterrupt:
        if training.best_epoch >= 0:
            training.model().save(Path(model_dir))
            log("stopped: the best model so far is saved as model_algo-1")
        raise
    model = training.model()
    model.save(Path(model_dir))
    fit = Fit(
        model=model,
        history=training.history,
        best_epoch=training.best_epoch,
        metrics={
            name: judge(model, table, training.values, training.loss)
            for name, table in data.tables.items()
        },
        weights=training.best_weights,
        values=training.values,
        seconds=time.perf_counter() - start,
    )
    for channel, values in fit.metrics.items():
        for name, value in values.items():
            if channel != "train" or name == "objective_loss":
                quality(channel, name, value)
    seen = data.train.rows * len(training.history["train"]["objective_loss"])
    throughput(seen, fit.seconds)
    return fit


def judge(
    model: LinearModel, table: Table, values: Mapping[str, Any], loss: Loss
) -> dict[str, float]:
    """The documented metrics of a model on a table, and its mean loss on raw labels."""
    raw = (table.features @ model.weights + model.bias)[:, None, :]
    labels = np.asarray(table.labels)
    scores = raw if model.predictor_type == "multiclass_classifier" else raw[:, 0]
    found = {"objective_loss": float(loss(scores, labels)[0].mean())}
    scores = model.scores(table.features)
    if model.predictor_type == "regressor":
        return found | metrics.regression(labels, scores)
    if model.predictor_type == "binary_classifier":
        return found | metrics.binary(labels, scores, model.labels(scores), values)
    return found | metrics.multiclass(labels, scores, values)
