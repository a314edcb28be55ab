"""Topics from the moments of word counts (Anandkumar et al., 2014, sections 3.2 and 4.3).

Of documents with at least three words, the mean, the pairs and the triples of different words are
estimated; what the topics' prior adds to them is taken away, and what is left is a sum of a
product for each topic. Counts are a ``scipy.sparse.csr_matrix`` of float64, shape
(documents, words).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

CELLS = 4_000_000  # numbers of a block of products
DENSE = 400  # words up to which pairs are a matrix of their own
TINY = 1e-12
NOISE = 1e-4  # of the greatest share of pairs, below which it is noise


@dataclass(frozen=True, slots=True)
class Moments:
    """Counts and what each document's count is divided by.

    Attributes:
        counts: shape (documents, words).
        lengths: words of each document, 3 at least.
        alpha0: sum of the topics' prior.
    """

    counts: Any
    lengths: Any
    alpha0: float

    @classmethod
    def of(cls, counts: Any, alpha0: float) -> Moments:
        """Of the documents that are long enough."""
        lengths = np.asarray(counts.sum(1)).ravel()
        long = lengths >= 3
        return cls(counts[long], lengths[long], alpha0)

    def mean(self) -> Any:
        """The probability of each word."""
        return np.asarray(self.counts.T @ (1 / self.lengths)).ravel() / len(self.lengths)

    def whitening(self, topics: int) -> tuple[Any, Any]:
        """Matrices of shape (words, topics) that map pairs to the unit matrix, and back.

        With more topics than the documents tell apart, pairs have directions of noise; these are
        kept small.
        """
        values, vectors = self._greatest_pairs(topics)
        scale = np.sqrt(np.maximum(values, max(TINY, NOISE * values.max())))
        return vectors / scale, vectors * scale

    def _greatest_pairs(self, topics: int) -> tuple[Any, Any]:
        from scipy.linalg import eigh
        from scipy.sparse.linalg import LinearOperator, eigsh

        words, documents = self.counts.shape[1], len(self.lengths)
        weights = 1 / (self.lengths * (self.lengths - 1)) / documents
        same = np.asarray(self.counts.T @ weights).ravel()
        mean = self.mean()
        prior = self.alpha0 / (self.alpha0 + 1)

        def times(right: Any) -> Any:
            across = self.counts.T @ (weights[:, None] * (self.counts @ right))
            return across - same[:, None] * right - prior * np.outer(mean, mean @ right)

        if words <= max(DENSE, 3 * topics):
            pairs = times(np.eye(words))
            return eigh((pairs + pairs.T) / 2, subset_by_index=(words - topics, words - 1))
        pairs = LinearOperator(
            (words, words),
            matvec=lambda one: times(one.reshape(-1, 1)).ravel(),
            matmat=times,
            dtype=np.float64,
        )
        return eigsh(pairs, topics, which="LA", v0=np.ones(words))

    def triples(self, whitening: Any) -> Any:
        """The moments of three words after whitening, shape (topics, topics, topics)."""
        documents, topics = len(self.lengths), whitening.shape[1]
        lengths, alpha0 = self.lengths, self.alpha0
        rows = np.asarray(self.counts @ whitening)
        weights = 1 / (lengths * (lengths - 1) * (lengths - 2)) / documents
        found = _products(rows, rows * weights[:, None])
        # Of a word with itself: it was counted with each other word, and with itself.
        twice = np.asarray(self.counts.T @ (rows * weights[:, None]))
        found -= _turned(_products(whitening, twice))
        once = np.asarray(self.counts.T @ weights).ravel()
        found += 2 * _products(whitening, whitening * once[:, None])
        # Of the prior.
        weights = 1 / (lengths * (lengths - 1)) / documents
        once = np.asarray(self.counts.T @ weights).ravel()
        pairs = rows.T @ (rows * weights[:, None]) - whitening.T @ (whitening * once[:, None])
        mean = self.mean() @ whitening
        found -= alpha0 / (alpha0 + 2) * _turned(np.multiply.outer(mean, pairs))
        cube = np.multiply.outer(np.multiply.outer(mean, mean), mean)
        found += 2 * alpha0**2 / ((alpha0 + 1) * (alpha0 + 2)) * cube
        return found.reshape(topics, topics, topics)


def _products(left: Any, right: Any) -> Any:
    """Sum over rows of ``right ⊗ left ⊗ left``, in blocks."""
    size = left.shape[1]
    found = np.zeros((size, size * size))
    block = max(1, CELLS // (size * size))
    for start in range(0, len(left), block):
        part = left[start : start + block]
        square = (part[:, :, None] * part[:, None, :]).reshape(len(part), -1)
        found += right[start : start + block].T @ square
    return found.reshape(size, size, size)


def _turned(one: Any) -> Any:
    """With its first axis in each of the three places."""
    return one + one.transpose(1, 0, 2) + one.transpose(1, 2, 0)
