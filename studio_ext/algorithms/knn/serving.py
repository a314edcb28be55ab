"""Serve KNN as plain functions: ``predicted_label``, verbosely the neighbours too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from studio_ext.algorithms.knn.contract import KNN
from studio_ext.algorithms.knn.model import KnnModel
from studio_ext.algorithms.requests import accepted, decode, encode
from studio_ext.formats.channel import ContentType
from studio_ext.formats.errors import DataError


def load(model_dir: str | Path) -> KnnModel:
    """The model of a directory that ``model.tar.gz`` was unpacked into.

    Raises:
        DataError: there is no ``model_algo-1``, or it cannot be read.
    """
    return KnnModel.load(model_dir)


def predict(
    model: KnnModel, body: bytes, content_type: str | None, accept: str | None
) -> tuple[bytes, str]:
    """Answer one request.

    With ``accept: application/json; verbose=true`` (or another type so) each prediction has the
    ``distances`` and ``labels`` of its neighbours, the nearest first.

    Returns:
        The response's body and content type; an empty body for an empty request (HTTP 204).

    Raises:
        UnsupportedContentType, UnsupportedAccept, DataError: for HTTP 415, 406 and 400.
    """
    answer = accepted(accept, KNN.accept)
    if not body.strip():
        return b"", answer
    table = decode(body, content_type, KNN.inference_types, model.features)
    numbers = table.features.data if table.sparse else table.features
    if np.isnan(numbers).any():
        row = int(np.argmax(np.isnan(table.dense()).any(1))) + 1
        raise DataError(f"the request has a missing feature in row {row}; expected a number")
    distances, nearest = model.neighbours(table.features, model.k)
    labels = model.labels[nearest]
    predicted = model.answers(labels)[:, -1].tolist()
    predictions: list[dict[str, Any]] = [{"predicted_label": label} for label in predicted]
    if _verbose(accept):
        for one, far, near in zip(predictions, distances.tolist(), labels.tolist(), strict=True):
            one |= {"distances": far, "labels": near}
    return encode(predictions, answer), answer


def _verbose(accept: str | None) -> bool:
    parts = (ContentType.parse(one) for one in (accept or "").split(","))
    return any(part.parameters.get("verbose") == "true" for part in parts)
