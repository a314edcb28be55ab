"""IP Insights beside a factorisation of how often users and networks meet."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.metrics import roc_auc_score

from studio_ext.algorithms.ipinsights.training import PairsData, train

from .logins import data


def factorised(found: PairsData, seed: int) -> float:
    """The AUC of users x /16 networks, factorised, against random addresses."""
    known, judged = found.channels["train"], found.channels["validation"]
    users, rows = np.unique(known.entities, return_inverse=True)
    counts = sparse.csr_matrix(
        (np.ones(known.count), (rows, known.addresses >> 16)), (len(users), 1 << 16)
    )
    model = TruncatedSVD(8, random_state=seed)
    left = model.fit_transform(counts)
    drawn = np.random.default_rng(1).integers(0, 2**32, judged.count, np.uint32)
    own = left[np.searchsorted(users, judged.entities)]
    scores = [(own * model.components_.T[a >> 16]).sum(1) for a in (judged.addresses, drawn)]
    truth = [1] * judged.count + [0] * judged.count
    return float(roc_auc_score(truth, np.concatenate(scores)))


def test_it_is_as_good_as_a_factorisation(quality: Callable[..., None]) -> None:
    given = {"num_entity_vectors": "2000", "vector_dim": "32", "epochs": "8",
             "mini_batch_size": "400", "learning_rate": "0.01"}  # fmt: skip
    ours, theirs = [], []
    for seed in range(3):
        found = data(6000, seed)
        ours.append(train(given, found, "model").metrics["validation"]["discriminator_auc"])
        theirs.append(factorised(found, seed))
    quality("IP Insights", "made logins", "AUC", ours, "SVD of counts", theirs)
