"""A trained segmenter and its artefact: ``model_algo-1`` and ``hyperparams.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from studio_ext.algorithms.vision import weights
from studio_ext.algorithms.vision.images import normal, resized
from studio_ext.algorithms.vision.weights import write_json
from studio_ext.formats.errors import DataError

FILE, SETTINGS = "model_algo-1", "hyperparams.json"
KEPT = ("backbone", "algorithm", "num_classes", "base_size", "width")
WIDTH = 64  # channels of the backbone's first stage, as published
STRIDE = 8
MEAN = (124, 116, 104)  # of ImageNet, what is around an image


def network(values: Mapping[str, Any]) -> Any:
    from studio_ext.algorithms.semantic_segmentation.network import Segmenter

    return Segmenter(
        values["backbone"], values["algorithm"], values["num_classes"], values["width"]
    )


def padded(image: Any, height: int, width: int, fill: Any) -> Any:
    """The image with ``fill`` below and to the right of it, where it is smaller."""
    rows, columns = max(height, image.shape[0]), max(width, image.shape[1])
    if (rows, columns) == image.shape[:2]:
        return image
    out = np.empty((rows, columns, *image.shape[2:]), np.uint8)
    out[:] = fill
    out[: image.shape[0], : image.shape[1]] = image
    return out


@dataclass(frozen=True, slots=True)
class SemanticSegmenter:
    """A network and the hyperparameters that make it."""

    net: Any
    values: Mapping[str, Any]

    def scaled(self, image: Any) -> Any:
        """The image with its longer side ``base_size``."""
        scale = self.values["base_size"] / max(image.shape[:2])
        sides = (max(1, round(side * scale)) for side in image.shape[:2])
        return resized(image, *sides)

    def probabilities(self, images: Sequence[Any]) -> list[Any]:
        """Of each pixel of images of one size, float32 of shape (classes, height, width) each.

        Args:
            images: uint8 of shape (height, width, 3).
        """
        import torch
        from torch.nn import functional

        small = [self.scaled(image) for image in images]
        height, width = small[0].shape[:2]
        sides = (-(-side // STRIDE) * STRIDE for side in (height, width))
        rows, columns = sides
        batch = np.stack([padded(image, rows, columns, MEAN) for image in small])
        with torch.inference_mode():
            scores = self.net(normal(batch))[:, :, :height, :width]
            full = functional.interpolate(
                scores, images[0].shape[:2], mode="bilinear", align_corners=False
            )
            return list(full.softmax(1).numpy())

    def save(self, folder: Path) -> None:
        """Write the artefact; the weights come last."""
        write_json(folder / SETTINGS, {name: self.values[name] for name in KEPT})
        weights.save(self.net, folder / FILE)

    @classmethod
    def load(cls, model_dir: str | Path) -> SemanticSegmenter:
        """Raise DataError when there is no artefact, or it cannot be read."""
        folder = Path(model_dir)
        try:
            values = json.loads((folder / SETTINGS).read_text())
            net = network(values)
            weights.load(net, folder / FILE)
        except OSError as error:
            raise DataError(
                f"'{folder}' has no {Path(str(error.filename)).name}; expected the files of a "
                f"semantic-segmentation model: {FILE} and {SETTINGS}"
            ) from error
        except (ValueError, KeyError, TypeError) as error:
            if isinstance(error, DataError):
                raise
            raise DataError(f"{SETTINGS} does not describe a segmenter ({error!r})") from error
        return cls(net.eval(), values)
