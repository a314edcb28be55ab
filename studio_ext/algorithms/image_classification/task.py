"""What Image Classification learns: cross entropy of one label, or of each of several."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from studio_ext.algorithms.image_classification.augmentation import centre, varied
from studio_ext.algorithms.image_classification.data import Data
from studio_ext.algorithms.job import log
from studio_ext.algorithms.vision.images import normal

Batch = tuple[Any, Any]
JUDGED = 64  # validation images at a time


class Classification:
    """See ``vision.loop.Task``."""

    score = "accuracy"

    def __init__(self, net: Any, values: Mapping[str, Any], data: Data) -> None:
        self.net = net
        self.values = values
        self.data = data
        self.size = values["mini_batch_size"]
        self.steps = math.ceil(len(data.images["train"]) / self.size)
        self.weight = _weights(data.labels["train"]) if values["use_weighted_loss"] else None

    def batches(self, rng: np.random.Generator) -> Iterator[Batch]:
        images, labels = self.data.images["train"], self.data.labels["train"]
        order = rng.permutation(len(images))
        if len(order) > self.size:  # whole batches only, the last one filled up from the first
            order = np.resize(order, self.steps * self.size)
        _, height, width = self.values["image_shape"]
        kind = self.values.get("augmentation_type")
        for rows in np.split(order, range(self.size, len(order), self.size)):
            batch = np.stack([varied(images[i], height, width, kind, rng) for i in rows])
            yield normal(batch), torch.from_numpy(labels[rows])

    def loss(self, batch: Batch) -> tuple[Any, dict[str, float]]:
        images, labels = batch
        scores = self.net(images).float()
        metrics = self._metrics(scores.detach(), labels)
        if self.values["multi_label"]:
            loss = functional.binary_cross_entropy_with_logits(
                scores, labels, pos_weight=self.weight
            )
        else:
            loss = functional.cross_entropy(scores, labels)
        return loss, metrics | {"cross_entropy": loss.item()}

    def _metrics(self, scores: Any, labels: Any) -> dict[str, float]:
        """Shares of images; with several labels, of labels over all images and classes."""
        if self.values["multi_label"]:
            return {"accuracy": ((scores > 0) == (labels > 0.5)).float().mean().item()}
        found = {"accuracy": (scores.argmax(1) == labels).float().mean().item()}
        top = self.values.get("top_k")
        if top is not None:
            hits = (scores.topk(top).indices == labels[:, None]).any(1)
            found[f"top_k_accuracy_{top}"] = hits.float().mean().item()
        return found

    def judge(self) -> dict[str, float]:
        return self._metrics(*self.scores("validation"))

    def scores(self, channel: str) -> tuple[Any, Any]:
        """The scores of every image of a channel, and its labels."""
        images, labels = self.data.images[channel], self.data.labels[channel]
        _, height, width = self.values["image_shape"]
        found = []
        with torch.inference_mode():
            for start in range(0, len(images), JUDGED):
                rows = range(start, min(start + JUDGED, len(images)))
                batch = np.stack([centre(images[i], height, width) for i in rows])
                found.append(self.net(normal(batch)))
        return torch.cat(found), torch.from_numpy(labels)

    def tell(
        self,
        epoch: int,
        train: Mapping[str, float],
        validation: Mapping[str, float],
        seconds: float,
    ) -> None:
        for name, value in train.items():
            log(f"Epoch[{epoch}] Train-{name}={value:.6f}")
        log(f"Epoch[{epoch}] Time cost={seconds:.3f}")
        for name, value in validation.items():
            log(f"Epoch[{epoch}] Validation-{name}={value:.6f}")


def _weights(labels: Any) -> Any:
    """For each class the images without it for one with it, so that rare classes count as much."""
    positive = labels.sum(0)
    return torch.from_numpy((len(labels) - positive) / np.maximum(positive, 1)).clamp(0.01, 100)
