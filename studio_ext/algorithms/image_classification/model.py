"""A trained image classifier and its artefact.

``image-classification-NNNN.params`` has the weights after epoch NNNN,
``image-classification-symbol.json`` says what network they are of and which epoch was best, and
``model-shapes.json`` the shape of its input, as SageMaker names these files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from studio_ext.algorithms.image_classification.augmentation import centre
from studio_ext.algorithms.image_classification.data import prepared
from studio_ext.algorithms.vision import weights
from studio_ext.algorithms.vision.images import normal
from studio_ext.algorithms.vision.weights import write_json
from studio_ext.formats.errors import DataError
from studio_ext.formats.image_recordio import Part

NAME = "image-classification"
SYMBOL, SHAPES = f"{NAME}-symbol.json", "model-shapes.json"
PARAMS = rf"{NAME}-\d+\.params"
KEPT = ("num_layers", "num_classes", "image_shape", "resize", "multi_label")


def network(values: Mapping[str, Any]) -> Any:
    from studio_ext.algorithms.vision.resnet import Classifier

    channels, height, width = values["image_shape"]
    return Classifier(values["num_layers"], values["num_classes"], channels, min(height, width))


def params(epoch: int) -> str:
    """The file of the weights after an epoch, from 1."""
    return f"{NAME}-{epoch:04}.params"


@dataclass(frozen=True, slots=True)
class ImageClassifier:
    """A network and the hyperparameters that make it."""

    net: Any
    values: Mapping[str, Any]

    def probabilities(self, batch: Any) -> Any:
        """float32 of shape (batch, classes), of uint8 images of ``image_shape``'s size."""
        import torch

        with torch.inference_mode():
            scores = self.net(normal(batch))
            found = torch.sigmoid(scores) if self.values["multi_label"] else scores.softmax(1)
        return found.numpy()

    def predict(self, parts: list[Part]) -> Any:
        """Probabilities of encoded images, prepared as validation images are."""
        _, height, width = self.values["image_shape"]
        images = prepared(parts, self.values)
        stacked = np.stack([centre(images[i], height, width) for i in range(len(images))])
        return self.probabilities(stacked)

    def save(self, folder: Path, epoch: int) -> None:
        """Write the artefact; the file that says which weights to take comes last."""
        weights.save(self.net, folder / params(epoch))
        shape = [1, *self.values["image_shape"]]
        write_json(folder / SHAPES, [{"name": "data", "shape": shape}])
        described = {name: self.values.get(name) for name in KEPT}
        write_json(folder / SYMBOL, {"algorithm": NAME, "epoch": epoch, **described})

    @classmethod
    def load(cls, model_dir: str | Path) -> ImageClassifier:
        """Raise DataError when there is no artefact, or it cannot be read."""
        folder = Path(model_dir)
        try:
            values = json.loads((folder / SYMBOL).read_text())
            values["image_shape"] = tuple(values["image_shape"])
            net = network(values)
            file = folder / params(values["epoch"])
            weights.load(net, file)
        except OSError as error:
            raise DataError(
                f"'{folder}' has no {Path(str(error.filename)).name}; expected the files of an "
                f"{NAME} model: {SYMBOL}, {SHAPES} and {NAME}-NNNN.params"
            ) from error
        except (ValueError, KeyError, TypeError) as error:
            if isinstance(error, DataError):
                raise
            raise DataError(f"{SYMBOL} does not describe an {NAME} model ({error})") from error
        return cls(net.eval(), values)
