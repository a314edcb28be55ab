"""FAISS indices: built from points, searched for the nearest."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import faiss
import numpy as np

from studio_ext.algorithms.job import threads
from studio_ext.algorithms.knn.contract import FLAT, IVF, L2
from studio_ext.formats.errors import DataError

CODES = 256  # of a byte, which IVFPQ learns for each part of a row
PROBED = 1 / 8  # share of the cells that a search looks into
LEAST_PROBED = 8


def build(points: Any, values: Mapping[str, Any]) -> Any:
    """The index that typed hyperparameters ask for.

    Args:
        points: float32 of shape (rows, width); for COSINE of length 1.

    Raises:
        DataError: there are too few rows for it.
    """
    faiss.omp_set_num_threads(threads(points.size))
    rows, width = points.shape
    metric = faiss.METRIC_L2 if values["index_metric"] == L2 else faiss.METRIC_INNER_PRODUCT
    if values["index_type"] == FLAT:
        index = faiss.IndexFlat(width, metric)
    else:
        index = _cells(rows, width, metric, values)
        index.train(points)
    for start in range(0, rows, values["mini_batch_size"]):
        index.add(points[start : start + values["mini_batch_size"]])
    return index


def _cells(rows: int, width: int, metric: int, values: Mapping[str, Any]) -> Any:
    """An untrained index of cells, whole rows or codes in them."""
    asked = values["faiss_index_ivf_nlists"]
    cells = max(1, math.isqrt(rows)) if asked == "auto" else asked
    if cells > rows:
        raise DataError(
            f"{rows} training rows cannot fill faiss_index_ivf_nlists={cells} cells; expected at "
            f"most as many cells as rows"
        )
    quantizer = faiss.IndexFlat(width, metric)
    index: Any
    if values["index_type"] == IVF:
        index = faiss.IndexIVFFlat(quantizer, width, cells, metric)
    else:
        if rows < CODES:
            raise DataError(
                f"{rows} training rows are too few for index_type faiss.IVFPQ; expected at least "
                f"{CODES}, one for each code"
            )
        index = faiss.IndexIVFPQ(quantizer, width, cells, values["faiss_index_pq_m"], 8, metric)
        index.pq.cp.min_points_per_centroid = 1  # few are no reason to warn
    index.cp.min_points_per_centroid = 1
    index.nprobe = min(cells, max(LEAST_PROBED, math.ceil(PROBED * cells)))
    return index


def search(index: Any, queries: Any, k: int) -> tuple[Any, Any]:
    """FAISS's distances and the numbers of the ``k`` nearest points, both (rows, k).

    Rows whose cells hold fewer than ``k`` points are searched for again in all cells.
    """
    faiss.omp_set_num_threads(threads(index.ntotal * len(queries)))
    distances, numbers = index.search(queries, k)
    short = np.flatnonzero((numbers < 0).any(1))
    if len(short):
        probed, index.nprobe = index.nprobe, index.nlist
        distances[short], numbers[short] = index.search(queries[short], k)
        index.nprobe = probed
    return distances, numbers
