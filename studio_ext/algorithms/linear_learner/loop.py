"""The training loop: all candidate models on the same mini-batches, judged after each epoch."""

from __future__ import annotations

from typing import Any

import numpy as np

from studio_ext.algorithms import metric_lines
from studio_ext.algorithms.data import Data
from studio_ext.algorithms.job import cores, log
from studio_ext.algorithms.linear_learner.candidates import Candidates, candidates
from studio_ext.algorithms.linear_learner.losses import loss_of, sigmoid
from studio_ext.algorithms.linear_learner.model import LinearModel
from studio_ext.algorithms.linear_learner.optimizers import Optimizer
from studio_ext.algorithms.linear_learner.scaling import Scaling
from studio_ext.algorithms.linear_learner.selection import BY_LOSS, calibrate
from studio_ext.formats.errors import DataError

JUDGED = 20_000  # training rows that stand in for a validation channel
CALIBRATED = 10_000  # rows that a threshold is found on, when left to choose
THREADED = 200_000  # weights from which a second thread is worth its while
LOWER = ("objective_loss", "mse", "rmse", "absolute_loss")


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

    def threads(self) -> int:
        """Of the linear algebra: on small matrices threads cost ten times what they save."""
        return 1 if self.weights.size < THREADED else cores()

    def run(self) -> None:
        """All epochs, or fewer when the best model stops improving."""
        rows, size = len(self.labels), self.values["mini_batch_size"]
        epochs = self.values["epochs"]
        optimizer = Optimizer(self.values, self.models, self.outputs, epochs * -(-rows // size))
        watched, waited = np.inf, 0
        for epoch in range(epochs):
            # A candidate may diverge: its loss is infinite then, and it is not chosen.
            with np.errstate(over="ignore", invalid="ignore"):
                losses = self._epoch(optimizer, size)
            validation, at = self._judge(epoch)
            self._record("train", float(losses[at]))
            if self.judged == "validation":
                self._record("validation", validation)
            metric_lines.progress(epoch + 1, epochs)
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


def quality(channel: str, name: str, value: float) -> None:
    """One metric in the log, as SageMaker's clients parse it."""
    metric_lines.quality(channel, name, value, "loss" if name in LOWER else "score")
