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

import numpy as np  # after the variables that the line above sets


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
        return f"accuracy {np.mean(right):.4f}"

    ivf = {"index_type": "faiss.IVFFlat"}
    against("knn, Flat", ours(), {"sklearn, brute force": brute})
    against("knn, IVFFlat", ours(**ivf), {"sklearn, brute force": brute})


BENCHMARKS: Mapping[str, Callable[[Path], Any]] = {"knn": knn}


def main() -> None:
    print(f"{len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}")
    for name in sys.argv[1:] or BENCHMARKS:
        with tempfile.TemporaryDirectory() as folder:
            BENCHMARKS[name](Path(folder))


if __name__ == "__main__":
    main()
