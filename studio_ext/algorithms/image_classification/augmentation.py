"""How training images are varied: ``crop``, ``crop_color`` and ``crop_color_transform``.

Source: the developer guide's "Image Classification Hyperparameters": hue, saturation and lightness
change by up to 36, 50 and 50; rotation by up to 10 degrees, shear by 0.1, aspect ratio by 0.25.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

HUE, SATURATION, LIGHTNESS = 36, 50, 50  # of 180, 255 and 255, as OpenCV counts them
DEGREES, SHEAR, ASPECT = 10, 0.1, 0.25
GREY = 127


def centre(image: Any, height: int, width: int) -> Any:
    """The middle of an image, as validation and inference take it."""
    top, left = (image.shape[0] - height) // 2, (image.shape[1] - width) // 2
    return image[top : top + height, left : left + width]


def varied(image: Any, height: int, width: int, kind: str | None, rng: np.random.Generator) -> Any:
    """A training image of that size.

    Args:
        image: uint8 of shape (rows, columns, channels), at least of that size.
        kind: ``augmentation_type``; None takes the middle.
    """
    if kind is None:
        return centre(image, height, width)
    if kind == "crop_color_transform":
        image = transformed(image, rng)
    top = rng.integers(image.shape[0] - height + 1)
    left = rng.integers(image.shape[1] - width + 1)
    image = image[top : top + height, left : left + width]
    if rng.random() < 0.5:
        image = image[:, ::-1]
    return recoloured(image, rng) if kind != "crop" and image.shape[2] == 3 else image


def transformed(image: Any, rng: np.random.Generator) -> Any:
    """Rotated, sheared and stretched about the middle; what comes in from outside is grey."""
    from PIL import Image

    angle = math.radians(rng.uniform(-DEGREES, DEGREES))
    shear, aspect = rng.uniform(-SHEAR, SHEAR), 1 + rng.uniform(-ASPECT, ASPECT)
    stretch = np.diag([math.sqrt(aspect), 1 / math.sqrt(aspect)])
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    matrix = turn @ np.array([[1, shear], [0, 1]]) @ stretch
    middle = np.array([image.shape[1], image.shape[0]]) / 2
    shift = middle - matrix @ middle
    data = (*matrix[0], shift[0], *matrix[1], shift[1])
    flat = image.shape[2] == 1
    source = Image.fromarray(image[..., 0] if flat else image)
    moved = source.transform(
        source.size,
        Image.Transform.AFFINE,
        data,
        Image.Resampling.BILINEAR,
        fillcolor=GREY if flat else (GREY,) * 3,
    )
    found = np.asarray(moved)
    return found[..., None] if flat else found


def recoloured(image: Any, rng: np.random.Generator) -> Any:
    """Hue, saturation and lightness each changed by one random amount."""
    hue, lightness, saturation = _hls(image.astype(np.float32) / 255)
    hue = hue + rng.uniform(-HUE, HUE) / 180
    saturation = np.clip(saturation + rng.uniform(-SATURATION, SATURATION) / 255, 0, 1)
    lightness = np.clip(lightness + rng.uniform(-LIGHTNESS, LIGHTNESS) / 255, 0, 1)
    return np.round(_rgb(hue, lightness, saturation) * 255).astype(np.uint8)


def _hls(image: Any) -> tuple[Any, Any, Any]:
    """Hue (1 for a full turn), lightness and saturation, each of shape (height, width)."""
    high, low = image.max(2), image.min(2)
    span, total = high - low, high + low
    divided = np.where(total <= 1, total, 2 - total)
    saturation = np.divide(span, divided, out=np.zeros_like(span), where=divided > 0)
    red, green, blue = ((high - image[..., i]) / np.where(span > 0, span, 1) for i in range(3))
    hue = np.where(
        image[..., 0] == high,
        blue - green,
        np.where(image[..., 1] == high, 2 + red - blue, 4 + green - red),
    )
    return hue / 6 % 1, total / 2, saturation


def _rgb(hue: Any, lightness: Any, saturation: Any) -> Any:
    """The opposite of ``_hls``."""
    reach = saturation * np.minimum(lightness, 1 - lightness)
    turns = (np.array([0, 8, 4], np.float32) + hue[..., None] * 12) % 12
    wave = np.clip(np.minimum(turns - 3, 9 - turns), -1, 1)
    return lightness[..., None] - reach[..., None] * wave
