"""Documents to test with: digits as counts of dark pixels, and a corpus of known topics."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from sklearn.datasets import load_digits

from studio_ext.algorithms.ntm.documents import Documents


def digits(seed: int = 0) -> Documents:
    """Each image a document, each of its 64 pixels a word that occurs as often as it is dark."""
    counts = load_digits().data.astype(np.float32)
    return parted(counts[np.random.default_rng(seed).permutation(len(counts))])


def corpus(seed: int = 0, rows: int = 1200, topics: int = 5, words: int = 60) -> Any:
    """(documents, their words' distribution by topic), drawn as latent Dirichlet allocation has."""
    rng = np.random.default_rng(seed)
    truth = rng.dirichlet(np.full(words, 0.1), topics)
    shares = rng.dirichlet(np.full(topics, 0.15), rows)
    lengths = rng.integers(50, 120, rows)
    counts = np.array([rng.multinomial(n, s @ truth) for n, s in zip(lengths, shares, strict=True)])
    return parted(counts.astype(np.float32)), truth


def parted(counts: Any) -> Documents:
    cuts = [int(0.7 * len(counts)), int(0.85 * len(counts))]
    parts = np.split(counts, cuts)
    names = ("train", "validation", "test")
    return Documents(dict(zip(names, map(sparse.csr_matrix, parts), strict=True)))
