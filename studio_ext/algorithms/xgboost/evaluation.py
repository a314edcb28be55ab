"""Judge a trained XGBoost model on its held-out channel."""

from __future__ import annotations

from typing import Any

import numpy as np
import xgboost

from studio_ext.algorithms.data import Data
from studio_ext.algorithms.job import threads
from studio_ext.algorithms.report import CLASSES, NUMBERS, Report
from studio_ext.algorithms.xgboost.metrics import (
    class_scores,
    classes_of,
    confusion,
    number_scores,
)
from studio_ext.algorithms.xgboost.rules import is_classifier
from studio_ext.algorithms.xgboost.training import Fit
from studio_ext.formats.table import Table


def evaluate(fit: Fit, data: Data) -> Report:
    """Predict the held-out channel and compare.

    Metrics are those that training printed, of the model kept, and accuracy and F1 of a classifier
    or RMSE, MAE and R2 of a regression.
    """
    channel, table = data.held_out()
    objective = fit.values.get("objective", "reg:squarederror")
    raw = predict_table(fit.models, table)
    labels: Any = table.labels
    classifier = is_classifier(fit.values) and bool((np.mod(labels, 1) == 0).all())
    metrics = {name: dict(values) for name, values in fit.final().items()}
    own = metrics.setdefault(channel, {})
    if classifier:
        predicted: Any = classes_of(raw, objective)
        actual: Any = np.asarray(labels, np.int64)
        scores = class_scores(confusion(actual, predicted, fit.values.get("num_class", 2)))
        own |= {name: scores[name] for name in ("accuracy", "f1")}
    else:
        actual, predicted = labels, raw
        if objective.startswith(("reg:", "count:")):
            scores = number_scores(actual, predicted)
            own |= {name: scores[name] for name in ("rmse", "mae", "r2")}
    return Report(
        channel=channel,
        task=CLASSES if classifier else NUMBERS,
        actual=actual,
        predicted=predicted,
        metrics=metrics,
        importance=importance(fit, data),
        importance_of="share of total gain" if _is_tree(fit) else "share of |weight|",
    )


def predict_table(models: tuple[Any, ...], table: Table) -> Any:
    """Predictions, the mean of the models'; class ids of multi:softmax by majority."""
    matrix = xgboost.DMatrix(table.features, nthread=threads(table.rows * table.columns))
    predictions = [model.predict(matrix, validate_features=False) for model in models]
    return predictions[0] if len(predictions) == 1 else np.mean(predictions, axis=0)


def importance(fit: Fit, data: Data) -> dict[str, float]:
    """Share of the total gain (trees) or of the absolute weights (linear) by feature."""
    kind = "total_gain" if _is_tree(fit) else "weight"
    total: dict[str, float] = {}
    for model in fit.models:
        for feature, value in model.get_score(importance_type=kind).items():
            name = data.train.name(int(feature[1:]))
            total[name] = total.get(name, 0.0) + float(np.abs(value).sum())
    whole = sum(total.values()) or 1.0
    return {name: total[name] / whole for name in sorted(total, key=lambda n: -total[n])}


def _is_tree(fit: Fit) -> bool:
    return str(fit.values.get("booster", "gbtree")) != "gblinear"
