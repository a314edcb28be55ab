"""Residual networks of every documented depth.

Names of layers and tensors are those of torchvision's ResNets (version 1.5), so that weights
published for them can be given. Sources: He et al., "Deep Residual Learning for Image
Recognition", arXiv 1512.03385: table 1 (large images) and section 4.2 (small images).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

LARGE = {
    18: (2, 2, 2, 2),
    34: (3, 4, 6, 3),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
    200: (3, 24, 36, 3),
}
SMALL = (20, 32, 44, 56, 110)
STEM_AS_IS = 32  # pixels up to which a large network's first layers do not shrink the image


class Basic(nn.Module):
    """Two convolutions of 3x3, around which the input is added."""

    expansion = 1

    def __init__(self, inputs: int, width: int, stride: int, dilation: int) -> None:
        super().__init__()
        self.conv1 = _conv(inputs, width, 3, stride, dilation)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = _conv(width, width, 3, 1, dilation)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = _shortcut(inputs, width, stride)

    def forward(self, x: Any) -> Any:
        y = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(y)) + self.downsample(x))


class Bottleneck(nn.Module):
    """Convolutions of 1x1, 3x3 and 1x1, around which the input is added."""

    expansion = 4

    def __init__(self, inputs: int, width: int, stride: int, dilation: int) -> None:
        super().__init__()
        self.conv1 = _conv(inputs, width, 1)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = _conv(width, width, 3, stride, dilation)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = _conv(width, 4 * width, 1)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.downsample = _shortcut(inputs, 4 * width, stride)

    def forward(self, x: Any) -> Any:
        y = torch.relu(self.bn1(self.conv1(x)))
        y = torch.relu(self.bn2(self.conv2(y)))
        return torch.relu(self.bn3(self.conv3(y)) + self.downsample(x))


def _conv(inputs: int, outputs: int, size: int, stride: int = 1, dilation: int = 1) -> Any:
    padding = dilation * (size // 2)
    return nn.Conv2d(inputs, outputs, size, stride, padding, dilation, bias=False)


def _shortcut(inputs: int, outputs: int, stride: int) -> Any:
    if inputs == outputs and stride == 1:
        return nn.Identity()
    return nn.Sequential(_conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))


class ResNet(nn.Module):
    """A ResNet without its classifier.

    Args:
        layers: one of ``LARGE`` or ``SMALL``.
        channels: of the image.
        side: the image's shorter side; a large network takes small images as they are.
        dilated: keep stages 3 and 4 at an eighth of the image's size, for segmentation.
        width: channels of a large network's first stage.

    Attributes:
        widths: channels after each stage.
    """

    def __init__(
        self,
        layers: int,
        channels: int = 3,
        side: int = 224,
        dilated: bool = False,
        width: int = 64,
    ) -> None:
        super().__init__()
        small = layers in SMALL
        block = Bottleneck if not small and layers >= 50 else Basic
        repeats = ((layers - 2) // 6,) * 3 if small else LARGE[layers]
        widths = (16, 32, 64) if small else (width, 2 * width, 4 * width, 8 * width)
        self.shrinks = not small and side > STEM_AS_IS
        self.conv1 = (
            nn.Conv2d(channels, width, 7, 2, 3, bias=False)
            if self.shrinks
            else _conv(channels, widths[0], 3)
        )
        self.bn1 = nn.BatchNorm2d(widths[0])
        inputs = widths[0]
        for number, (narrow, count) in enumerate(zip(widths, repeats, strict=True), 1):
            held = dilated and number > 2  # the stride becomes a dilation
            dilation = 2 ** (number - 2) if held else 1
            stride = 1 if number == 1 or held else 2
            blocks = []
            for index in range(count):
                blocks.append(block(inputs, narrow, 1 if index else stride, dilation))
                inputs = narrow * block.expansion
            setattr(self, f"layer{number}", nn.Sequential(*blocks))
        self.stages = len(widths)
        self.widths = tuple(narrow * block.expansion for narrow in widths)
        initialise(self)

    def maps(self, x: Any) -> list[Any]:
        """Feature maps after each stage."""
        x = torch.relu(self.bn1(self.conv1(x)))
        if self.shrinks:
            x = torch.nn.functional.max_pool2d(x, 3, 2, 1)
        found = []
        for number in range(1, self.stages + 1):
            x = getattr(self, f"layer{number}")(x)
            found.append(x)
        return found

    def forward(self, x: Any) -> Any:
        return self.maps(x)[-1]


class Classifier(ResNet):
    """A ResNet whose last map is averaged and classified: scores of shape (batch, classes)."""

    def __init__(self, layers: int, classes: int, channels: int = 3, side: int = 224) -> None:
        super().__init__(layers, channels, side)
        self.fc = nn.Linear(self.widths[-1], classes)

    def forward(self, x: Any) -> Any:
        return self.fc(super().forward(x).mean((2, 3)))


def initialise(net: Any) -> None:
    """He's initialisation of convolutions, as the paper has it."""
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
