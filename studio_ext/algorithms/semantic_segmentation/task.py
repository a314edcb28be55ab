"""What Semantic Segmentation learns: the cross entropy of pixels that have a class."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from studio_ext.algorithms.job import log
from studio_ext.algorithms.semantic_segmentation.data import Data
from studio_ext.algorithms.semantic_segmentation.labels import VOID
from studio_ext.algorithms.semantic_segmentation.model import (
    MEAN,
    STRIDE,
    SemanticSegmenter,
    padded,
)
from studio_ext.algorithms.vision.images import normal, resized

Batch = tuple[Any, Any]
SCALES = (0.5, 2.0)  # of base_size, as documented


class Segmentation:
    """See ``vision.loop.Task``."""

    score = "mIOU"

    def __init__(self, model: SemanticSegmenter, data: Data) -> None:
        self.model = model
        self.net = model.net
        self.values = model.values
        self.data = data
        self.size = self.values["mini_batch_size"]
        self.side = -(-self.values["crop_size"] // STRIDE) * STRIDE
        self.steps = math.ceil(len(data.images["train"]) / self.size)

    def batches(self, rng: np.random.Generator) -> Iterator[Batch]:
        images, masks = self.data.images["train"], self.data.masks["train"]
        order = rng.permutation(len(images))
        if len(order) > self.size:  # whole batches only, the last one filled up from the first
            order = np.resize(order, self.steps * self.size)
        for rows in np.split(order, range(self.size, len(order), self.size)):
            pairs = [self._varied(images[i], masks[i], rng) for i in rows]
            stacked = np.stack([image for image, _ in pairs])
            targets = np.stack([mask for _, mask in pairs]).astype(np.int64)
            yield normal(stacked), torch.from_numpy(targets)

    def _varied(self, image: Any, mask: Any, rng: np.random.Generator) -> tuple[Any, Any]:
        """A square part at a random scale, mirrored half of the time."""
        scale = self.values["base_size"] * rng.uniform(*SCALES) / max(image.shape[:2])
        height, width = (max(1, round(side * scale)) for side in image.shape[:2])
        image = padded(resized(image, height, width), self.side, self.side, MEAN)
        mask = padded(resized(mask, height, width, nearest=True), self.side, self.side, VOID)
        top = rng.integers(image.shape[0] - self.side + 1)
        left = rng.integers(image.shape[1] - self.side + 1)
        part = np.s_[top : top + self.side, left : left + self.side]
        image, mask = image[part], mask[part]
        return (image[:, ::-1], mask[:, ::-1]) if rng.random() < 0.5 else (image, mask)

    def loss(self, batch: Batch) -> tuple[Any, dict[str, float]]:
        images, targets = batch
        scores = self.net(images)
        total = functional.cross_entropy(scores, targets, ignore_index=VOID, reduction="sum")
        loss = total / (targets != VOID).sum().clamp(min=1)
        return loss, {"loss": loss.item()}

    def judge(self) -> dict[str, float]:
        return scores(self.counts("validation"))

    def counts(self, channel: str) -> Any:
        """Pixels by true (rows) and predicted class, of every image of a channel."""
        images, masks = self.data.images[channel], self.data.masks[channel]
        classes = self.values["num_classes"]
        found = np.zeros((classes, classes), np.int64)
        rows = sorted(range(len(images)), key=lambda i: images[i].shape)
        for _, same in groupby(rows, key=lambda i: images[i].shape):
            alike, most = list(same), self.values["validation_mini_batch_size"]
            for start in range(0, len(alike), most):
                part = alike[start : start + most]
                chances = self.model.probabilities([images[i] for i in part])
                for i, one in zip(part, chances, strict=True):
                    found += confusion(masks[i], one.argmax(0), classes)
        return found

    def tell(
        self,
        epoch: int,
        train: Mapping[str, float],
        validation: Mapping[str, float],
        seconds: float,
    ) -> None:
        head = f"#quality_metric: host=algo-1, epoch={epoch}"
        log(f"{head}, train loss <loss>=({train['loss']:.6f})")
        for name, value in validation.items():
            log(f"{head}, validation {name} <score>=({value:.6f})")
        rate = len(self.data.images["train"]) / seconds
        log(f"#throughput_metric: host=algo-1, train throughput={rate:.3f} records/second")


def confusion(mask: Any, predicted: Any, classes: int) -> Any:
    """Pixels by true (rows) and predicted class; those without a class are passed over."""
    known = mask != VOID
    pairs = mask[known].astype(np.int64) * classes + predicted[known]
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def ious(counts: Any) -> Any:
    """Intersection over union of each class; NaN of one that is neither there nor predicted."""
    both = np.diag(counts)
    union = counts.sum(0) + counts.sum(1) - both
    return np.where(union > 0, both / np.maximum(union, 1), np.nan)


def scores(counts: Any) -> dict[str, float]:
    """mIOU, over the classes that there are, and pixel_accuracy."""
    return {
        "mIOU": float(np.nanmean(ious(counts))) if counts.any() else 0.0,
        "pixel_accuracy": float(np.trace(counts) / max(1, counts.sum())),
    }
