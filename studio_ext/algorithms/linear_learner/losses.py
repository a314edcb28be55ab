"""The nine losses, each for many models at once.

Scores have the shape (rows, models), of softmax (rows, models, classes). A loss gives its value for
each row and model and its derivative by the score. The errors of the regression losses are in the
units of training: of the normalised label when ``normalize_label`` is on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Loss = Callable[[Any, Any], tuple[Any, Any]]  # (scores, labels) -> (values, derivatives)

AUTO = {
    "binary_classifier": "logistic",
    "multiclass_classifier": "softmax_loss",
    "regressor": "squared_loss",
}


def loss_of(values: Mapping[str, Any]) -> tuple[str, Loss]:
    """The name and function of the loss that typed hyperparameters ask for."""
    name = values["loss"] if values["loss"] != "auto" else AUTO[values["predictor_type"]]
    return name, _makers()[name](values)


def sigmoid(scores: Any) -> Any:
    """The logistic function, without overflow."""
    return 0.5 * (1 + np.tanh(0.5 * scores))


def _logistic(scores: Any, labels: Any) -> tuple[Any, Any]:
    labels = labels[:, None]
    # log(1 + exp(s)), without overflow; NumPy's logaddexp is several times slower.
    grown = np.maximum(scores, 0) + np.log(1 + np.exp(-np.abs(scores)))
    return grown - labels * scores, sigmoid(scores) - labels


def _softmax(scores: Any, labels: Any) -> tuple[Any, Any]:
    classes = labels.astype(np.intp)[:, None, None]
    shares = np.exp(scores - scores.max(-1, keepdims=True))
    shares /= shares.sum(-1, keepdims=True)
    right = np.take_along_axis(shares, classes, -1)
    np.put_along_axis(shares, classes, right - 1, -1)
    return -np.log(np.maximum(right[..., 0], 1e-30)), shares


def _squared(scores: Any, labels: Any) -> tuple[Any, Any]:
    error = scores - labels[:, None]
    return error**2, 2 * error


def _absolute(scores: Any, labels: Any) -> tuple[Any, Any]:
    error = scores - labels[:, None]
    return np.abs(error), np.sign(error)


def _hinge(margin: float) -> Loss:
    def loss(scores: Any, labels: Any) -> tuple[Any, Any]:
        sign = (2 * labels - 1)[:, None]
        short = margin - sign * scores
        return np.maximum(short, 0), np.where(short > 0, -sign, 0)

    return loss


def _insensitive(width: float, square: bool) -> Loss:
    def loss(scores: Any, labels: Any) -> tuple[Any, Any]:
        error = scores - labels[:, None]
        beyond = np.maximum(np.abs(error) - width, 0)
        if square:
            return beyond**2, 2 * beyond * np.sign(error)
        return beyond, np.where(beyond > 0, np.sign(error), 0)

    return loss


def _quantile(above: float) -> Loss:
    """``above`` is the chance that the label exceeds the prediction, as SageMaker defines it."""

    def loss(scores: Any, labels: Any) -> tuple[Any, Any]:
        error = scores - labels[:, None]
        slope = np.where(error > 0, above, above - 1)
        return error * slope, slope

    return loss


def _huber(delta: float) -> Loss:
    def loss(scores: Any, labels: Any) -> tuple[Any, Any]:
        error = scores - labels[:, None]
        size = np.abs(error)
        value = np.where(size <= delta, 0.5 * error**2, delta * (size - 0.5 * delta))
        return value, np.clip(error, -delta, delta)

    return loss


def _makers() -> Mapping[str, Callable[[Mapping[str, Any]], Loss]]:
    return {
        "logistic": lambda v: _logistic,
        "softmax_loss": lambda v: _softmax,
        "squared_loss": lambda v: _squared,
        "absolute_loss": lambda v: _absolute,
        "hinge_loss": lambda v: _hinge(v["margin"]),
        "eps_insensitive_squared_loss": lambda v: _insensitive(v["loss_insensitivity"], True),
        "eps_insensitive_absolute_loss": lambda v: _insensitive(v["loss_insensitivity"], False),
        "quantile_loss": lambda v: _quantile(v["quantile"]),
        "huber_loss": lambda v: _huber(v["huber_delta"]),
    }
