"""The boxes of an image: from a JSON annotation, or the label of a ``.rec`` record.

A label of a record is ``[header width, object width, more header…, objects…]``, each object
``[class, xmin, ymin, xmax, ymax, …]`` in shares of the image, as MXNet's im2rec packs it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from studio_ext.formats.errors import DataError

SIDES = ("left", "top", "width", "height")
TOLERANCE = 0.02  # share of a side by which a box may stand out; annotators round


def from_label(label: Sequence[float], where: str, classes: int) -> Any:
    """float32 of shape (objects, 5): class, xmin, ymin, xmax, ymax in shares of the image."""
    head, width = (int(label[0]), int(label[1])) if len(label) > 1 else (0, 0)
    if head < 2 or width < 5 or head > len(label) or (len(label) - head) % width:
        raise DataError(
            f"{where} has a label of {len(label)} numbers with header {head} and object width "
            f"{width}; expected [2, 5, class, xmin, ymin, xmax, ymax, …], made by im2rec with "
            f"--pack-label"
        )
    boxes = np.array(label[head:], np.float32).reshape(-1, width)[:, :5]
    return _checked(boxes[boxes[:, 0] >= 0], where, classes)  # -1 fills labels up


def from_json(annotation: Any, shape: Sequence[int], where: str, classes: int) -> Any:
    """The same of ``{"image_size": […], "annotations": [{"class_id": …, "left": …}]}``.

    Args:
        shape: (height, width) of the image itself.
    """
    try:
        objects = annotation["annotations"]
        rows = [[one["class_id"], *(one[side] for side in SIDES)] for one in objects]
        boxes = np.array(rows, np.float32).reshape(-1, 5)
        sizes = [(one["height"], one["width"]) for one in annotation.get("image_size", ())]
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(
            f'{where} is no annotation ({type(error).__name__}: {error}); expected {{"image_size": '
            f'[{{"width", "height", "depth"}}], "annotations": [{{"class_id", "left", "top", '
            f'"width", "height"}}]}}'
        ) from error
    if sizes and tuple(sizes[0]) != tuple(shape[:2]):
        raise DataError(
            f"{where} says that the image is {sizes[0][1]} x {sizes[0][0]}; the file has "
            f"{shape[1]} x {shape[0]}"
        )
    boxes[:, 3:] += boxes[:, 1:3]
    boxes[:, 1:] /= np.array([shape[1], shape[0]] * 2, np.float32)
    return _checked(boxes, where, classes)


def numbers(annotation: Mapping[str, Any]) -> int:
    """How long the label of an annotation is, as ``label_width`` counts."""
    return 2 + 5 * len(annotation.get("annotations", ()))


def _checked(boxes: Any, where: str, classes: int) -> Any:
    for number, box in enumerate(boxes, 1):
        label, xmin, ymin, xmax, ymax = (float(value) for value in box)
        if label != int(label) or not 0 <= label < classes:
            raise DataError(
                f"{where}, object {number} has the class {label:g}; expected a whole number from 0 "
                f"to {classes - 1}, as num_classes={classes}"
            )
        inside = min(xmin, ymin) >= -TOLERANCE and max(xmax, ymax) <= 1 + TOLERANCE
        if not (inside and xmin < xmax and ymin < ymax):
            raise DataError(
                f"{where}, object {number} has the box ({xmin:.3g}, {ymin:.3g}) to ({xmax:.3g}, "
                f"{ymax:.3g}) in shares of the image; expected one with an area, inside it"
            )
    boxes[:, 1:] = boxes[:, 1:].clip(0, 1)
    return boxes
