"""What topics are about: their words, how coherent and how different they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from studio_ext.algorithms.ntm.documents import Documents

TOP = 10


@dataclass(frozen=True, slots=True)
class Topic:
    """
    Attributes:
        number: from 0, as in ``topic_weights``.
        words: the most likely ones, with their probability.
        share: of all the training documents' words.
        coherence: how much oftener than by chance its words meet in documents, from -1 to 1.
    """

    number: int
    words: tuple[tuple[str, float], ...]
    share: float
    coherence: float


def describe(topics: Any, weights: Any, documents: Documents) -> list[Topic]:
    """Each topic, the one with the largest share first.

    Args:
        topics: (topics, words).
        weights: of the training documents, (documents, topics).
    """
    lengths = np.asarray(documents.train.sum(1)).ravel()
    shares = lengths @ weights / max(lengths.sum(), 1)
    top = min(TOP, topics.shape[1])
    best = np.argsort(-topics, 1, kind="stable")[:, :top]
    met = (documents.train > 0).astype(np.float64).tocsc()
    found = [
        Topic(
            number=number,
            words=tuple((documents.word(int(w)), float(topics[number, w])) for w in row),
            share=float(shares[number]),
            coherence=_coherence(met[:, row]),
        )
        for number, row in enumerate(best)
    ]
    return sorted(found, key=lambda topic: -topic.share)


def _coherence(met: Any) -> float:
    """Normalised pointwise mutual information, mean over the pairs of words (Bouma, 2009)."""
    together = (met.T @ met).toarray() / met.shape[0]
    alone = np.diag(together)
    rows, columns = np.triu_indices(len(alone), 1)
    both, chance = together[rows, columns], alone[rows] * alone[columns]
    if not len(both):
        return 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.log(both / chance) / -np.log(both)
    values = np.where(both >= 1, 1.0, np.where(both <= 0, -1.0, values))
    return float(values.mean())


def uniqueness(topics: list[Topic]) -> float:
    """The mean share of topics that a top word is not shared with: 1 when all words differ."""
    words = [word for topic in topics for word, _ in topic.words]
    return float(np.mean([1 / words.count(word) for word in words]))
