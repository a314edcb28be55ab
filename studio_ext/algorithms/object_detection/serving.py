"""Serve detectors: the boxes in an image, with their classes and scores."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from studio_ext.algorithms.object_detection.contract import OBJECT_DETECTION
from studio_ext.algorithms.object_detection.model import ObjectDetector
from studio_ext.algorithms.requests import accepted
from studio_ext.algorithms.vision.requests import image_of


def load(model_dir: str | Path) -> ObjectDetector:
    """The model of a directory that ``model.tar.gz`` was unpacked into.

    Raises:
        DataError: a file is missing, or cannot be read.
    """
    return ObjectDetector.load(model_dir)


def predict(
    model: ObjectDetector, body: bytes, content_type: str | None, accept: str | None
) -> tuple[bytes, str]:
    """Answer one request, the bytes of one image.

    Returns:
        ``{"prediction": [[class, score, xmin, ymin, xmax, ymax], …]}`` in shares of the image, or
        with ``application/json;annotation=1`` pixels in the form of annotations; an empty body
        for an empty request (HTTP 204).

    Raises:
        UnsupportedContentType, UnsupportedAccept, DataError: for HTTP 415, 406 and 400.
    """
    answer = accepted(accept, OBJECT_DETECTION.accept)
    if not body:
        return b"", answer
    found, shape = model.predict(image_of(body, content_type, OBJECT_DETECTION.inference_types))
    if "annotation=1" in (accept or "").replace(" ", "").lower():
        return json.dumps(_annotations(found, shape)).encode(), f"{answer};annotation=1"
    return json.dumps({"prediction": found.tolist()}).encode(), answer


def _annotations(found: Any, shape: tuple[int, ...]) -> dict[str, Any]:
    height, width = shape[:2]
    return {
        "image_size": [{"width": width, "height": height, "depth": 3}],
        "annotations": [
            {
                "class_id": int(label),
                "score": score,
                "left": round(left * width),
                "top": round(top * height),
                "width": round((right - left) * width),
                "height": round((bottom - top) * height),
            }
            for label, score, left, top, right, bottom in found.tolist()
        ],
    }
