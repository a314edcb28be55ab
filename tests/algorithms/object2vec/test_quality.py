"""Object2Vec beside a logistic regression that is given the comparison ready made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from studio_ext.algorithms.object2vec.pairs import Pairs
from studio_ext.algorithms.object2vec.training import train
from tests.algorithms.object2vec.data import digit_pairs

GIVEN = {
    "enc0_max_seq_len": "64", "enc0_vocab_size": "64", "enc0_token_embedding_dim": "32",
    "enc0_network": "pooled_embedding", "enc_dim": "64", "mlp_dim": "64", "mlp_activation": "relu",
    "mlp_layers": "1", "epochs": "10", "mini_batch_size": "64", "learning_rate": "0.005",
    "tied_token_embedding_weight": "true",
}  # fmt: skip


def compared(own: Pairs) -> Any:
    """The comparators of the pairs' bags of tokens."""
    bags = []
    for sequences in (own.first, own.second):
        bag = np.zeros((len(own), 64))
        rows = np.repeat(np.arange(len(own)), np.diff(sequences.starts))
        bag[rows, sequences.tokens] = 1
        bags.append(bag)
    first, second = bags
    return np.hstack([first * second, first, second, np.abs(first - second)])


def test_it_tells_digits_apart(quality: Callable[..., None]) -> None:
    ours, theirs = [], []
    for seed in range(3):
        data = digit_pairs(seed)
        ours.append(train(GIVEN, data, "model").metrics["test"]["accuracy"])
        train_pairs, test = data.channels["train"], data.channels["test"]
        peer = LogisticRegression(max_iter=300).fit(compared(train_pairs), train_pairs.labels)
        theirs.append(float(peer.score(compared(test), test.labels)))
    quality("Object2Vec", "pairs of digits", "accuracy", ours, "LogisticRegression", theirs)
