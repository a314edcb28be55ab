"""Speed of KNN, Factorization Machines, BlazingText and IP Insights against their peers.

python -m tests.benchmarks.neighbours [knn] [fm] [blazingtext] [ipinsights]
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.benchmarks.algorithms import COLUMNS, against, make


def knn(folder: Path) -> None:
    """80,000 rows indexed, 20,000 looked up; scikit-learn's brute force as the exact peer."""
    from sklearn.neighbors import KNeighborsClassifier

    from studio_ext.algorithms.data import Data
    from studio_ext.algorithms.knn.training import train

    data = make(100_000)
    queries = data.tables["validation"]
    data = Data({"train": data.train, "test": queries})
    given = {"k": "5", "sample_size": "100000", "predictor_type": "classifier"}
    given["feature_dim"] = str(COLUMNS)

    def ours(**more: str) -> Callable[[], str]:
        def work() -> str:
            fit = train({**given, **more}, data, folder)
            return f"accuracy {fit.metrics['test']['accuracy']:.4f}"

        return work

    def brute() -> str:
        model = KNeighborsClassifier(5, algorithm="brute", n_jobs=1)
        model.fit(data.train.features, data.train.labels)
        right = model.predict(queries.features) == queries.labels
        return f"accuracy {right.mean():.4f}"

    ivf = {"index_type": "faiss.IVFFlat"}
    against("knn, Flat", ours(), {"sklearn, brute force": brute})
    against("knn, IVFFlat", ours(**ivf), {"sklearn, brute force": brute})


def fm(folder: Path) -> None:
    """160,000 rows of two values each, 2,500 columns, 10 epochs; dense Adam in torch as peer."""
    import numpy as np
    import torch
    from scipy import sparse
    from sklearn.metrics import roc_auc_score

    from studio_ext.algorithms.data import Data
    from studio_ext.algorithms.factorization_machines.training import train
    from studio_ext.formats.table import Table

    rng, rows, cut = np.random.default_rng(0), 200_000, 160_000
    user, thing = rng.integers(0, 2000, rows), rng.integers(2000, 2500, rows)
    hidden = rng.normal(size=(2500, 6))
    chance = 1 / (1 + np.exp(-0.8 * (hidden[user] * hidden[thing]).sum(1)))
    labels = (rng.random(rows) < chance).astype(np.float32)
    columns = np.column_stack([user, thing])
    starts = np.arange(0, 2 * rows + 1, 2)
    matrix = sparse.csr_matrix((np.ones(2 * rows, np.float32), columns.ravel(), starts))
    data = Data({"train": Table(matrix[:cut], labels[:cut])})
    given = {"predictor_type": "binary_classifier", "feature_dim": "2500", "num_factors": "8",
             "epochs": "10", "bias_lr": "0.05", "linear_lr": "0.02", "factors_lr": "0.02",
             "factors_init_sigma": "0.05", "linear_wd": "0", "bias_wd": "0"}  # fmt: skip

    def ours() -> str:
        model = train(given, data, folder).model
        return f"AUC {roc_auc_score(labels[cut:], model.raw(matrix[cut:])):.4f}"

    def peer() -> str:
        torch.set_num_threads(1)
        pairs, truth = torch.tensor(columns), torch.tensor(labels)
        linear, factors = torch.nn.Embedding(2500, 1), torch.nn.Embedding(2500, 8)
        torch.nn.init.normal_(factors.weight, 0, 0.05)
        torch.nn.init.zeros_(linear.weight)
        adam = torch.optim.Adam([*linear.parameters(), *factors.parameters()], 0.02)

        def score(at: Any) -> Any:
            v = factors(at)
            return linear(at).sum((1, 2)) + (v[:, 0] * v[:, 1]).sum(1)

        for _ in range(10):
            for part in torch.randperm(cut).split(1000):
                adam.zero_grad()
                loss = torch.nn.functional.binary_cross_entropy_with_logits
                loss(score(pairs[part]), truth[part]).backward()
                adam.step()
        with torch.no_grad():
            return f"AUC {roc_auc_score(labels[cut:], score(pairs[cut:]).numpy()):.4f}"

    against("factorization-machines", ours, {"torch, embeddings": peer})


BENCHMARKS: Mapping[str, Callable[[Path], Any]] = {"knn": knn, "fm": fm}


def main() -> None:
    print(f"{len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}")
    for name in sys.argv[1:] or BENCHMARKS:
        with tempfile.TemporaryDirectory() as folder:
            BENCHMARKS[name](Path(folder))


if __name__ == "__main__":
    main()
