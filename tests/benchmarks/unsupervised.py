"""Speed and quality of the unsupervised algorithms, against their peers.

python -m tests.benchmarks.unsupervised [rows] [algorithm …]
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the runner sets it, before any import

import numpy as np

from studio_ext.algorithms import job
from studio_ext.algorithms.kmeans import training as kmeans
from studio_ext.algorithms.lda import training as lda
from studio_ext.algorithms.pca import training as pca
from studio_ext.algorithms.random_cut_forest import training as forest
from tests.algorithms.lda.documents import documents, matched
from tests.algorithms.unlabelled import unlabelled
from tests.benchmarks.algorithms import COLUMNS, against


def make(rows: int) -> Any:
    """Twenty clusters that overlap."""
    from sklearn.datasets import make_blobs

    features = make_blobs(rows, COLUMNS, centers=20, cluster_std=4.0, random_state=0)[0]
    return features.astype(np.float32)


def clusters(features: Any, folder: Path) -> None:
    from sklearn.cluster import KMeans, MiniBatchKMeans

    given = {"k": "20", "feature_dim": str(COLUMNS)}

    def ours() -> str:
        fit = kmeans.train(given, unlabelled(features), folder)
        return f"msd {fit.metrics['train']['msd']:.2f}"

    def peer(model: Any) -> str:
        return f"msd {model.fit(features).inertia_ / len(features):.2f}"

    against(
        "kmeans, 20 clusters",
        ours,
        {
            "KMeans, 1 start": lambda: peer(KMeans(20, n_init=1)),
            "MiniBatchKMeans, 1 start": lambda: peer(MiniBatchKMeans(20, n_init=1)),
        },
    )


def components(features: Any, folder: Path) -> None:
    from sklearn.decomposition import PCA as Peer

    given = {"num_components": "10", "feature_dim": str(COLUMNS), "mini_batch_size": "500"}

    def ours(mode: str) -> str:
        fit = pca.train({**given, "algorithm_mode": mode}, unlabelled(features), folder)
        return f"variance {fit.shares.sum():.6f}"

    def peer(solver: str) -> str:
        found = Peer(10, svd_solver=solver).fit(features)
        return f"variance {found.explained_variance_ratio_.sum():.6f}"

    against(
        "pca, regular, 10",
        lambda: ours("regular"),
        {f"PCA, {solver}": lambda s=solver: peer(s) for solver in ("covariance_eigh", "full")},
    )
    against(
        "pca, randomized, 10",
        lambda: ours("randomized"),
        {"PCA, randomized": lambda: peer("randomized")},
    )


def anomalies(features: Any, folder: Path) -> None:
    """Training on all rows, and the scores of 5,000."""
    import krcf
    from sklearn.ensemble import IsolationForest

    rng = np.random.default_rng(0)
    test = features[rng.permutation(len(features))[:5000]].copy()
    labels = np.arange(len(test)) < 50
    test[:50] += rng.normal(0, 8, (50, COLUMNS))
    given = {"feature_dim": str(COLUMNS)}

    def auc(scores: Any) -> str:
        from sklearn.metrics import roc_auc_score

        return f"AUC {roc_auc_score(labels, scores):.4f}"

    def ours() -> str:
        fit = forest.train(given, unlabelled(features), folder)
        return auc(fit.model.scores(test))

    def plain() -> str:
        trees = krcf.RandomCutForest(
            {"dimensions": COLUMNS, "shingle_size": 1, "num_trees": 100, "sample_size": 256,
             "random_seed": 0, "output_after": 1, "lambda": 0.0}
        )  # fmt: skip
        for row in features[:25_600].tolist():
            trees.update(row)
        return auc([trees.score(row) for row in test.tolist()])

    def isolation() -> str:
        found = IsolationForest(n_estimators=100, random_state=0).fit(features)
        return auc(-found.score_samples(test))

    against(
        "randomcutforest",
        ours,
        {"krcf, one forest, 25,600 rows": plain, "IsolationForest": isolation},
    )


def topics(features: Any, folder: Path) -> None:
    """2,500 documents of ten topics and 500 words, whatever the rows asked for."""
    from sklearn.decomposition import LatentDirichletAllocation

    beta, counts = documents(0, topics=10, words=500, count=2500)
    given = {"num_topics": "10", "feature_dim": "500", "mini_batch_size": "2500"}

    def ours() -> str:
        fit = lda.train(given, unlabelled(counts), folder)
        return f"cosine {matched(fit.model.beta, beta):.4f}"

    def peer(method: str) -> str:
        found = LatentDirichletAllocation(10, learning_method=method, random_state=0).fit(counts)
        return f"cosine {matched(found.components_, beta):.4f}"

    against(
        "lda, 10 topics",
        ours,
        {f"sklearn, {method}": lambda m=method: peer(m) for method in ("batch", "online")},
    )


ALL: dict[str, Callable[[Any, Path], None]] = {
    "kmeans": clusters,
    "pca": components,
    "randomcutforest": anomalies,
    "lda": topics,
}


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    features = make(rows)
    print(f"{rows:,} rows x {COLUMNS}, {job.cores()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name:
        for algorithm in sys.argv[2:] or ALL:
            ALL[algorithm](features, Path(name))


if __name__ == "__main__":
    main()
