"""KNN beside scikit-learn's nearest neighbours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from studio_ext.algorithms.data import Data
from studio_ext.algorithms.knn.training import train
from tests.algorithms.conftest import split

NAMES = {
    "digits": ("accuracy", "64"),
    "cancer": ("accuracy", "30"),
    "diabetes": ("mse", "10"),
}
INDICES = {
    "Flat": {},
    "IVFFlat": {"index_type": "faiss.IVFFlat"},
    "cosine": {"index_metric": "COSINE"},
}


def reference(name: str, data: Data, index: str) -> float:
    metric = "cosine" if index == "cosine" else "minkowski"
    model: Any = KNeighborsRegressor(5, metric=metric)
    if name != "diabetes":
        model = KNeighborsClassifier(5, metric=metric)
    model.fit(data.train.features, data.train.labels)
    test = data.tables["test"]
    predicted = model.predict(test.features)
    if name == "diabetes":
        return float(((predicted - test.labels) ** 2).mean())
    return float((predicted == test.labels).mean())


@pytest.mark.parametrize("index", INDICES)
@pytest.mark.parametrize("name", NAMES)
def test_it_is_as_good_as_scikit_learn(name: str, index: str, quality: Callable[..., None]) -> None:
    metric, width = NAMES[name]
    ours, theirs = [], []
    for seed in range(3):
        data = split(name, seed, test=True)
        both = Data({key: data.tables[key] for key in ("train", "test")})
        given = {"k": "5", "sample_size": "5000", "feature_dim": width} | INDICES[index]
        given["predictor_type"] = "regressor" if name == "diabetes" else "classifier"
        ours.append(train(given, both, "model").metrics["test"][metric])
        theirs.append(reference(name, both, index))
    quality(f"KNN, {index}", name, metric, ours, "sklearn KNeighbors", theirs,
            higher=metric != "mse")  # fmt: skip


def test_codes_cost_little(quality: Callable[..., None]) -> None:
    """IVFPQ keeps a byte for each four features and is compared with the exact neighbours."""
    ours, theirs = [], []
    for seed in range(3):
        data = split("digits", seed, test=True)
        both = Data({key: data.tables[key] for key in ("train", "test")})
        given = {"k": "5", "sample_size": "5000", "feature_dim": "64"}
        given |= {"predictor_type": "classifier", "index_type": "faiss.IVFPQ"}
        given["faiss_index_pq_m"] = "16"
        ours.append(train(given, both, "model").metrics["test"]["accuracy"])
        theirs.append(reference("digits", both, "Flat"))
    quality("KNN, IVFPQ", "digits", "accuracy", ours, "sklearn KNeighbors", theirs)
