"""Serve k-means as plain functions: ``closest_cluster`` and ``distance_to_cluster`` of each row."""

from __future__ import annotations

from pathlib import Path

from studio_ext.algorithms.features import check_present
from studio_ext.algorithms.kmeans.contract import KMEANS
from studio_ext.algorithms.kmeans.model import Clusters
from studio_ext.algorithms.requests import accepted, decode, encode


def load(model_dir: str | Path) -> Clusters:
    """The model of a directory that ``model.tar.gz`` was unpacked into.

    Raises:
        DataError: there is no ``model_algo-1``, or it cannot be read.
    """
    return Clusters.load(model_dir)


def predict(
    model: Clusters, body: bytes, content_type: str | None, accept: str | None
) -> tuple[bytes, str]:
    """Answer one request.

    Returns:
        The response's body and content type; an empty body for an empty request (HTTP 204).

    Raises:
        UnsupportedContentType, UnsupportedAccept, DataError: for HTTP 415, 406 and 400.
    """
    answer = accepted(accept, KMEANS.accept)
    if not body.strip():
        return b"", answer
    table = decode(body, content_type, KMEANS.inference_types, model.features)
    check_present("the request", table, KMEANS.name)
    which, distances = model.assign(table.features)
    pairs = zip(which.tolist(), distances.tolist(), strict=True)
    found = [{"closest_cluster": float(c), "distance_to_cluster": d} for c, d in pairs]
    return encode(found, answer), answer
