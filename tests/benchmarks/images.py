"""Speed of the image algorithms: our networks' steps beside plain torch, decoding beside Pillow.

python -m tests.benchmarks.images
"""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the runner sets it, before any import

import numpy as np
import torch
from PIL import Image
from torch import nn

from studio_ext.algorithms import job
from studio_ext.algorithms.image_classification import training
from tests.algorithms.pictures import digits, png, rec
from tests.benchmarks.algorithms import against

GIVEN = {
    "num_classes": "10",
    "num_training_samples": "1200",
    "num_layers": "20",
    "image_shape": "1,8,8",
    "mini_batch_size": "100",
    "epochs": "2",
}
CUT = 1200


def plain(images: Any, labels: Any, epochs: int = 2) -> str:
    """The same network and steps in a bare loop, with the images decoded before."""
    from studio_ext.algorithms.vision.resnet import Classifier

    torch.manual_seed(0)
    torch.set_num_threads(job.threads(images.size))
    net = Classifier(20, 10, 1, 8)
    optimizer = torch.optim.SGD(net.parameters(), 0.1, momentum=0.9, weight_decay=1e-4)
    x = torch.from_numpy(images).float()[:, None] / 255
    y = torch.from_numpy(labels)
    for _ in range(epochs):
        for rows in torch.randperm(CUT).split(100):
            loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    net.eval()
    with torch.inference_mode():
        right = (net(x[CUT:]).argmax(1) == y[CUT:]).float().mean()
    return f"accuracy {right:.3f}"


def classification(folder: Path) -> None:
    images, labels = digits(1797)
    channels = {
        name: rec(folder / name, images[part], labels[part])
        for name, part in (("train", slice(CUT)), ("validation", slice(CUT, None)))
    }
    with contextlib.redirect_stdout(io.StringIO()):
        data = training.read_data(GIVEN, channels)

    def ours() -> str:
        fit = training.train(GIVEN, data, folder / "model")
        return f"accuracy {fit.metrics['validation']['accuracy']:.3f}"

    against("image-classification", ours, {"a bare torch loop": lambda: plain(images, labels)})


def decoding(folder: Path) -> None:
    rng = np.random.default_rng(0)
    photos = [rng.integers(0, 256, (256, 256, 3)).astype(np.uint8) for _ in range(60)]
    channel = rec(folder / "photos", photos, [0] * len(photos))
    given = GIVEN | {"image_shape": "3,224,224"}
    files = [png(photo) for photo in photos]

    def one_by_one() -> None:
        for data in files:
            np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))

    against(
        "read 120 images",
        lambda: training.read_data(given, {"train": channel, "validation": channel}),
        {"Pillow, one by one, twice": lambda: (one_by_one(), one_by_one())},
    )


def main() -> None:
    print(f"{job.cores()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name:
        decoding(Path(name))
        classification(Path(name))


if __name__ == "__main__":
    main()
