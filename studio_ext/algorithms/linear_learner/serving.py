"""Serve linear models as plain functions: ``score``, and ``predicted_label`` of a classifier."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from studio_ext.algorithms.linear_learner.contract import LINEAR_LEARNER
from studio_ext.algorithms.linear_learner.model import LinearModel
from studio_ext.algorithms.requests import accepted, decode, encode
from studio_ext.formats.errors import DataError


def load(model_dir: str | Path) -> LinearModel:
    """The model of a directory that ``model.tar.gz`` was unpacked into.

    Raises:
        DataError: there is no ``model_algo-1``, or it cannot be read.
    """
    return LinearModel.load(model_dir)


def predict(
    model: LinearModel, body: bytes, content_type: str | None, accept: str | None
) -> tuple[bytes, str]:
    """Answer one request.

    Returns:
        The response's body and content type; an empty body for an empty request (HTTP 204).

    Raises:
        UnsupportedContentType, UnsupportedAccept, DataError: for HTTP 415, 406 and 400.
    """
    answer = accepted(accept, LINEAR_LEARNER.accept)
    if not body.strip():
        return b"", answer
    table = decode(body, content_type, LINEAR_LEARNER.inference_types, model.features)
    if not table.sparse and np.isnan(table.features).any():
        row = int(np.argmax(np.isnan(table.features).any(1))) + 1
        raise DataError(f"the request has a missing feature in row {row}; expected a number")
    scores = model.scores(table.features)
    if model.predictor_type == "regressor":
        return encode([{"score": score} for score in scores.tolist()], answer), answer
    labels = model.labels(scores).tolist()
    pairs = zip(scores.tolist(), labels, strict=True)
    return encode([{"score": s, "predicted_label": label} for s, label in pairs], answer), answer
