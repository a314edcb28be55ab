"""Images and labels of Image Classification, from whichever form the channels have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from studio_ext.algorithms.hyperparameters import defaults
from studio_ext.algorithms.image_classification.contract import IMAGE_CLASSIFICATION
from studio_ext.algorithms.job import log
from studio_ext.algorithms.vision import channels as found_in
from studio_ext.algorithms.vision.channels import AUGMENTED, PART, RECORDS, Channels
from studio_ext.algorithms.vision.images import Images, resized
from studio_ext.algorithms.vision.summary import Summary
from studio_ext.formats import lst
from studio_ext.formats.channel import ContentType
from studio_ext.formats.errors import DataError
from studio_ext.formats.files import data_files
from studio_ext.formats.image_recordio import Part

Labelled = list[tuple[Part, Sequence[float], str]]


@dataclass(frozen=True, slots=True)
class Data:
    """Images and labels by channel.

    Attributes:
        labels: int64 of shape (images,), or float32 of shape (images, classes) with multi_label.
        model: the ``model`` channel, where there is one.
    """

    images: Mapping[str, Images]
    labels: Mapping[str, Any]
    model: Mapping[str, Any] | None

    def summary(self) -> Summary:
        rows = []
        for name, images in self.images.items():
            labels = self.labels[name]
            used = len(np.unique(labels)) if labels.ndim == 1 else int(labels.any(0).sum())
            rows.append((name, f"{len(images):,}", f"{used}", images.sizes()))
        return Summary(("channel", "images", "classes", "sizes"), rows)


def all_values(hyperparameters: Mapping[str, str]) -> dict[str, Any]:
    """Typed hyperparameters, with the documented defaults of those that were not given."""
    given = IMAGE_CLASSIFICATION.check(hyperparameters)
    return defaults(IMAGE_CLASSIFICATION.hyperparameters) | given


def read_data(hyperparameters: Mapping[str, str], channels: Channels) -> Data:
    """Check the hyperparameters, then read the channels and decode every image once.

    Raises:
        HyperparameterError, DataError: names what is wrong and what was expected.
    """
    values = all_values(hyperparameters)
    found_in.check_channels(IMAGE_CLASSIFICATION, channels)
    images, labels = {}, {}
    for name in PART:
        labelled = _read(name, channels)
        if not labelled:
            raise DataError(f"channel '{name}' has no images; expected at least one")
        images[name] = prepared([part for part, _, _ in labelled], values)
        by_id = "class-id" in _label_format(channels[name])
        labels[name] = _labels(labelled, values, by_id)
        images[name].check()
        log(f"channel '{name}': {len(labelled):,} images")
    return Data(images, labels, channels.get("model"))


def prepared(parts: Sequence[Part], values: Mapping[str, Any]) -> Images:
    """Images scaled as ``resize`` says, and up to ``image_shape`` where they are smaller."""
    channels, height, width = values["image_shape"]
    resize = values.get("resize")

    def change(image: Any) -> Any:
        rows, columns = image.shape[:2]
        scale = resize / min(rows, columns) if resize else 1.0
        scale = max(scale, height / rows, width / columns)
        image = resized(image, round(rows * scale), round(columns * scale))
        return image if image.ndim == 3 else image[..., None]

    return Images(parts, "RGB" if channels == 3 else "L", change)


def _read(name: str, channels: Channels) -> Labelled:
    channel = channels[name]
    kind = found_in.kind_of(name, channel)
    if kind == RECORDS:
        records = found_in.records(name, channel)
        return [(one.image, one.labels, one.image.where) for one in records]
    if kind == AUGMENTED:
        found = found_in.entries(name, channel, 2, "source-ref, class")
        return [(one.values[0], _numbers(one.values[1], one.where), one.where) for one in found]
    folder = found_in.beside(IMAGE_CLASSIFICATION, name, "lst", channels)
    root = Path(channel["path"])
    return [
        (Part(root / line.path, f"{line.where} ({line.path})"), line.labels, line.where)
        for file in data_files(folder, f"{name}_lst")
        for line in lst.read(file)
    ]


def _numbers(value: Any, where: str) -> list[float]:
    try:
        return [float(one) for one in (value if isinstance(value, list) else [value])]
    except (TypeError, ValueError) as error:
        raise DataError(
            f"{where} has the label {str(value)[:80]!r}; expected a class number or a list of them"
        ) from error


def _label_format(channel: Mapping[str, Any]) -> str:
    content_type = channel.get("content_type") or ""
    given = ContentType.parse(content_type).parameters.get("label-format", "multi-hot")
    if given not in ("multi-hot", "class-id"):
        raise DataError(f"label-format={given} in the content type; expected multi-hot or class-id")
    return given


def _labels(labelled: Labelled, values: Mapping[str, Any], by_id: bool) -> Any:
    classes = values["num_classes"]
    if not values["multi_label"]:
        return np.array([_class(labels, where, classes) for _, labels, where in labelled], np.int64)
    out = np.zeros((len(labelled), classes), np.float32)
    for row, (_, labels, where) in enumerate(labelled):
        if by_id:
            for label in labels:
                out[row, _class([label], where, classes)] = 1
        elif len(labels) != classes or not set(labels) <= {0.0, 1.0}:
            raise DataError(
                f"{where} has {len(labels)} labels ({', '.join(f'{v:g}' for v in labels[:8])}); "
                f"expected 0 or 1 for each of num_classes={classes} with multi_label"
            )
        else:
            out[row] = labels
    return out


def _class(labels: Sequence[float], where: str, classes: int) -> int:
    if len(labels) != 1:
        raise DataError(f"{where} has {len(labels)} labels; expected one, or multi_label=1")
    label = labels[0]
    if label != int(label) or not 0 <= label < classes:
        raise DataError(
            f"{where} has the label {label:g}; expected a whole number from 0 to {classes - 1}, "
            f"as num_classes={classes}"
        )
    return int(label)
