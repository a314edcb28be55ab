"""Speed and quality of the algorithms on torch, against their peers.

    python -m tests.benchmarks.deep

As ``tests.benchmarks.algorithms``: ours and the peer in turn, medians, CPU counts.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from studio_ext.algorithms import job
from studio_ext.algorithms.deepar import training as deepar
from studio_ext.algorithms.ntm import training as ntm
from studio_ext.algorithms.object2vec import training as object2vec
from tests.algorithms.deepar.data import hold_out, hourly
from tests.algorithms.deepar.test_quality import seasonal_naive
from tests.algorithms.ntm.data import corpus
from tests.algorithms.ntm.test_quality import likelihood
from tests.algorithms.object2vec.data import digit_pairs
from tests.algorithms.object2vec.test_quality import GIVEN, compared
from tests.benchmarks.algorithms import against


def forecasting(folder: Path) -> None:
    """60 series of 21 days of hours, a day ahead."""
    every = hourly(0, 60, 24 * 21)
    data = hold_out(every, 24)
    given = {
        "time_freq": "1H", "context_length": "48", "prediction_length": "24", "epochs": "10",
        "learning_rate": "3e-3", "mini_batch_size": "64",
    }  # fmt: skip

    def ours() -> str:
        found = deepar.train(given, data, folder / "deepar").metrics["test"]
        return f"mean wQL {found['mean_wQuantileLoss']:.4f}"

    against(
        "deepar, 10 epochs",
        ours,
        {"seasonal naive": lambda: f"mean wQL {seasonal_naive(every, 24, 24):.4f}"},
    )


def topics(folder: Path) -> None:
    """3,000 documents of 500 words, 10 topics."""
    from sklearn.decomposition import LatentDirichletAllocation

    data, _ = corpus(0, 3000, 10, 500)
    test = data.counts["test"]
    given = {
        "feature_dim": "500", "num_topics": "10", "epochs": "30", "optimizer": "adam",
        "learning_rate": "0.01", "encoder_layers": "100", "encoder_layers_activation": "relu",
    }  # fmt: skip

    def ours() -> str:
        model = ntm.train(given, data, folder / "ntm").model
        return f"log likelihood {likelihood(model.topics(), model.weights(test), test):.4f}"

    def peer() -> str:
        model = LatentDirichletAllocation(
            10, learning_method="online", max_iter=10, random_state=0
        ).fit(data.train)
        return f"log likelihood {likelihood(model.components_, model.transform(test), test):.4f}"

    against("ntm, 30 epochs", ours, {"sklearn LDA, online": peer})


def objects(folder: Path) -> None:
    """4,000 pairs of images of digits."""
    from sklearn.neural_network import MLPClassifier

    data = digit_pairs(0)
    train, test = data.channels["train"], data.channels["test"]

    def ours() -> str:
        found = object2vec.train(GIVEN, data, folder / "object2vec").metrics["test"]
        return f"accuracy {found['accuracy']:.4f}"

    def peer() -> str:
        model = MLPClassifier((64,), batch_size=64, max_iter=10, random_state=0)
        model.fit(compared(train), train.labels.astype(np.int64))
        return f"accuracy {model.score(compared(test), test.labels):.4f}"

    against("object2vec, 10 epochs", ours, {"sklearn MLP on compared bags": peer})


def main() -> None:
    import warnings

    warnings.filterwarnings("ignore", "Stochastic Optimizer")  # it stops after 10 epochs, as ours
    print(f"{job.cores()} cores")
    with tempfile.TemporaryDirectory() as name:
        for work in (forecasting, topics, objects):
            work(Path(name))


if __name__ == "__main__":
    main()
