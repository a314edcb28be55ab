from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk

from studio_ext.algorithms.linear_learner import metrics

RNG = np.random.default_rng(0)


def test_binary_metrics_equal_scikit_learns() -> None:
    actual = RNG.integers(0, 2, 200)
    scores = np.round(RNG.random(200), 1)  # with ties
    said = scores >= 0.5
    found = metrics.binary(actual, scores, said, {"f_beta": 2.0})
    assert found == {
        "binary_classification_accuracy": pytest.approx(sk.accuracy_score(actual, said)),
        "binary_f_beta": pytest.approx(sk.fbeta_score(actual, said, beta=2)),
        "precision": pytest.approx(sk.precision_score(actual, said)),
        "recall": pytest.approx(sk.recall_score(actual, said)),
        "roc_auc_score": pytest.approx(sk.roc_auc_score(actual, scores)),
    }
    assert metrics.roc_auc(np.ones(3, bool), np.arange(3)) == 0.5


def test_multiclass_metrics_equal_scikit_learns() -> None:
    actual = RNG.integers(0, 4, 300)
    scores = RNG.random((300, 4)) + 0.5 * np.eye(4)[actual]
    said = scores.argmax(1)
    found = metrics.multiclass(actual, scores, {"f_beta": 1.0, "accuracy_top_k": 2})
    assert found["multiclass_accuracy"] == pytest.approx(sk.accuracy_score(actual, said))
    assert found["multiclass_top_k_accuracy"] == pytest.approx(
        sk.top_k_accuracy_score(actual, scores, k=2)
    )
    assert found["macro_f_beta"] == pytest.approx(sk.f1_score(actual, said, average="macro"))
    assert found["macro_recall"] == pytest.approx(sk.recall_score(actual, said, average="macro"))
    assert found["dcg"] == pytest.approx(sk.dcg_score(np.eye(4)[actual], scores))


def test_regression_metrics() -> None:
    found = metrics.regression([1, 2], [2, 4])
    assert found == {"mse": 2.5, "rmse": pytest.approx(2.5**0.5), "absolute_loss": 1.5}
