"""PCA beside scikit-learn's: what is left of held-out rows that are put together again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.decomposition import PCA

from studio_ext.algorithms.pca.training import train
from tests.algorithms.unlabelled import rows_of, unlabelled

CASES = [
    ("digits", "regular"),
    ("digits", "randomized"),
    ("cancer", "regular"),
    ("wine", "regular"),
]


@pytest.mark.parametrize(("name", "mode"), CASES)
def test_it_is_as_good_as_scikit_learn(name: str, mode: str, quality: Callable[..., None]) -> None:
    ours, theirs = [], []
    for seed in range(3):
        rows = rows_of(name, seed)
        cut = int(0.8 * len(rows))
        given = {
            "num_components": "8",
            "feature_dim": str(rows.shape[1]),
            "mini_batch_size": "500",
            "algorithm_mode": mode,
        }
        fit = train(given, unlabelled(rows[:cut], rows[cut:]), "model")
        ours.append(fit.metrics["test"]["reconstruction_mse"])
        solver = "full" if mode == "regular" else "randomized"
        peer = PCA(8, svd_solver=solver, random_state=seed).fit(rows[:cut].astype(float))
        left = rows[cut:] - peer.inverse_transform(peer.transform(rows[cut:]))
        theirs.append(float(np.square(left).mean()))
    quality(f"PCA {mode}", name, "mse", ours, f"PCA {solver}", theirs, higher=False)
