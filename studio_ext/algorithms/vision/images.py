"""The images of a channel: decoded by several threads, kept in memory while there is room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from studio_ext.algorithms.job import cores
from studio_ext.formats.errors import DataError
from studio_ext.formats.image import decode
from studio_ext.formats.image_recordio import Part

BUDGET = 1 << 30  # bytes of pixels that are kept
MEAN = np.array([0.485, 0.456, 0.406], np.float32)  # of ImageNet, as published weights expect
DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)

Change = Callable[[Any], Any]


class Images:
    """Encoded images, decoded when asked for.

    Args:
        parts: where the bytes are.
        mode: as ``decode`` has it.
        change: applied to every decoded image, such as a resize.

    Attributes:
        shapes: of the images that were decoded, before the change.
    """

    def __init__(
        self, parts: Sequence[Part], mode: str = "RGB", change: Change | None = None
    ) -> None:
        self.parts = parts
        self.mode = mode
        self.change = change
        self.shapes: dict[int, tuple[int, ...]] = {}
        self.kept: dict[int, Any] = {}
        self.size = 0

    def __len__(self) -> int:
        return len(self.parts)

    def __getitem__(self, index: int) -> Any:
        """uint8 of shape (height, width, 3), or (height, width)."""
        found = self.kept.get(index)
        if found is not None:
            return found
        part = self.parts[index]
        try:
            data = part.read()
        except OSError as error:
            raise DataError(f"{part.where} cannot be read ({error.strerror or error})") from error
        image = decode(data, part.where, self.mode)
        self.shapes[index] = image.shape
        image = image if self.change is None else self.change(image)
        if self.size + image.nbytes <= BUDGET:
            self.kept[index] = image
            self.size += image.nbytes
        return image

    def sizes(self) -> str:
        """The sizes of the decoded images in words: ``28 x 28``, or a range."""
        shapes = sorted({shape[:2] for shape in self.shapes.values()})
        if not shapes:
            return ""
        (low, high), (last, end) = shapes[0], shapes[-1]
        return f"{high} x {low}" + ("" if len(shapes) == 1 else f" to {end} x {last}")

    def check(self) -> None:
        """Decode every image once.

        Raises:
            DataError: names the first one that is broken.
        """
        with ThreadPoolExecutor(cores()) as pool:
            for _ in pool.map(lambda index: self[index].shape, range(len(self))):
                pass


def resized(image: Any, height: int, width: int, *, nearest: bool = False) -> Any:
    """The image scaled to a size, bilinear; ``nearest`` for masks, whose values must stay."""
    if image.shape[:2] == (height, width):
        return image
    from PIL import Image

    way = Image.Resampling.NEAREST if nearest else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(image).resize((width, height), way))


def normal(batch: Any) -> Any:
    """A float32 torch tensor (batch, channels, height, width) of uint8 images, normalised.

    Args:
        batch: uint8 of shape (batch, height, width, channels).
    """
    import torch

    channels = batch.shape[-1]
    mean = MEAN if channels == 3 else MEAN.mean(keepdims=True).repeat(channels)
    deviation = DEVIATION if channels == 3 else DEVIATION.mean(keepdims=True).repeat(channels)
    scaled = (batch.astype(np.float32) / 255 - mean) / deviation
    return torch.from_numpy(np.ascontiguousarray(scaled.transpose(0, 3, 1, 2)))
