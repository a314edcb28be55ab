"""Serve PCA as plain functions: the ``projection`` of each row, the first component last."""

from __future__ import annotations

from pathlib import Path

from studio_ext.algorithms.features import check_present
from studio_ext.algorithms.pca.contract import PCA
from studio_ext.algorithms.pca.model import Components
from studio_ext.algorithms.requests import accepted, decode, encode


def load(model_dir: str | Path) -> Components:
    """The model of a directory that ``model.tar.gz`` was unpacked into.

    Raises:
        DataError: there is no ``model_algo-1``, or it cannot be read.
    """
    return Components.load(model_dir)


def predict(
    model: Components, body: bytes, content_type: str | None, accept: str | None
) -> tuple[bytes, str]:
    """Answer one request.

    Returns:
        The response's body and content type; an empty body for an empty request (HTTP 204).

    Raises:
        UnsupportedContentType, UnsupportedAccept, DataError: for HTTP 415, 406 and 400.
    """
    answer = accepted(accept, PCA.accept)
    if not body.strip():
        return b"", answer
    table = decode(body, content_type, PCA.inference_types, model.features)
    check_present("the request", table, PCA.name)
    rows = model.project(table.features).tolist()
    return encode([{"projection": row} for row in rows], answer, "projections"), answer
