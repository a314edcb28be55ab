"""BlazingText beside scikit-learn: tf-idf with logistic regression, and factorised counts."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from studio_ext.algorithms.blazingtext.model import WordVectors

from .test_training import fit
from .texts import COUNTRIES, channel, docstrings, language

PACKAGES = ("numpy", "pandas", "sklearn", "tornado")


def test_it_tells_packages_by_their_docstrings(quality: Callable[..., None]) -> None:
    rows = docstrings(PACKAGES)
    ours, theirs = [], []
    for seed in range(3):
        random.Random(seed).shuffle(rows)
        cut = int(0.8 * len(rows))
        parts = {"train": rows[:cut], "validation": rows[cut:]}
        inputs = {
            name: channel(name, [f"__label__{number} {text}" for number, text in part])
            for name, part in parts.items()
        }
        given = {"mode": "supervised", "epochs": "20", "learning_rate": "0.5", "min_count": "1",
                 "word_ngrams": "2", "vector_dim": "30", "buckets": "20000"}  # fmt: skip
        ours.append(fit(given, inputs).metrics["validation"]["accuracy"])
        peer = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(max_iter=50))
        labels, texts = zip(*parts["train"], strict=True)
        peer.fit(texts, labels)
        labels, texts = zip(*parts["validation"], strict=True)
        theirs.append(float(peer.score(texts, labels)))
    quality("BlazingText", "docstrings", "accuracy", ours, "tf-idf + LogisticRegression", theirs)


def analogies(vectors: dict[str, Any]) -> float:
    """How often country a : its capital = country b : its capital, of all pairs."""
    names = [f"capital{i}" for i in range(COUNTRIES)]
    unit = {word: row / np.linalg.norm(row) for word, row in vectors.items()}
    capitals = np.stack([unit[name] for name in names])
    right = tried = 0
    for a in range(COUNTRIES):
        for b in range(COUNTRIES):
            if a != b:
                wanted = capitals[a] - unit[f"country{a}"] + unit[f"country{b}"]
                cosines = capitals @ wanted
                cosines[a] = -np.inf
                right += int(np.argmax(cosines)) == b
                tried += 1
    return right / tried


def factorised(lines: list[str]) -> dict[str, Any]:
    """Vectors by a singular value decomposition of positive pointwise mutual information."""
    counter = CountVectorizer(token_pattern=r"\S+")
    counts = counter.fit_transform(lines).astype(float)
    pairs = (counts.T @ counts).toarray()
    np.fill_diagonal(pairs, 0)
    sums = pairs.sum(0)
    with np.errstate(divide="ignore"):
        information = np.maximum(np.log(pairs * sums.sum() / np.outer(sums, sums)), 0)
    rows = TruncatedSVD(30, random_state=0).fit_transform(information)
    return dict(zip(counter.get_feature_names_out(), rows, strict=True))


@pytest.mark.parametrize("mode", ["skipgram", "cbow"])
def test_it_finds_relations(mode: str, quality: Callable[..., None]) -> None:
    ours, theirs = [], []
    for seed in range(3):
        lines = language(2500, seed)
        given = {"mode": mode, "vector_dim": "20", "epochs": "10", "sampling_threshold": "0.01"}
        model = fit(given, {"train": channel("train", lines)}).model
        assert isinstance(model, WordVectors)
        ours.append(analogies(dict(zip(model.words, model.vectors, strict=True))))
        theirs.append(analogies(factorised(lines)))
    quality(f"BlazingText, {mode}", "made language", "analogies", ours, "PPMI + SVD", theirs)
