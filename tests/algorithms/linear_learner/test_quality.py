"""Linear Learner beside scikit-learn's linear models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, mean_squared_error, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from studio_ext.algorithms.linear_learner.training import train
from tests.algorithms.conftest import split

# A thousand rows are one mini-batch of the default size.
SHARED = {"mini_batch_size": "20", "epochs": "60"}
CASES = {
    "diabetes": ("mse", {"predictor_type": "regressor"}),
    "cancer": ("roc_auc_score", {"predictor_type": "binary_classifier"}),
    "digits": (
        "multiclass_accuracy",
        {"predictor_type": "multiclass_classifier", "num_classes": "10"},
    ),
}


def reference(name: str, data: Any) -> float:
    """The metric of scikit-learn's model on the test channel."""
    model = Ridge() if name == "diabetes" else LogisticRegression(max_iter=500)
    fitted = make_pipeline(StandardScaler(), model).fit(data.train.features, data.train.labels)
    test = data.tables["test"]
    if name == "diabetes":
        return float(mean_squared_error(test.labels, fitted.predict(test.features)))
    if name == "cancer":
        return float(roc_auc_score(test.labels, fitted.predict_proba(test.features)[:, 1]))
    return float(accuracy_score(test.labels, fitted.predict(test.features)))


@pytest.mark.parametrize("name", CASES)
def test_it_is_as_good_as_scikit_learn(name: str, quality: Callable[..., None]) -> None:
    metric, given = CASES[name]
    ours, theirs = [], []
    for seed in range(3):
        data = split(name, seed, test=True)
        ours.append(train(SHARED | given, data, "model").metrics["test"][metric])
        theirs.append(reference(name, data))
    peer = "Ridge" if name == "diabetes" else "LogisticRegression"
    quality("Linear Learner", name, metric, ours, peer, theirs, higher=metric != "mse")
