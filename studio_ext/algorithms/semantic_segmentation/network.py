"""Dilated ResNets with the three decoders.

Sources: FCN (arXiv 1605.06211), PSPNet (arXiv 1612.01105, figure 3), DeepLabV3 (arXiv 1706.05587,
figure 5).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from studio_ext.algorithms.vision.resnet import ResNet

LAYERS = {"resnet-50": 50, "resnet-101": 101}
STRIDE = 8
DROPPED = 0.1
POOLED = (1, 2, 3, 6)  # sides of the pyramid's maps
RATES = (12, 24, 36)  # dilations, of a map of an eighth


def _normed(inputs: int, outputs: int, size: int, dilation: int = 1) -> Any:
    padding = dilation * (size // 2)
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, 1, padding, dilation, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


def _pooled(inputs: int, outputs: int, side: int) -> Any:
    """Not normalised: a map of one pixel, of a batch of one image, has no deviation."""
    return nn.Sequential(nn.AdaptiveAvgPool2d(side), nn.Conv2d(inputs, outputs, 1), nn.ReLU())


class Pyramid(nn.Module):
    """The map beside its means over parts of the image."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        width = inputs // len(POOLED)
        self.branches = nn.ModuleList(_pooled(inputs, width, side) for side in POOLED)
        self.outputs = inputs + len(POOLED) * width

    def forward(self, x: Any) -> Any:
        return torch.cat([x, *(_sized(branch(x), x) for branch in self.branches)], 1)


class Atrous(nn.Module):
    """The map seen at several dilations, and its mean."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        dilated = (_normed(inputs, width, 3, rate) for rate in RATES)
        self.branches = nn.ModuleList([_normed(inputs, width, 1), *dilated])
        self.mean = _pooled(inputs, width, 1)
        self.outputs = (len(RATES) + 2) * width

    def forward(self, x: Any) -> Any:
        found = [branch(x) for branch in self.branches]
        return torch.cat([*found, _sized(self.mean(x), x)], 1)


def _sized(x: Any, like: Any) -> Any:
    return functional.interpolate(x, like.shape[2:], mode="bilinear", align_corners=False)


class Segmenter(nn.Module):
    """Scores of shape (batch, classes, height, width) of images with sides divisible by 8.

    Args:
        width: channels of the backbone's first stage, 64 as published.
    """

    def __init__(self, backbone: str, algorithm: str, classes: int, width: int) -> None:
        super().__init__()
        self.backbone = ResNet(LAYERS[backbone], dilated=True, width=width)
        inputs = self.backbone.widths[-1]
        context: Any = nn.Identity()
        outputs = inputs
        if algorithm == "psp":
            context = Pyramid(inputs)
            outputs = context.outputs
        elif algorithm == "deeplab":
            context = Atrous(inputs, inputs // 8)
            outputs = context.outputs
        narrow = inputs // 4
        self.decoder = nn.Sequential(
            context,
            _normed(outputs, narrow, 3),
            nn.Dropout2d(DROPPED),
            nn.Conv2d(narrow, classes, 1),
        )

    def forward(self, x: Any) -> Any:
        return _sized(self.decoder(self.backbone(x)).float(), x)
