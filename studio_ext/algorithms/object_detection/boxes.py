"""Boxes: anchors, matching them with objects, decoding, and dropping doubles.

Source: Liu et al., "SSD: Single Shot MultiBox Detector", arXiv 1512.02325, section 2.2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch

RATIOS = (1.0, 2.0, 0.5, 3.0, 1 / 3)
ANCHORS = len(RATIOS) + 1  # of a place: one of each shape, and a larger square
SMALLEST, LARGEST = 0.1, 0.9  # shares of the image
VARIANCES = (0.1, 0.2)
MATCHED = 0.5  # overlap from which an anchor stands for an object


def anchors(sizes: Sequence[int]) -> Any:
    """(anchors, 4): centre x, centre y, width, height in shares, of square maps of those sizes."""
    steps = max(len(sizes), 2)
    scales = [SMALLEST + (LARGEST - SMALLEST) * k / (steps - 1) for k in range(steps + 1)]
    found = []
    for k, size in enumerate(sizes):
        shapes = [(scales[k] * math.sqrt(r), scales[k] / math.sqrt(r)) for r in RATIOS]
        shapes.append((math.sqrt(scales[k] * scales[k + 1]),) * 2)
        middle = (torch.arange(size) + 0.5) / size
        y, x = torch.meshgrid(middle, middle, indexing="ij")
        places = torch.stack([x, y], 2).reshape(-1, 1, 2).expand(-1, ANCHORS, 2)
        forms = torch.tensor(shapes).expand(size * size, ANCHORS, 2)
        found.append(torch.cat([places, forms], 2).reshape(-1, 4))
    return torch.cat(found)


def corners(centred: Any) -> Any:
    """xmin, ymin, xmax, ymax of centres and sizes."""
    half = centred[..., 2:] / 2
    return torch.cat([centred[..., :2] - half, centred[..., :2] + half], -1)


def overlaps(first: Any, second: Any) -> Any:
    """Intersection over union of corner boxes: (n, 4) and (m, 4) to (n, m)."""
    low = torch.maximum(first[:, None, :2], second[None, :, :2])
    high = torch.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = (high - low).clamp(min=0).prod(2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(1) for boxes in (first, second)]
    return shared / (areas[0][:, None] + areas[1][None] - shared).clamp(min=1e-9)


def match(objects: Any, centred: Any) -> tuple[Any, Any]:
    """What each anchor should say.

    Args:
        objects: (objects, 5), class and corners.
        centred: from ``anchors``.

    Returns:
        Classes (anchors,), 0 for none and else the class plus 1, and offsets (anchors, 4).
    """
    classes = torch.zeros(len(centred), dtype=torch.long)
    offsets = torch.zeros(len(centred), 4)
    if not len(objects):
        return classes, offsets
    shared = overlaps(corners(centred), objects[:, 1:])
    best, whose = shared.max(1)
    favourite = shared.argmax(0)  # every object has an anchor, however little they share
    whose[favourite] = torch.arange(len(objects))
    best[favourite] = 1.0
    chosen = best > MATCHED
    classes[chosen] = objects[whose[chosen], 0].long() + 1
    box = objects[whose, 1:]
    middle, size = (box[:, :2] + box[:, 2:]) / 2, (box[:, 2:] - box[:, :2]).clamp(min=1e-4)
    offsets[:, :2] = (middle - centred[:, :2]) / centred[:, 2:] / VARIANCES[0]
    offsets[:, 2:] = torch.log(size / centred[:, 2:]) / VARIANCES[1]
    return classes, offsets


def decode(offsets: Any, centred: Any) -> Any:
    """Corner boxes inside the image; the opposite of ``match``'s offsets."""
    middle = centred[:, :2] + offsets[..., :2] * VARIANCES[0] * centred[:, 2:]
    size = centred[:, 2:] * torch.exp((offsets[..., 2:] * VARIANCES[1]).clamp(max=4))
    return corners(torch.cat([middle, size], -1)).clamp(0, 1)


def suppress(boxes: Any, scores: Any, threshold: float) -> Any:
    """Indices of the boxes to keep, best first: none shares more with a better one."""
    order = scores.argsort(descending=True)
    shared = overlaps(boxes[order], boxes[order]) > threshold
    kept = torch.ones(len(order), dtype=torch.bool)
    for row in range(len(order)):
        if kept[row]:
            kept[row + 1 :] &= ~shared[row, row + 1 :]
    return order[kept]
