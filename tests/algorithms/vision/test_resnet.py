from __future__ import annotations

import pytest
import torch

from studio_ext.algorithms.vision.resnet import SMALL, Classifier, ResNet


@pytest.mark.parametrize(
    ("layers", "published"), [(18, 11_689_512), (34, 21_797_672), (50, 25_557_032)]
)
def test_large_networks_are_the_published_ones(layers: int, published: int) -> None:
    assert sum(p.numel() for p in Classifier(layers, 1000).parameters()) == published


@pytest.mark.parametrize("layers", SMALL)
def test_small_networks_have_their_layers(layers: int) -> None:
    net = Classifier(layers, 10)
    convolutions = [m for m in net.modules() if isinstance(m, torch.nn.Conv2d)]
    shortcuts = [m for m in convolutions if m.kernel_size == (1, 1)]
    assert len(convolutions) - len(shortcuts) + 1 == layers
    assert net(torch.zeros(2, 3, 8, 8)).shape == (2, 10)


def test_maps() -> None:
    x = torch.zeros(1, 3, 64, 64)
    assert [m.shape[2] for m in ResNet(18, width=4).maps(x)] == [16, 8, 4, 2]
    assert [m.shape[2] for m in ResNet(50, dilated=True, width=4).maps(x)] == [16, 8, 8, 8]
    assert [m.shape[2] for m in ResNet(18, side=32, width=4).maps(x[..., :32, :32])] == [
        32,
        16,
        8,
        4,
    ]
