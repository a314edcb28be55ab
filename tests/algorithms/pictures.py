"""Images for tests: digits as PNG files, and the channels of a job that holds them."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

from studio_ext.formats.image_recordio import record


def png(pixels: Any, kind: str = "PNG") -> bytes:
    """The file of a uint8 image."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


def digits(count: int, seed: int = 0, classes: int = 10) -> tuple[Any, Any]:
    """(uint8 images of 8 x 8, labels) of the first classes, shuffled."""
    images, labels = load_digits(return_X_y=True)
    rows = np.flatnonzero(labels < classes)
    rows = np.random.default_rng(seed).permutation(rows)[:count]
    return (images[rows] * 255 / 16).astype(np.uint8).reshape(-1, 8, 8), labels[rows]


def rec(path: Path, images: Sequence[Any], labels: Sequence[Any]) -> Mapping[str, Any]:
    """A channel with a ``.rec`` file."""
    path.mkdir(parents=True)
    frames = [
        record(png(image), np.atleast_1d(label).astype(float).tolist(), number)
        for number, (image, label) in enumerate(zip(images, labels, strict=True))
    ]
    (path / "data.rec").write_bytes(b"".join(frames))
    return {"path": str(path), "content_type": "application/x-recordio"}


def files(path: Path, images: Sequence[Any], kind: str = "PNG") -> Mapping[str, Any]:
    """A channel of image files, ``a/0.png`` and so on."""
    (path / "a").mkdir(parents=True)
    suffix = {"PNG": "png", "JPEG": "jpg"}[kind]
    for number, image in enumerate(images):
        (path / "a" / f"{number}.{suffix}").write_bytes(png(image, kind))
    return {"path": str(path), "content_type": "application/x-image"}
