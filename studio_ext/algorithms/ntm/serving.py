"""Serve a topic model as plain functions: ``topic_weights`` of each document."""

from __future__ import annotations

from pathlib import Path

from studio_ext.algorithms import job
from studio_ext.algorithms.extras import need
from studio_ext.algorithms.ntm.contract import NTM
from studio_ext.algorithms.ntm.documents import check_counts
from studio_ext.algorithms.requests import accepted, decode, encode

need("torch", "deep")

from studio_ext.algorithms.networks import repeatable  # noqa: E402
from studio_ext.algorithms.ntm.model import Model  # noqa: E402


def load(model_dir: str | Path) -> Model:
    """The model of a directory that ``model.tar.gz`` was unpacked into.

    Raises:
        DataError: there is no ``model_algo-1``, or it cannot be read.
    """
    return Model.load(model_dir)


def predict(
    model: Model, body: bytes, content_type: str | None, accept: str | None
) -> tuple[bytes, str]:
    """Answer one request.

    Returns:
        The response's body and content type; an empty body for an empty request (HTTP 204).

    Raises:
        UnsupportedContentType, UnsupportedAccept, DataError: for HTTP 415, 406 and 400.
    """
    answer = accepted(accept, NTM.accept)
    if not body.strip():
        return b"", answer
    table = decode(body, content_type, NTM.inference_types, model.words)
    counts = check_counts(table, model.words, "the request", f"{model.words} words")
    with repeatable(job.threads(counts.shape[0] * model.words)):
        weights = model.weights(counts)
    return encode([{"topic_weights": row} for row in weights.tolist()], answer), answer
