"""The Neural Topic Model beside scikit-learn's latent Dirichlet allocation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.decomposition import LatentDirichletAllocation

from studio_ext.algorithms.ntm.training import train
from tests.algorithms.ntm.data import corpus, digits

TOPICS = {"digits": 10, "corpus of known topics": 5}


def likelihood(topics: Any, weights: Any, counts: Any) -> float:
    """Mean log likelihood of a word, given the weights found for its document."""
    mixed = weights @ (topics / topics.sum(1, keepdims=True))
    return float((counts.toarray() * np.log(mixed + 1e-12)).sum() / counts.sum())


@pytest.mark.parametrize("name", TOPICS)
def test_it_explains_unseen_documents(name: str, quality: Callable[..., None]) -> None:
    ours, theirs = [], []
    for seed in range(3):
        data = digits(seed) if name == "digits" else corpus(seed)[0]
        test = data.counts["test"]
        given = {
            "feature_dim": str(test.shape[1]), "num_topics": str(TOPICS[name]), "epochs": "70",
            "optimizer": "adam", "learning_rate": "0.05", "mini_batch_size": "128",
            "encoder_layers": "100", "encoder_layers_activation": "relu",
            "num_patience_epochs": "10", "tolerance": "0.00001",
        }  # fmt: skip
        done = train(given, data, "model")
        ours.append(likelihood(done.model.topics(), done.model.weights(test), test))
        peer = LatentDirichletAllocation(
            TOPICS[name], learning_method="online", batch_size=128, max_iter=5, random_state=seed
        ).fit(data.train)
        theirs.append(likelihood(peer.components_, peer.transform(test), test))
    quality("NTM", name, "log likelihood of a word", ours, "sklearn LDA", theirs)
