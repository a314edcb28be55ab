"""K-means beside scikit-learn's, which starts ten times and passes over all rows until it ends."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.cluster import KMeans

from studio_ext.algorithms.kmeans.training import train
from tests.algorithms.unlabelled import rows_of, unlabelled

CASES = {"digits": 10, "cancer": 5, "wine": 3}


@pytest.mark.parametrize("name", CASES)
def test_it_is_as_good_as_scikit_learn(name: str, quality: Callable[..., None]) -> None:
    k, ours, theirs = CASES[name], [], []
    for seed in range(3):
        rows = rows_of(name, seed)
        cut = int(0.8 * len(rows))
        given = {"k": str(k), "feature_dim": str(rows.shape[1])}
        fit = train(given, unlabelled(rows[:cut], rows[cut:]), "model")
        ours.append(fit.metrics["test"]["msd"])
        peer = KMeans(k, n_init=10, random_state=seed).fit(rows[:cut])
        theirs.append(float(np.square(peer.transform(rows[cut:]).min(1)).mean()))
    quality("K-Means", name, "msd", ours, "KMeans, 10 starts", theirs, higher=False)
