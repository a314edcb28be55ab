"""The single-shot detector over VGG-16 or ResNet-50.

Sources: arXiv 1512.02325 (SSD), 1409.1556 (VGG; with batch normalisation, without which it hardly
learns from random weights), 1512.03385 (ResNet).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from studio_ext.algorithms.object_detection.boxes import ANCHORS, anchors
from studio_ext.algorithms.vision.resnet import ResNet, initialise

REPEATS = (2, 2, 3, 3, 3)
MAPS = 6  # at most; fewer of a small image


class VGG(nn.Module):
    """VGG-16's convolutions, named ``conv1_1`` to ``conv5_3``, and SSD's two in place of its
    dense layers.

    Args:
        width: channels of the first block.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        inputs = 3
        for block, count in enumerate(REPEATS, 1):
            outputs = min(width * 2 ** (block - 1), 8 * width)
            for index in range(1, count + 1):
                setattr(self, f"conv{block}_{index}", _normed(inputs, outputs, 3))
                inputs = outputs
        self.conv6 = _normed(inputs, 16 * width, 3)
        self.conv7 = _normed(16 * width, 16 * width, 1)
        self.widths = (8 * width, 16 * width)
        initialise(self)

    def maps(self, x: Any) -> list[Any]:
        """Feature maps of an eighth and a sixteenth of the image's side."""
        found = []
        for block, count in enumerate(REPEATS, 1):
            for index in range(1, count + 1):
                x = getattr(self, f"conv{block}_{index}")(x)
            if block == 4:
                found.append(x)
            if block < len(REPEATS):
                x = nn.functional.max_pool2d(x, 2, ceil_mode=True)
        return [*found, self.conv7(self.conv6(x))]


def _normed(inputs: int, outputs: int, size: int, stride: int = 1) -> Any:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, size // 2),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


class Detector(nn.Module):
    """Scores and offsets of every anchor.

    Args:
        base: ``vgg-16`` or ``resnet-50``.
        classes: without the background.
        side: of the images.
        width: channels of the base's first stage, 64 as published.
    """

    def __init__(self, base: str, classes: int, side: int, width: int) -> None:
        super().__init__()
        self.classes = classes
        self.base = VGG(width) if base == "vgg-16" else ResNet(50, side=side, width=width)
        with torch.no_grad():
            self.base.eval()
            found = self._base_maps(torch.zeros(1, 3, side, side))
            self.base.train()
        widths, sizes = [m.shape[1] for m in found], [m.shape[2] for m in found]
        extras = []
        while sizes[-1] > 1 and len(sizes) < MAPS:
            narrow = max(width * 2, 16)
            shrink = _normed(narrow, 2 * narrow, 3, 2)
            extras.append(nn.Sequential(_normed(widths[-1], narrow, 1), shrink))
            widths.append(2 * narrow)
            sizes.append((sizes[-1] + 1) // 2)
        self.extras = nn.ModuleList(extras)
        self.scores = nn.ModuleList(_head(w, ANCHORS * (classes + 1)) for w in widths)
        self.offsets = nn.ModuleList(_head(w, ANCHORS * 4) for w in widths)
        self.register_buffer("anchors", anchors(sizes), persistent=False)

    def _base_maps(self, x: Any) -> list[Any]:
        found = self.base.maps(x)
        return found if isinstance(self.base, VGG) else found[1:]

    def forward(self, x: Any) -> tuple[Any, Any]:
        """(batch, anchors, classes + 1) scores, background first, and (batch, anchors, 4)."""
        maps = self._base_maps(x)
        for extra in self.extras:
            maps.append(extra(maps[-1]))
        found = []
        for heads, size in ((self.scores, self.classes + 1), (self.offsets, 4)):
            flat = [
                head(one).permute(0, 2, 3, 1).reshape(len(x), -1, size)
                for head, one in zip(heads, maps, strict=True)
            ]
            found.append(torch.cat(flat, 1))
        return found[0], found[1]


def _head(inputs: int, outputs: int) -> Any:
    layer = nn.Conv2d(inputs, outputs, 3, 1, 1)
    nn.init.normal_(layer.weight, 0, 0.01)
    nn.init.zeros_(layer.bias)
    return layer


def freeze(net: Detector, pattern: str) -> int:
    """Stop training of the base's tensors whose name begins as the pattern; how many there are."""
    names = [name for name, _ in net.base.named_parameters() if re.search(pattern, name)]
    for name in names:
        net.base.get_parameter(name).requires_grad_(False)
    return len(names)


def renamed(state: Mapping[str, Any]) -> dict[str, Any]:
    """torchvision's names of VGG-16 with batch normalisation as they are here."""
    names: dict[str, str] = {}
    at = 0
    for block, count in enumerate(REPEATS, 1):
        for index in range(1, count + 1):
            names |= {f"features.{at + k}.": f"conv{block}_{index}.{k}." for k in (0, 1)}
            at += 3
        at += 1
    found = {}
    for name, tensor in state.items():
        head = re.match(r"features\.\d+\.", name)
        found[names.get(head[0], head[0]) + name[head.end() :] if head else name] = tensor
    return found
