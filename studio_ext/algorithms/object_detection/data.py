"""Images and boxes of Object Detection, from whichever form the channels have."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from studio_ext.algorithms.hyperparameters import defaults
from studio_ext.algorithms.job import log
from studio_ext.algorithms.object_detection.annotations import from_json, from_label, numbers
from studio_ext.algorithms.object_detection.contract import OBJECT_DETECTION
from studio_ext.algorithms.vision import channels as found_in
from studio_ext.algorithms.vision.channels import AUGMENTED, PART, RECORDS, Channels
from studio_ext.algorithms.vision.images import Images, resized
from studio_ext.algorithms.vision.summary import Summary
from studio_ext.formats.errors import DataError
from studio_ext.formats.files import data_files
from studio_ext.formats.image_recordio import Part


@dataclass(frozen=True, slots=True)
class Data:
    """Images, scaled to squares, and boxes by channel.

    Attributes:
        boxes: of each image, float32 of shape (objects, 5): class, xmin, ymin, xmax, ymax in
            shares of the image.
        model: the ``model`` channel, where there is one.
    """

    images: Mapping[str, Images]
    boxes: Mapping[str, list[Any]]
    model: Mapping[str, Any] | None

    def summary(self) -> Summary:
        rows = []
        for name, images in self.images.items():
            labels = [int(box[0]) for boxes in self.boxes[name] for box in boxes]
            counts = f"{len(images):,}", f"{len(labels):,}", f"{len(set(labels))}"
            rows.append((name, *counts, images.sizes()))
        return Summary(("channel", "images", "objects", "classes", "sizes"), rows)


def all_values(hyperparameters: Mapping[str, str]) -> dict[str, Any]:
    """Typed hyperparameters, with the documented defaults of those that were not given.

    ``asks_pretrained`` is whether pretrained weights were asked for by name.
    """
    given = OBJECT_DETECTION.check(hyperparameters)
    asks = given.get("use_pretrained_model", False)
    return defaults(OBJECT_DETECTION.hyperparameters) | given | {"asks_pretrained": asks}


def read_data(hyperparameters: Mapping[str, str], channels: Channels) -> Data:
    """Check the hyperparameters, then read the channels and decode every image once.

    Raises:
        HyperparameterError, DataError: names what is wrong and what was expected.
    """
    values = all_values(hyperparameters)
    found_in.check_channels(OBJECT_DETECTION, channels)
    images, boxes = {}, {}
    for name in PART:
        found = _read(name, channels)
        if not found:
            raise DataError(f"channel '{name}' has no images; expected at least one")
        images[name] = squares([part for part, _, _ in found], values["image_shape"])
        images[name].check()
        boxes[name] = [
            _boxes(annotation, images[name].shapes[row], where, values)
            for row, (_, annotation, where) in enumerate(found)
        ]
        objects = sum(map(len, boxes[name]))
        log(f"channel '{name}': {len(found):,} images with {objects:,} objects")
    return Data(images, boxes, channels.get("model"))


def squares(parts: Sequence[Part], side: int) -> Images:
    """Images scaled to squares, whatever their proportions."""
    return Images(parts, "RGB", lambda image: resized(image, side, side))


def _boxes(annotation: Any, shape: Sequence[int], where: str, values: Mapping[str, Any]) -> Any:
    classes = values["num_classes"]
    if isinstance(annotation, tuple):
        length, boxes = len(annotation), from_label(annotation, where, classes)
    else:
        boxes = from_json(annotation, shape, where, classes)
        length = numbers(annotation)
    if length > values["label_width"]:
        raise DataError(
            f"{where} has {length} numbers in its label; expected at most label_width="
            f"{values['label_width']}: give label_width={length} or more"
        )
    return boxes


def _read(name: str, channels: Channels) -> list[tuple[Part, Any, str]]:
    channel = channels[name]
    kind = found_in.kind_of(name, channel)
    if kind == RECORDS:
        records = found_in.records(name, channel)
        return [(one.image, one.labels, one.image.where) for one in records]
    if kind == AUGMENTED:
        found = found_in.entries(name, channel, 2, "source-ref, bounding-box")
        return [(one.values[0], one.values[1], one.where) for one in found]
    return _annotated_files(name, channels)


def _annotated_files(name: str, channels: Channels) -> list[tuple[Part, Any, str]]:
    """Image files, each with the JSON file that names it, or else has its name."""
    folder = found_in.beside(OBJECT_DETECTION, name, "annotation", channels)
    files = found_in.image_files(name, channels[name])
    by_stem = {PurePosixPath(path).with_suffix("").name: path for path in files}
    found, missing = [], dict(files)
    for file in data_files(folder, f"{name}_annotation"):
        if file.suffix != ".json":
            continue
        annotation = _json(file)
        path = annotation.get("file")
        path = path if path in files else by_stem.get(file.stem)
        if path is None:
            raise DataError(
                f"{file.name} is of the image '{annotation.get('file', file.stem)}', which channel "
                f"'{name}' does not have"
            )
        missing.pop(path, None)
        found.append((Part(files[path], path), annotation, file.name))
    if missing:
        path = min(missing)
        raise DataError(
            f"channel '{name}': image {path} has no annotation; expected "
            f"{Path(path).stem}.json in channel '{name}_annotation'"
        )
    return found


def _json(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text())
    except ValueError as error:
        raise DataError(f"{file.name} is not valid JSON ({error})") from error
    if not isinstance(content, dict):
        raise DataError(f"{file.name} is no JSON object; expected one with 'annotations'")
    return content
