"""LDA beside scikit-learn's on documents whose topics are known.

No package here ships a text corpus. Held-out documents are judged by half of their words, given
the mixture that the other half says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.decomposition import LatentDirichletAllocation

from studio_ext.algorithms.lda.training import train
from tests.algorithms.unlabelled import unlabelled

from .documents import documents, matched

CASES = {"5 topics": (5, 100, 400), "10 topics": (10, 300, 900)}


def held_out(beta: Any, mixtures: Any, counts: Any) -> float:
    """Log likelihood per word."""
    chances = mixtures @ (beta / beta.sum(1, keepdims=True))
    return float((counts * np.log(np.maximum(chances, 1e-12))).sum() / counts.sum())


@pytest.mark.parametrize("name", CASES)
def test_it_is_as_good_as_scikit_learn(name: str, quality: Callable[..., None]) -> None:
    topics, words, count = CASES[name]
    ours: dict[str, list[float]] = {"topic cosine": [], "held-out log likelihood": []}
    theirs: dict[str, list[float]] = {metric: [] for metric in ours}
    given = {"num_topics": str(topics), "feature_dim": str(words), "mini_batch_size": "1"}
    for seed in range(3):
        beta, counts = documents(seed, topics=topics, words=words, count=count)
        learnt, unseen = counts[:-100], counts[-100:].astype(int)
        seen = np.random.default_rng(seed).binomial(unseen, 0.5)
        model = train(given, unlabelled(learnt), "model").model
        peer = LatentDirichletAllocation(topics, random_state=seed).fit(learnt)
        for found, one, mixtures in (
            (ours, model.beta, model.mixtures(seen)),
            (theirs, peer.components_, peer.transform(seen)),
        ):
            found["topic cosine"].append(matched(one, beta))
            rest = held_out(one, mixtures, unseen - seen)
            found["held-out log likelihood"].append(rest)
    for metric in ours:
        quality("LDA", name, metric, ours[metric], "sklearn, batch", theirs[metric])
