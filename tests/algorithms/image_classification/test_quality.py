"""Image Classification beside a support vector machine, on scikit-learn's digits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sklearn.svm import SVC

from studio_ext.algorithms.image_classification import training
from tests.algorithms.pictures import digits, rec

GIVEN = {
    "num_classes": "10",
    "num_training_samples": "1200",
    "num_layers": "20",
    "image_shape": "1,8,8",
    "mini_batch_size": "32",
    "epochs": "8",
    "optimizer": "nag",
    "learning_rate": "0.1",
    "lr_scheduler_step": "5, 7",
}
CUT = 1200


@pytest.mark.slow
def test_it_is_as_good_as_a_support_vector_machine(quality: Callable[..., None]) -> None:
    ours, theirs = [], []
    for seed in range(3):
        images, labels = digits(1797, seed)
        channels = {
            name: rec(Path(f"{name}{seed}"), images[part], labels[part])
            for name, part in (("train", slice(CUT)), ("validation", slice(CUT, None)))
        }
        data = training.read_data(GIVEN, channels)
        ours.append(training.train(GIVEN, data, "model").metrics["validation"]["accuracy"])
        rows = images.reshape(len(images), -1) / 255
        theirs.append(SVC().fit(rows[:CUT], labels[:CUT]).score(rows[CUT:], labels[CUT:]))
    quality("Image Classification", "digits", "accuracy", ours, "SVC", theirs)
