"""Small scenes of shapes on noise, with their boxes and masks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.algorithms.pictures import files

SQUARE, DISC = 0, 1


@dataclass(frozen=True)
class Scene:
    """An image, its objects (class, left, top, width, height) and its mask: 0, or class plus 1."""

    image: Any
    objects: list[tuple[int, int, int, int, int]]
    mask: Any

    def annotation(self) -> dict[str, Any]:
        height, width = self.image.shape[:2]
        names = ("class_id", "left", "top", "width", "height")
        return {
            "image_size": [{"width": width, "height": height, "depth": 3}],
            "annotations": [dict(zip(names, one, strict=True)) for one in self.objects],
        }

    def label(self) -> list[float]:
        """As im2rec packs it."""
        height, width = self.image.shape[:2]
        rows = [
            [label, x / width, y / height, (x + w) / width, (y + h) / height]
            for label, x, y, w, h in self.objects
        ]
        return [2, 5, *(float(value) for row in rows for value in row)]


def scenes(count: int, seed: int = 0, side: int = 64) -> list[Scene]:
    """One or two shapes, squares and discs, which do not overlap."""
    rng = np.random.default_rng(seed)
    return [_scene(rng, side) for _ in range(count)]


def _scene(rng: np.random.Generator, side: int) -> Scene:
    image = rng.normal(80, 15, (side, side, 3)).clip(0, 255)
    mask, objects = np.zeros((side, side), np.uint8), []
    y, x = np.mgrid[:side, :side] + 0.5
    for half in rng.permutation(2)[: rng.integers(1, 3)]:
        label, size = int(rng.integers(2)), int(rng.integers(side // 4, side // 2 - 2))
        left = int(half * side // 2 + rng.integers(0, side // 2 - size + 1))
        top = int(rng.integers(0, side - size + 1))
        inside = (x > left) & (x < left + size) & (y > top) & (y < top + size)
        if label == DISC:
            middle = left + size / 2, top + size / 2
            inside = (x - middle[0]) ** 2 + (y - middle[1]) ** 2 < (size / 2) ** 2
        image[inside] = rng.uniform(150, 255, 3)
        mask[inside] = label + 1
        objects.append((label, left, top, size, size))
    return Scene(image.astype(np.uint8), objects, mask)


def annotated(name: str, found: Sequence[Scene]) -> dict[str, Mapping[str, Any]]:
    """The channel of images and the one with a JSON file for each."""
    folder = Path(f"{name}_annotation")
    folder.mkdir(parents=True)
    for number, scene in enumerate(found):
        annotation = {"file": f"a/{number}.png", **scene.annotation()}
        (folder / f"{number}.json").write_text(json.dumps(annotation))
    channel = files(Path(name), [scene.image for scene in found])
    return {name: channel, f"{name}_annotation": {**channel, "path": str(folder)}}


def masked(name: str, found: Sequence[Scene]) -> dict[str, Mapping[str, Any]]:
    """The channel of images and the one of their masks."""
    masks = files(Path(f"{name}_annotation"), [scene.mask for scene in found])
    channel = files(Path(name), [scene.image for scene in found], "JPEG")
    return {name: {**channel, "content_type": "image/jpeg"}, f"{name}_annotation": masks}
