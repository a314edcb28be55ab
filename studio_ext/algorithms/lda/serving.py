"""Serve LDA as plain functions: the ``topic_mixture`` of each document."""

from __future__ import annotations

from pathlib import Path

from studio_ext.algorithms.features import check_present
from studio_ext.algorithms.lda.contract import LDA
from studio_ext.algorithms.lda.model import Topics
from studio_ext.algorithms.lda.training import check_counts
from studio_ext.algorithms.requests import accepted, decode, encode


def load(model_dir: str | Path) -> Topics:
    """The model of a directory that ``model.tar.gz`` was unpacked into.

    Raises:
        DataError: there is no ``model_algo-1``, or it cannot be read.
    """
    return Topics.load(model_dir)


def predict(
    model: Topics, body: bytes, content_type: str | None, accept: str | None
) -> tuple[bytes, str]:
    """Answer one request; CSV has a document's mixture on a line.

    Returns:
        The response's body and content type; an empty body for an empty request (HTTP 204).

    Raises:
        UnsupportedContentType, UnsupportedAccept, DataError: for HTTP 415, 406 and 400.
    """
    answer = accepted(accept, LDA.accept)
    if not body.strip():
        return b"", answer
    table = decode(body, content_type, LDA.inference_types, model.features)
    check_present("the request", table, LDA.name)
    check_counts("the request", table)
    rows = model.mixtures(table.features).tolist()
    if answer == "text/csv":
        lines = [{str(topic): share for topic, share in enumerate(row)} for row in rows]
        return encode(lines, answer), answer
    return encode([{"topic_mixture": row} for row in rows], answer), answer
