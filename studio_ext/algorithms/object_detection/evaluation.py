"""Mean average precision, and the report of a trained detector.

The average precision of a class is the area under its precision and recall, precision made to
fall, as PASCAL VOC has it since 2010. A box is right when it overlaps an object of its class, that
no better box has found, by at least ``overlap_threshold``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from studio_ext.algorithms.report import CLASSES, Report

if TYPE_CHECKING:
    from studio_ext.algorithms.object_detection.training import Fit


def average_precisions(
    found: Sequence[Any], actual: Sequence[Any], classes: int, threshold: float
) -> Any:
    """The average precision of each class; NaN of one that no image has.

    Args:
        found: of each image, (boxes, 6): class, score, xmin, ymin, xmax, ymax.
        actual: of each image, (objects, 5): class, xmin, ymin, xmax, ymax.
    """
    scores: list[list[tuple[float, bool]]] = [[] for _ in range(classes)]
    totals = np.zeros(classes, int)
    for boxes, objects in zip(found, actual, strict=True):
        np.add.at(totals, objects[:, 0].astype(int), 1)
        for label in np.unique(boxes[:, 0]).astype(int):
            own = boxes[boxes[:, 0] == label]
            there = objects[objects[:, 0] == label]
            scores[label] += _hits(own[np.argsort(-own[:, 1], kind="stable")], there, threshold)
    return np.array([_area(s, n) if n else np.nan for s, n in zip(scores, totals, strict=True)])


def _hits(boxes: Any, objects: Any, threshold: float) -> list[tuple[float, bool]]:
    """(score, whether it is right) of one class's boxes in an image, best first."""
    if not len(objects):
        return [(float(box[1]), False) for box in boxes]
    low = np.maximum(boxes[:, None, 2:4], objects[None, :, 1:3])
    high = np.minimum(boxes[:, None, 4:6], objects[None, :, 3:5])
    shared = np.clip(high - low, 0, None).prod(2)
    areas = (boxes[:, 4:6] - boxes[:, 2:4]).prod(1), (objects[:, 3:5] - objects[:, 1:3]).prod(1)
    overlap = shared / np.maximum(areas[0][:, None] + areas[1][None] - shared, 1e-9)
    free, out = np.ones(len(objects), bool), []
    for box, row in zip(boxes, overlap, strict=True):
        best = int(row.argmax())
        right = bool(row[best] >= threshold and free[best])
        free[best] &= not right
        out.append((float(box[1]), right))
    return out


def _area(scores: list[tuple[float, bool]], total: int) -> float:
    ordered = sorted(scores, key=lambda one: -one[0])
    hits = np.cumsum([right for _, right in ordered])
    if not len(hits):
        return 0.0
    precision, recall = hits / np.arange(1, len(hits) + 1), hits / total
    falling = np.maximum.accumulate(precision[::-1])[::-1]
    return float((np.diff(np.concatenate([[0.0], recall])) * falling).sum())


def mean_average_precision(precisions: Any) -> float:
    """The mean over the classes that there are; 0 without any."""
    known = precisions[~np.isnan(precisions)]
    return float(known.mean()) if len(known) else 0.0


def evaluate(fit: Fit, data: Any) -> Report:
    """The metrics of the validation channel; ``importance`` has the precision of each class."""
    precisions = {
        f"class {label}": float(value)
        for label, value in enumerate(fit.precisions)
        if not np.isnan(value)
    }
    return Report(
        channel="validation",
        task=CLASSES,
        actual=data.boxes["validation"],
        predicted=fit.found,
        metrics=fit.metrics,
        importance=dict(sorted(precisions.items(), key=lambda one: one[1])),
        importance_of="average precision",
    )
