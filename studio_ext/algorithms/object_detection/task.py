"""What Object Detection learns: each anchor's class, and its offset where it has an object.

Source: arXiv 1512.02325, section 2.2: the loss, hard negatives three to one, and the variations of
training images, here a part of the image and a mirror.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from studio_ext.algorithms.job import log
from studio_ext.algorithms.object_detection.boxes import match
from studio_ext.algorithms.object_detection.data import Data
from studio_ext.algorithms.object_detection.evaluation import (
    average_precisions,
    mean_average_precision,
)
from studio_ext.algorithms.object_detection.model import ObjectDetector
from studio_ext.algorithms.vision.images import normal, resized

Batch = tuple[Any, Any, Any]
JUDGED = 16  # validation images at a time
NEGATIVES = 3
LEAST_PART = 0.6  # of the image's side


class Detection:
    """See ``vision.loop.Task``."""

    score = "mAP"

    def __init__(self, model: ObjectDetector, data: Data) -> None:
        self.model = model
        self.net = model.net
        self.values = model.values
        self.data = data
        self.size = self.values["mini_batch_size"]
        self.steps = math.ceil(len(data.images["train"]) / self.size)

    def batches(self, rng: np.random.Generator) -> Iterator[Batch]:
        images, boxes = self.data.images["train"], self.data.boxes["train"]
        order = rng.permutation(len(images))
        if len(order) > self.size:  # whole batches only, the last one filled up from the first
            order = np.resize(order, self.steps * self.size)
        for rows in np.split(order, range(self.size, len(order), self.size)):
            pairs = [varied(images[i], boxes[i], rng) for i in rows]
            targets = [match(torch.from_numpy(box), self.net.anchors) for _, box in pairs]
            classes, offsets = (torch.stack(part) for part in zip(*targets, strict=True))
            yield normal(np.stack([image for image, _ in pairs])), classes, offsets

    def loss(self, batch: Batch) -> tuple[Any, dict[str, float]]:
        images, classes, offsets = batch
        scores, moved = self.net(images)
        positive = classes > 0
        count = max(1, int(positive.sum()))
        each = functional.cross_entropy(scores.transpose(1, 2), classes, reduction="none")
        # The hardest negatives of each image, three for a positive and at least three.
        hard = each.detach().masked_fill(positive, -1.0).argsort(1, descending=True).argsort(1)
        wanted = (NEGATIVES * positive.sum(1)).clamp(min=NEGATIVES)
        entropy = each[positive | (hard < wanted[:, None])].sum() / count
        smooth = functional.smooth_l1_loss(moved[positive], offsets[positive], reduction="sum")
        smooth = smooth / count
        return entropy + smooth, {"cross_entropy": entropy.item(), "smooth_l1": smooth.item()}

    def judge(self) -> dict[str, float]:
        _, precisions = self.detections("validation")
        return {"mAP": mean_average_precision(precisions)}

    def detections(self, channel: str) -> tuple[list[Any], Any]:
        """The boxes found in every image of a channel, and each class's average precision."""
        images, found = self.data.images[channel], []
        for start in range(0, len(images), JUDGED):
            rows = range(start, min(start + JUDGED, len(images)))
            found += self.model.detect(np.stack([images[i] for i in rows]))
        values = self.values
        actual = self.data.boxes[channel]
        return found, average_precisions(
            found, actual, values["num_classes"], values["overlap_threshold"]
        )

    def tell(
        self,
        epoch: int,
        train: Mapping[str, float],
        validation: Mapping[str, float],
        seconds: float,
    ) -> None:
        head = f"#quality_metric: host=algo-1, epoch={epoch}"
        for name, value in train.items():
            log(f"{head}, train {name} <loss>=({value:.6f})")
        log(f"{head}, validation mAP <score>=({validation['mAP']:.6f})")
        rate = len(self.data.images["train"]) / seconds
        log(f"#throughput_metric: host=algo-1, train throughput={rate:.3f} records/second")


def varied(image: Any, boxes: Any, rng: np.random.Generator) -> tuple[Any, Any]:
    """Half of the time a part of the image, half of the time its mirror; boxes go along.

    A box whose middle is outside the part is dropped.
    """
    if rng.random() < 0.5:
        image, boxes = _part(image, boxes, rng)
    if rng.random() < 0.5:
        image = image[:, ::-1]
        boxes = boxes[:, [0, 3, 2, 1, 4]] * [1, -1, 1, -1, 1] + [0, 1, 0, 1, 0]
    return image, np.ascontiguousarray(boxes, np.float32)


def _part(image: Any, boxes: Any, rng: np.random.Generator) -> tuple[Any, Any]:
    side = len(image)
    size = int(rng.uniform(LEAST_PART, 1) * side)
    top, left = rng.integers(side - size + 1, size=2)
    middle = (boxes[:, 1:3] + boxes[:, 3:5]) / 2 * side
    inside = ((middle > (left, top)) & (middle < (left + size, top + size))).all(1)
    if len(boxes) and not inside.any():
        return image, boxes
    corner = np.array([left, top] * 2)
    moved = boxes[inside].copy()
    moved[:, 1:] = ((moved[:, 1:] * side - corner) / size).clip(0, 1)
    cut = np.ascontiguousarray(image[top : top + size, left : left + size])
    return resized(cut, side, side), moved
