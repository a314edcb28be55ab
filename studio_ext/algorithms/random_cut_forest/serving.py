"""Serve Random Cut Forest as plain functions: the anomaly ``score`` of each row."""

from __future__ import annotations

from pathlib import Path

from studio_ext.algorithms.features import check_present
from studio_ext.algorithms.random_cut_forest.contract import RANDOM_CUT_FOREST
from studio_ext.algorithms.random_cut_forest.forest import Forest
from studio_ext.algorithms.requests import accepted, decode, encode


def load(model_dir: str | Path) -> Forest:
    """The model of a directory that ``model.tar.gz`` was unpacked into.

    Raises:
        DataError: there is no ``model_algo-1``, or it cannot be read.
    """
    return Forest.load(model_dir)


def predict(
    model: Forest, body: bytes, content_type: str | None, accept: str | None
) -> tuple[bytes, str]:
    """Answer one request.

    Returns:
        The response's body and content type; an empty body for an empty request (HTTP 204).

    Raises:
        UnsupportedContentType, UnsupportedAccept, DataError: for HTTP 415, 406 and 400.
    """
    answer = accepted(accept, RANDOM_CUT_FOREST.accept)
    if not body.strip():
        return b"", answer
    table = decode(body, content_type, RANDOM_CUT_FOREST.inference_types, model.features)
    check_present("the request", table, RANDOM_CUT_FOREST.name)
    scores = model.scores(table.features).tolist()
    return encode([{"score": score} for score in scores], answer, "scores"), answer
