"""A trained detector and its artefact.

``model_algo_1-NNNN.params`` has the weights of epoch NNNN, ``model_algo_1-symbol.json`` and
``hyperparams.json`` what network they are of, as SageMaker names these files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from studio_ext.algorithms.object_detection.data import squares
from studio_ext.algorithms.vision import weights
from studio_ext.algorithms.vision.images import normal
from studio_ext.algorithms.vision.weights import write_json
from studio_ext.formats.errors import DataError
from studio_ext.formats.image_recordio import Part

NAME = "model_algo_1"
SYMBOL, SETTINGS = f"{NAME}-symbol.json", "hyperparams.json"
PARAMS = rf"{NAME}-\d+\.params"
KEPT = ("base_network", "num_classes", "image_shape", "nms_threshold", "width")
WIDTH = 64  # channels of the base's first stage, as published
CANDIDATES, FOUND = 400, 100  # boxes of an image before and after doubles are dropped
LEAST = 0.01  # score


def network(values: Mapping[str, Any]) -> Any:
    from studio_ext.algorithms.object_detection.network import Detector

    return Detector(
        values["base_network"], values["num_classes"], values["image_shape"], values["width"]
    )


def params(epoch: int) -> str:
    """The file of the weights after an epoch, from 1."""
    return f"{NAME}-{epoch:04}.params"


@dataclass(frozen=True, slots=True)
class ObjectDetector:
    """A network and the hyperparameters that make it."""

    net: Any
    values: Mapping[str, Any]

    def detect(self, batch: Any) -> list[Any]:
        """The boxes in images, the best first.

        Args:
            batch: uint8 of shape (images, side, side, 3).

        Returns:
            Of each image float64 of shape (boxes, 6): class, score, xmin, ymin, xmax, ymax in
            shares of the image.
        """
        import torch

        from studio_ext.algorithms.object_detection.boxes import decode

        with torch.inference_mode():
            scores, offsets = self.net(normal(batch))
            chances = scores.float().softmax(2)[..., 1:]
            boxes = decode(offsets.float(), self.net.anchors)
            return [self._best(*one) for one in zip(chances, boxes, strict=True)]

    def _best(self, chances: Any, boxes: Any) -> Any:
        """The boxes of one image, each class's doubles dropped."""
        import torch

        from studio_ext.algorithms.object_detection.boxes import suppress

        scores, at = chances.flatten().topk(min(CANDIDATES, chances.numel()))
        at = at[scores > LEAST]
        rows, labels = at // chances.shape[1], at % chances.shape[1]
        scores, places = chances[rows, labels], boxes[rows]
        apart = places + 2 * labels[:, None]  # boxes of different classes share nothing
        kept = suppress(apart, scores, self.values["nms_threshold"])[:FOUND]
        found = torch.cat([labels[kept, None].float(), scores[kept, None], places[kept]], 1)
        return found.double().numpy()

    def predict(self, part: Part) -> tuple[Any, tuple[int, ...]]:
        """The boxes in an encoded image, and the image's shape (height, width, 3)."""
        images = squares([part], self.values["image_shape"])
        found = self.detect(np.stack([images[0]]))[0]
        return found, images.shapes[0]

    def save(self, folder: Path, epoch: int) -> None:
        """Write the artefact; the file that says which weights to take comes last."""
        weights.save(self.net, folder / params(epoch))
        write_json(folder / SYMBOL, {"algorithm": "object-detection", "epoch": epoch})
        write_json(folder / SETTINGS, {name: self.values[name] for name in KEPT})

    @classmethod
    def load(cls, model_dir: str | Path) -> ObjectDetector:
        """Raise DataError when there is no artefact, or it cannot be read."""
        folder = Path(model_dir)
        try:
            epoch = json.loads((folder / SYMBOL).read_text())["epoch"]
            values = json.loads((folder / SETTINGS).read_text())
            net = network(values)
            weights.load(net, folder / params(epoch))
        except OSError as error:
            raise DataError(
                f"'{folder}' has no {Path(str(error.filename)).name}; expected the files of an "
                f"object-detection model: {SYMBOL}, {SETTINGS} and {NAME}-NNNN.params"
            ) from error
        except (ValueError, KeyError, TypeError) as error:
            if isinstance(error, DataError):
                raise
            raise DataError(f"{SETTINGS} does not describe a detector ({error!r})") from error
        return cls(net.eval(), values)
