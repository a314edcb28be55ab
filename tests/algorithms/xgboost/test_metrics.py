from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk

from studio_ext.algorithms.xgboost.metrics import (
    class_scores,
    classes_of,
    confusion,
    evaluator,
    number_scores,
)
from studio_ext.algorithms.xgboost.vocabulary import CUSTOM


@pytest.mark.parametrize("classes", [2, 5])
def test_class_metrics_equal_scikit_learns(classes: int) -> None:
    rng = np.random.default_rng(classes)
    actual = rng.integers(0, classes, 300)
    guess = np.where(rng.random(300) < 0.6, actual, rng.integers(0, classes, 300))
    found = class_scores(confusion(actual, guess, classes))
    expected = {
        "accuracy": sk.accuracy_score(actual, guess),
        "balanced_accuracy": sk.balanced_accuracy_score(actual, guess),
        "f1": sk.f1_score(actual, guess, average="macro"),
        "f1_macro": sk.f1_score(actual, guess, average="macro"),
        "precision_macro": sk.precision_score(actual, guess, average="macro"),
        "precision_micro": sk.precision_score(actual, guess, average="micro"),
        "recall_macro": sk.recall_score(actual, guess, average="macro"),
        "recall_micro": sk.recall_score(actual, guess, average="micro"),
    }
    if classes == 2:
        expected |= {
            "f1_binary": sk.f1_score(actual, guess),
            "precision": sk.precision_score(actual, guess),
            "recall": sk.recall_score(actual, guess),
        }
    for name, value in expected.items():
        assert found[name] == pytest.approx(value), name


def test_number_metrics_equal_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    actual, guess = rng.normal(size=50), rng.normal(size=50)
    found = number_scores(actual, guess)
    assert found["mse"] == pytest.approx(sk.mean_squared_error(actual, guess))
    assert found["mae"] == pytest.approx(sk.mean_absolute_error(actual, guess))
    assert found["r2"] == pytest.approx(sk.r2_score(actual, guess))
    assert number_scores([1, 1], [1, 2])["r2"] == 0


@pytest.mark.parametrize(
    ("predictions", "objective", "classes"),
    [
        ([[0.1, 0.9], [0.8, 0.2]], "multi:softprob", [1, 0]),
        ([2.0, 0.0], "multi:softmax", [2, 0]),
        ([0.6, 0.4], "binary:logistic", [1, 0]),
        ([0.2, -0.1], "binary:logitraw", [1, 0]),
        ([1.0, 0.0], "binary:hinge", [1, 0]),
    ],
)
def test_classes(predictions: list[float], objective: str, classes: list[int]) -> None:
    assert classes_of(predictions, objective).tolist() == classes


def test_the_evaluator_gives_what_was_asked_for_in_order() -> None:
    class Labels:
        def get_label(self) -> np.ndarray:  # type: ignore[type-arg]
            return np.array([0, 1, 1], np.float32)

    evaluate = evaluator(CUSTOM, "binary:logistic", 2)
    assert evaluate is not None
    found = evaluate(np.array([0.1, 0.9, 0.3]), Labels())
    assert [name for name, _ in found] == list(CUSTOM)
    assert dict(found)["accuracy"] == pytest.approx(2 / 3)
    assert evaluator([], "binary:logistic", 2) is None
