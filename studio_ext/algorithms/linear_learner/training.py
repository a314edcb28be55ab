"""Train Linear Learner: many linear models side by side on the same mini-batches; keep the best.

The log has, after each epoch, the best model's losses under SageMaker's names, as in
``#quality_metric: host=algo-1, validation objective_loss <loss>=0.5``.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from studio_ext.algorithms.data import Data, read_data as read_tables
from studio_ext.algorithms.hyperparameters import defaults
from studio_ext.algorithms.job import log
from studio_ext.algorithms.linear_learner import metrics
from studio_ext.algorithms.linear_learner.candidates import Candidates, candidates
from studio_ext.algorithms.linear_learner.contract import LINEAR_LEARNER
from studio_ext.algorithms.linear_learner.losses import Loss, loss_of, sigmoid
from studio_ext.algorithms.linear_learner.model import LinearModel
from studio_ext.algorithms.linear_learner.optimizers import Optimizer
from studio_ext.algorithms.linear_learner.scaling import Scaling
from studio_ext.algorithms.linear_learner.selection import BY_LOSS, calibrate
from studio_ext.formats.errors import DataError
from studio_ext.formats.table import Table

JUDGED = 20_000  # training rows that stand in for a validation channel
CALIBRATED = 10_000  # rows that a threshold is found on, when left to choose
LOWER = ("objective_loss", "mse", "rmse", "absolute_loss")


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
    if values["feature_dim"] not in ("auto", table.columns):
        raise DataError(
            f"channel '{channel}' has {table.columns} features; expected "
            f"feature_dim={values['feature_dim']}"
        )
    if not table.sparse and np.isnan(table.features).any():
        row, column = np.argwhere(np.isnan(table.features))[0]
        raise DataError(
            f"channel '{channel}': row {row + 1}, feature {table.name(column)} is missing; "
            f"linear-learner expects a number everywhere"
        )
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
    start = time.perf_counter()
    training = Training(all_values(hyperparameters), data)
    log(f"training {training.models.count} models of {data.train.columns:,} features side by side")
    try:
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
    log(f"#throughput_metric: {_host()}, train throughput={seen / fit.seconds} records/second")
    return fit


class Training:
    """The state of a training: models, scaled data, and the best weights seen."""

    def __init__(self, values: dict[str, Any], data: Data) -> None:
        self.values = values
        self.rng = np.random.default_rng(0)
        self.loss_name, self.loss = loss_of(values)
        self.outputs = values.get("num_classes") or 1
        self.scaling = Scaling.learn(data.train, values, self.rng)
        self.features = self.scaling.features(data.train)
        self.labels = self.scaling.labels(data.train.labels)
        self.judged = "validation" if data.validation else "train"
        table = data.validation or data.train
        rows = np.sort(
            self.rng.permutation(table.rows)[: table.rows if data.validation else JUDGED]
        )
        self.judged_features = self.scaling.features(table)[rows]
        self.judged_labels = self.scaling.labels(table.labels)[rows]
        positive = float((self.labels > 0.5).mean()) if self.binary else 0.5
        self.models: Candidates = candidates(
            values, self.outputs, (1 - positive) / positive if positive else 1.0
        )
        self.class_weights = self._class_weights()
        columns = self.models.count * self.outputs
        shape = (data.train.columns, columns)
        if values["init_method"] == "uniform":
            start = self.rng.uniform(-values["init_scale"], values["init_scale"], shape)
        else:
            start = self.rng.normal(0, values["init_sigma"], shape)
        self.weights = start.astype(np.float32)
        self.bias = np.full(columns, values["init_bias"] if values["use_bias"] else 0, np.float32)
        self.history: dict[str, dict[str, list[float]]] = {}
        self.best_epoch = -1
        self.best_quality = -np.inf
        self.best_threshold = 0.5
        self.best_weights: Any = None
        self.best_bias: Any = None

    @property
    def binary(self) -> bool:
        return bool(self.values["predictor_type"] == "binary_classifier")

    def run(self) -> None:
        """All epochs, or fewer when the best model stops improving."""
        rows, size = len(self.labels), self.values["mini_batch_size"]
        epochs = self.values["epochs"]
        optimizer = Optimizer(self.values, self.models, self.outputs, epochs * -(-rows // size))
        watched, waited = np.inf, 0
        for epoch in range(epochs):
            losses = self._epoch(optimizer, size)
            validation, at = self._judge(epoch)
            self._record("train", float(losses[at]))
            if self.judged == "validation":
                self._record("validation", validation)
            log(
                f"#progress_metric: {_host()}, completed {100 * (epoch + 1) / epochs:.6g} % of epochs"
            )
            now = -self.best_quality if self.values["watches_criterion"] else validation
            if now < watched - self.values["early_stopping_tolerance"] * abs(watched) or (
                watched == np.inf
            ):
                watched, waited = now, 0
            else:
                waited += 1
            if waited >= self.values["early_stopping_patience"]:
                log(f"stopped early: no improvement for {waited} epochs")
                break

    def model(self) -> LinearModel:
        """The best model so far, on raw features."""
        weights, bias = self.scaling.unfold(self.best_weights, self.best_bias)
        return LinearModel(
            weights, bias, self.values["predictor_type"], self.loss_name, self.best_threshold
        )

    def _epoch(self, optimizer: Optimizer, size: int) -> Any:
        """One pass; the mean loss of each model on the way."""
        order = self.rng.permutation(len(self.labels))
        total = np.zeros(self.models.count)
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            features, labels = self.features[rows], self.labels[rows]
            values, slopes = self.loss(self._scores(features), labels)
            weights = self._row_weights(labels)
            if weights is not None:
                values = values * weights
                slopes = slopes * (weights if slopes.ndim == 2 else weights[..., None])
            total += values.sum(0)
            slopes = slopes.reshape(len(rows), -1).astype(np.float32) / np.float32(len(rows))
            optimizer.move(self.weights, self.bias, features.T @ slopes, slopes.sum(0))
        return total / len(order)

    def _scores(self, features: Any) -> Any:
        """(rows, models), of several classes (rows, models, classes)."""
        scores = features @ self.weights + self.bias
        return scores.reshape(len(scores), -1, self.outputs) if self.outputs > 1 else scores

    def _judge(self, epoch: int) -> tuple[float, int]:
        """Judge every model; remember the best if it is better. Its loss and its number."""
        with np.errstate(over="ignore", invalid="ignore"):
            scores = self._scores(self.judged_features)
            losses = self.loss(scores, self.judged_labels)[0].mean(0)
        if not np.isfinite(losses).any():
            raise DataError(
                "every model diverged: the losses are infinite; expected a smaller learning_rate "
                "or normalize_data=true"
            )
        qualities = np.where(np.isfinite(losses), -losses, -np.inf)
        thresholds = np.full(len(losses), 0.0)
        criterion = self.values["binary_classifier_model_selection_criteria"]
        if self.binary and criterion not in BY_LOSS:
            thresholds, qualities = self._calibrated(scores, qualities)
        best = np.flatnonzero(qualities == qualities.max())
        at = int(best[np.argmin(losses[best])])  # of equally good ones the one of least loss
        if qualities[at] > self.best_quality:
            self.best_quality, self.best_epoch = float(qualities[at]), epoch
            own = slice(at * self.outputs, (at + 1) * self.outputs)
            self.best_weights, self.best_bias = self.weights[:, own].copy(), self.bias[own].copy()
            cut = thresholds[at]
            self.best_threshold = float(sigmoid(cut) if self.loss_name == "logistic" else cut)
        return float(losses[at]), at

    def _calibrated(self, scores: Any, qualities: Any) -> tuple[Any, Any]:
        """The threshold and quality of each model that has not diverged."""
        asked = self.values["num_calibration_samples"]
        rows = min(len(scores), CALIBRATED if asked == "auto" else asked)
        pairs = [
            calibrate(scores[:rows, i], self.judged_labels[:rows], self.values)
            if np.isfinite(quality)
            else (0.0, -np.inf)
            for i, quality in enumerate(qualities)
        ]
        thresholds, found = zip(*pairs, strict=True)
        return np.array(thresholds), np.array(found)

    def _class_weights(self) -> Any:
        if self.outputs == 1 or not self.values["balance_multiclass_weights"]:
            return None
        counts = np.bincount(self.labels.astype(np.intp), minlength=self.outputs)
        return len(self.labels) / (np.count_nonzero(counts) * np.maximum(counts, 1))

    def _row_weights(self, labels: Any) -> Any:
        """(rows, models) or (rows, 1); None when all rows weigh the same."""
        if self.class_weights is not None:
            return self.class_weights[labels.astype(np.intp)][:, None]
        if self.binary and (self.models.positive_weight != 1).any():
            return np.where(labels[:, None] > 0.5, self.models.positive_weight, 1)
        return None

    def _record(self, channel: str, loss: float) -> None:
        self.history.setdefault(channel, {}).setdefault("objective_loss", []).append(loss)
        quality(channel, "objective_loss", loss)


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


def quality(channel: str, name: str, value: float) -> None:
    """One metric in the log, as SageMaker's clients parse it."""
    kind = "loss" if name in LOWER else "score"
    log(f"#quality_metric: {_host()}, {channel} {name} <{kind}>={value:.6g}")


def _host() -> str:
    return f"host={os.environ.get('SM_CURRENT_HOST', 'algo-1')}"
