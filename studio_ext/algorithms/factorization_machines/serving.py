"""Serve factorization machines: ``score``, and ``predicted_label`` of a classifier."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from studio_ext.algorithms.factorization_machines.contract import FACTORIZATION_MACHINES
from studio_ext.algorithms.factorization_machines.model import Machine
from studio_ext.algorithms.requests import accepted, decode, encode
from studio_ext.formats.errors import DataError


def load(model_dir: str | Path) -> Machine:
    """The model of a directory that ``model.tar.gz`` was unpacked into.

    Raises:
        DataError: there is no ``model_algo-1``, or it cannot be read.
    """
    return Machine.load(model_dir)


def predict(
    model: Machine, body: bytes, content_type: str | None, accept: str | None
) -> tuple[bytes, str]:
    """Answer one request.

    Returns:
        The response's body and content type; an empty body for an empty request (HTTP 204).

    Raises:
        UnsupportedContentType, UnsupportedAccept, DataError: for HTTP 415, 406 and 400.
    """
    answer = accepted(accept, FACTORIZATION_MACHINES.accept)
    if not body.strip():
        return b"", answer
    types = FACTORIZATION_MACHINES.inference_types
    table = decode(body, content_type, types, model.features)
    raw = model.raw(table.features)
    if not np.isfinite(raw).all():
        row = int(np.argmin(np.isfinite(raw))) + 1
        raise DataError(f"the request has a missing feature in row {row}; expected a number")
    found = model.answers(raw).tolist()
    if not model.binary:
        return encode([{"score": score} for score in found], answer), answer
    labels = (raw >= 0).astype(int).tolist()
    pairs = zip(found, labels, strict=True)
    return encode([{"score": s, "predicted_label": label} for s, label in pairs], answer), answer
