"""Serve image classifiers: a list of the classes' probabilities for an image."""

from __future__ import annotations

import json
from pathlib import Path

from studio_ext.algorithms.image_classification.contract import IMAGE_CLASSIFICATION
from studio_ext.algorithms.image_classification.model import ImageClassifier
from studio_ext.algorithms.requests import JSON, accepted
from studio_ext.algorithms.vision.requests import image_of


def load(model_dir: str | Path) -> ImageClassifier:
    """The model of a directory that ``model.tar.gz`` was unpacked into.

    Raises:
        DataError: a file is missing, or cannot be read.
    """
    return ImageClassifier.load(model_dir)


def predict(
    model: ImageClassifier, body: bytes, content_type: str | None, accept: str | None
) -> tuple[bytes, str]:
    """Answer one request, the bytes of one image.

    Returns:
        ``[0.1, 0.9]`` as JSON or ``{"prediction": [0.1, 0.9]}`` as JSON Lines, with its content
        type; an empty body for an empty request (HTTP 204).

    Raises:
        UnsupportedContentType, UnsupportedAccept, DataError: for HTTP 415, 406 and 400.
    """
    answer = accepted(accept, IMAGE_CLASSIFICATION.accept)
    if not body:
        return b"", answer
    part = image_of(body, content_type, IMAGE_CLASSIFICATION.inference_types)
    found = model.predict([part])[0].astype(float).tolist()
    if answer == JSON:
        return json.dumps(found).encode(), answer
    return (json.dumps({"prediction": found}) + "\n").encode(), answer
