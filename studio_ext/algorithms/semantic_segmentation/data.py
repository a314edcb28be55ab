"""Images and masks of Semantic Segmentation, from whichever form the channels have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from studio_ext.algorithms.hyperparameters import defaults
from studio_ext.algorithms.job import log
from studio_ext.algorithms.semantic_segmentation.contract import SEMANTIC_SEGMENTATION
from studio_ext.algorithms.semantic_segmentation.labels import VOID, table
from studio_ext.algorithms.vision import channels as found_in
from studio_ext.algorithms.vision.channels import AUGMENTED, PART, RECORDS, Channels
from studio_ext.algorithms.vision.images import Images
from studio_ext.algorithms.vision.summary import Summary
from studio_ext.formats.errors import DataError
from studio_ext.formats.image_recordio import Part

Pairs = list[tuple[Part, Part]]


@dataclass(frozen=True, slots=True)
class Data:
    """Images and masks of the same sizes by channel.

    Attributes:
        masks: uint8 classes of pixels; 255 where there is none.
        model: the ``model`` channel, where there is one.
    """

    images: Mapping[str, Images]
    masks: Mapping[str, Images]
    model: Mapping[str, Any] | None

    def summary(self) -> Summary:
        rows = []
        for name, images in self.images.items():
            masks = self.masks[name]
            seen = set().union(*(np.unique(masks[i]).tolist() for i in range(len(masks))))
            used = len(seen - {VOID})
            rows.append((name, f"{len(images):,}", f"{used}", images.sizes()))
        return Summary(("channel", "images", "classes", "sizes"), rows)


def all_values(hyperparameters: Mapping[str, str]) -> dict[str, Any]:
    """Typed hyperparameters, with the documented defaults of those that were not given.

    ``asks_pretrained`` is whether pretrained weights were asked for by name.
    """
    given = SEMANTIC_SEGMENTATION.check(hyperparameters)
    asks = given.get("use_pretrained_model", False)
    return defaults(SEMANTIC_SEGMENTATION.hyperparameters) | given | {"asks_pretrained": asks}


def read_data(hyperparameters: Mapping[str, str], channels: Channels) -> Data:
    """Check the hyperparameters, then read the channels and decode every image once.

    Raises:
        HyperparameterError, DataError: names what is wrong and what was expected.
    """
    values = all_values(hyperparameters)
    found_in.check_channels(SEMANTIC_SEGMENTATION, channels)
    images, masks = {}, {}
    for name in PART:
        pairs = _read(name, channels)
        images[name] = Images([image for image, _ in pairs])
        masks[name] = _classes([mask for _, mask in pairs], table(channels, name))
        images[name].check()
        masks[name].check()
        _check(images[name], masks[name], values["num_classes"])
        log(f"channel '{name}': {len(pairs):,} images")
    return Data(images, masks, channels.get("model"))


def _classes(parts: Sequence[Part], meaning: Any) -> Images:
    return Images(parts, "labels", lambda mask: meaning[mask])


def _check(images: Images, masks: Images, classes: int) -> None:
    for row in range(len(images)):
        (height, width), mask = images[row].shape[:2], masks[row]
        where = masks.parts[row].where
        if mask.shape != (height, width):
            raise DataError(
                f"{where} has {mask.shape[1]} x {mask.shape[0]} pixels; expected {width} x "
                f"{height}, as its image {images.parts[row].where} has"
            )
        wrong = mask[(mask >= classes) & (mask != VOID)]
        if len(wrong):
            raise DataError(
                f"{where} has a pixel of class {wrong[0]}; expected 0 to {classes - 1}, as "
                f"num_classes={classes}, or {VOID} for none"
            )


def _read(name: str, channels: Channels) -> Pairs:
    channel = channels[name]
    kind = found_in.kind_of(name, channel)
    if kind == AUGMENTED:
        found = found_in.entries(name, channel, 2, "source-ref, streets-ref")
        if not channel["attributes"][1].endswith("-ref"):
            raise DataError(
                f"channel '{name}' has the AttributeNames {', '.join(channel['attributes'])}; "
                f"expected the mask second, with a name that ends in -ref"
            )
        return [(one.values[0], one.values[1]) for one in found]
    if kind == RECORDS:
        raise DataError(
            f"channel '{name}' has the content type application/x-recordio and no AttributeNames; "
            f"expected an augmented manifest, or image files and channel '{name}_annotation'"
        )
    found_in.beside(SEMANTIC_SEGMENTATION, name, "annotation", channels)
    files = found_in.image_files(name, channel)
    masks = found_in.image_files(f"{name}_annotation", channels[f"{name}_annotation"])
    by_stem = {str(PurePosixPath(path).with_suffix("")): path for path in masks}
    pairs = []
    for path, file in files.items():
        mask = by_stem.get(str(PurePosixPath(path).with_suffix("")))
        if mask is None:
            raise DataError(
                f"channel '{name}': image {path} has no mask; expected "
                f"{PurePosixPath(path).with_suffix('.png')} in channel '{name}_annotation'"
            )
        pairs.append((Part(file, path), Part(masks[mask], f"{name}_annotation/{mask}")))
    return pairs
