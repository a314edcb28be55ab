"""Pairs to test with: sequences of kinds, and images of digits as sets of dark pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.datasets import load_digits

from studio_ext.algorithms.object2vec.pairs import PairData, Pairs, Sequences

WORDS = 30


def kinds(rows: int = 240, seed: int = 0) -> PairData:
    """Sequences of three kinds of words; the label says whether both are of one kind."""
    rng = np.random.default_rng(seed)
    chances = np.full((3, WORDS), 0.05 / WORDS)
    for kind in range(3):
        chances[kind, kind * 10 : kind * 10 + 10] += 0.095
    first = rng.integers(3, size=rows)
    same = rng.random(rows) < 0.5
    second = np.where(same, first, (first + rng.integers(1, 3, rows)) % 3)

    def draw(kind: int) -> list[int]:
        return [int(w) for w in rng.choice(WORDS, rng.integers(4, 9), p=chances[kind])]

    return parted([draw(k) for k in first], [draw(k) for k in second], same)


def digit_pairs(seed: int, rows: int = 4000) -> PairData:
    """Two images, as the places of their dark pixels; the label says whether of one digit.

    The images of the test pairs are not among those of the train pairs.
    """
    images, labels = load_digits(return_X_y=True)
    tokens = [[int(p) for p in np.flatnonzero(image > 7)] for image in images]
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(labels))
    cut = int(0.75 * len(order))
    found = {}
    for name, own, count in (("train", order[:cut], rows), ("test", order[cut:], rows // 4)):
        left = rng.choice(own, count)
        right = rng.choice(own, count)
        for place in np.flatnonzero(rng.random(count) < 0.45):  # about half are of one digit
            right[place] = rng.choice(own[labels[own] == labels[left[place]]])
        found[name] = pairs(
            [tokens[i] for i in left], [tokens[i] for i in right], labels[left] == labels[right]
        )
    return PairData(found, {})


def pairs(first: Any, second: Any, labels: Any) -> Pairs:
    return Pairs(Sequences.of(first), Sequences.of(second), np.asarray(labels, np.float32))


def parted(first: Any, second: Any, labels: Any) -> PairData:
    cuts = [0, int(0.7 * len(labels)), int(0.85 * len(labels)), len(labels)]
    found = {
        name: pairs(first[start:end], second[start:end], labels[start:end])
        for name, start, end in zip(
            ("train", "validation", "test"), cuts[:-1], cuts[1:], strict=True
        )
    }
    return PairData(found, {})


def records(own: Pairs) -> list[dict[str, Any]]:
    """As JSON Lines have them."""
    return [
        {
            "label": float(own.labels[i]),
            "in0": own.first.tokens[own.first.starts[i] : own.first.starts[i + 1]].tolist(),
            "in1": own.second.tokens[own.second.starts[i] : own.second.starts[i + 1]].tolist(),
        }
        for i in range(len(own))
    ]
