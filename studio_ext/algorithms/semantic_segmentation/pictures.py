"""Pictures of a segmenter: how well each class is found, and masks beside their images."""

from __future__ import annotations

from typing import Any

import numpy as np

from studio_ext.algorithms.pictures import Picture
from studio_ext.algorithms.report import Report
from studio_ext.algorithms.semantic_segmentation.data import Data
from studio_ext.algorithms.semantic_segmentation.labels import VOID
from studio_ext.algorithms.semantic_segmentation.training import Fit
from studio_ext.algorithms.vision.pictures import Example, class_bars, grid

SHOWN = 6
# Okabe and Ito's, with black for class 0, the usual background; more classes use them again.
COLOURS = np.array(
    [[0, 0, 0], [230, 159, 0], [86, 180, 233], [0, 158, 115], [240, 228, 66], [0, 114, 178],
     [213, 94, 0], [204, 121, 167]], np.uint8
)  # fmt: skip


def outcome(report: Report) -> Picture:
    """The intersection over union of each class, the lowest on top."""
    mean = report.metrics[report.channel]["mIOU"]
    title = f"Intersection over union on {report.channel}"
    return class_bars(report, title, f"{title}: {mean:.3f} on average")


def examples(fit: Fit, data: Data) -> Picture:
    """Validation images, each with its mask and the one found."""
    images, masks = data.images["validation"], data.masks["validation"]
    shown = []
    for row in range(min(SHOWN, len(images))):
        found = fit.model.probabilities([images[row]])[0].argmax(0)
        known = masks[row] != VOID
        right = (found == masks[row])[known].mean() if known.any() else 1.0
        shown += [
            Example(images[row], "image"),
            Example(coloured(masks[row]), "mask"),
            Example(coloured(found), f"found, {right:.0%} right"),
        ]
    return grid(shown, f"{len(shown) // 3} validation images, their masks and those found")


def coloured(mask: Any) -> Any:
    """uint8 of shape (height, width, 3); white where there is no class."""
    labels = mask.astype(int)
    again = 1 + (labels - 1) % (len(COLOURS) - 1)
    found = COLOURS[np.where(labels == 0, 0, again)]
    found[mask == VOID] = 255
    return found
