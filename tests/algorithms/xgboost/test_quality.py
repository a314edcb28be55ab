"""XGBoost beside scikit-learn's boosted trees; against XGBoost's own API, results are equal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import accuracy_score, mean_squared_error, roc_auc_score

from studio_ext.algorithms.xgboost.evaluation import predict_table
from studio_ext.algorithms.xgboost.training import train
from tests.algorithms.conftest import split

ROUNDS = 60
CASES: dict[str, tuple[str, dict[str, str]]] = {
    "diabetes": ("mse", {}),
    "cancer": ("roc auc", {"objective": "binary:logistic"}),
    "wine": ("accuracy", {"objective": "multi:softprob", "num_class": "3"}),
}
SHARED = {"num_round": str(ROUNDS), "eta": "0.1", "max_depth": "4"}


def judged(name: str, labels: Any, scores: Any) -> float:
    if name == "diabetes":
        return float(mean_squared_error(labels, scores))
    if name == "cancer":
        return float(roc_auc_score(labels, scores))
    return float(accuracy_score(labels, np.argmax(scores, axis=1)))


def reference(name: str, data: Any) -> float:
    kind = HistGradientBoostingRegressor if name == "diabetes" else HistGradientBoostingClassifier
    model = kind(max_iter=ROUNDS, learning_rate=0.1, max_depth=4, random_state=0)
    model.fit(data.train.features, data.train.labels)
    test = data.tables["test"]
    if name == "diabetes":
        return judged(name, test.labels, model.predict(test.features))
    shares = model.predict_proba(test.features)
    return judged(name, test.labels, shares[:, 1] if name == "cancer" else shares)


@pytest.mark.parametrize("name", CASES)
def test_it_is_as_good_as_scikit_learn(name: str, quality: Callable[..., None]) -> None:
    metric, given = CASES[name]
    ours, theirs = [], []
    for seed in range(3):
        data = split(name, seed, test=True)
        done = train(SHARED | given, data, "model", "output", {})
        test = data.tables["test"]
        ours.append(judged(name, test.labels, predict_table(done.models, test)))
        theirs.append(reference(name, data))
    quality("XGBoost", name, metric, ours, "HistGradientBoosting", theirs, higher=metric != "mse")
