"""Serve segmenters: a mask of classes as PNG, or the probabilities of each pixel."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from studio_ext.algorithms.requests import accepted
from studio_ext.algorithms.semantic_segmentation.contract import SEMANTIC_SEGMENTATION
from studio_ext.algorithms.semantic_segmentation.model import SemanticSegmenter
from studio_ext.algorithms.vision.images import Images
from studio_ext.algorithms.vision.requests import image_of
from studio_ext.formats import recordio


def load(model_dir: str | Path) -> SemanticSegmenter:
    """The model of a directory that ``model.tar.gz`` was unpacked into.

    Raises:
        DataError: a file is missing, or cannot be read.
    """
    return SemanticSegmenter.load(model_dir)


def predict(
    model: SemanticSegmenter, body: bytes, content_type: str | None, accept: str | None
) -> tuple[bytes, str]:
    """Answer one request, the bytes of one image.

    Returns:
        A PNG of the image's size with the class of each pixel, or a RecordIO-protobuf record with
        the features ``target``, the probabilities, and ``shape``, which is (1, classes, height,
        width); an empty body for an empty request (HTTP 204).

    Raises:
        UnsupportedContentType, UnsupportedAccept, DataError: for HTTP 415, 406 and 400.
    """
    answer = accepted(accept, SEMANTIC_SEGMENTATION.accept)
    if not body:
        return b"", answer
    part = image_of(body, content_type, SEMANTIC_SEGMENTATION.inference_types)
    chances = model.probabilities([Images([part])[0]])[0]
    if answer == "image/png":
        return _png(chances.argmax(0).astype(np.uint8)), answer
    shape = np.array([1, *chances.shape], np.int32)
    target = np.ascontiguousarray(chances, np.float32)
    return recordio.write_features({"target": target, "shape": shape}), answer


def _png(mask: object) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(mask).save(buffer, "PNG")
    return buffer.getvalue()
