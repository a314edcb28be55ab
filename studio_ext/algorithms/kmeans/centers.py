"""The arithmetic of k-means: which centre is nearest, and where the means of its rows are.

Features are a numpy array or a ``scipy.sparse.csr_matrix``; centres are a float32 array of shape
(centres, features).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


def nearest(features: Any, centers: Any) -> tuple[Any, Any]:
    """The number of each row's nearest centre, and the squared distance to it."""
    from sklearn.metrics import pairwise_distances_argmin_min

    return pairwise_distances_argmin_min(features, centers, metric="sqeuclidean")


def totals(features: Any, which: Any, count: int) -> tuple[Any, Any]:
    """Of the rows of each of ``count`` centres: their sum, (count, features), and number."""
    from scipy import sparse

    rows = len(which)
    member = sparse.csr_matrix(
        (np.ones(rows, np.float32), which, np.arange(rows + 1)), shape=(rows, count)
    )
    sums = member.T @ features
    return (sums.toarray() if sparse.issparse(sums) else sums), np.bincount(which, minlength=count)


def first_centers(features: Any, count: int, method: str, rng: np.random.Generator) -> Any:
    """``count`` of the rows: any, or (``kmeans++``) such as are far from each other."""
    if method == "random":
        chosen = features[rng.choice(features.shape[0], count, replace=False)]
        return np.array(chosen.toarray() if not isinstance(chosen, np.ndarray) else chosen)
    from sklearn.cluster import kmeans_plusplus

    found = kmeans_plusplus(features, count, random_state=int(rng.integers(2**31)))[0]
    return np.array(found.toarray() if not isinstance(found, np.ndarray) else found)


@dataclass(slots=True)
class Stream:
    """Centres that follow a stream of mini-batches, each the mean of the rows it got.

    Attributes:
        centers: shape (centres, features).
        weights: how many rows each is the mean of; decayed when ``half_life`` says so.
        half_life: rows after which a row counts half; 0 for never.
    """

    centers: Any
    weights: Any
    half_life: int

    def take(self, batch: Any) -> float:
        """Move the centres towards a batch; the sum of its squared distances before."""
        which, squares = nearest(batch, self.centers)
        sums, counts = totals(batch, which, len(self.centers))
        if self.half_life:
            self.weights *= 0.5 ** (len(which) / self.half_life)
        weights = self.weights + counts
        moved = counts > 0
        kept = (self.weights[moved] / weights[moved])[:, None]
        share = 1 / weights[moved]
        self.centers[moved] = self.centers[moved] * kept + sums[moved] * share[:, None]
        self.weights = weights
        return float(squares.sum(dtype=np.float64))
