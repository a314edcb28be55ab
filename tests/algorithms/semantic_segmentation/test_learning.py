"""A narrow network learns the shapes of scenes that it has not seen."""

from __future__ import annotations

import pytest

from studio_ext.algorithms.semantic_segmentation import model, training
from tests.algorithms.scenes import masked, scenes

GIVEN = {
    "num_classes": "3",
    "num_training_samples": "60",
    "base_size": "96",
    "crop_size": "96",
    "mini_batch_size": "12",
    "epochs": "16",
    "optimizer": "adam",
    "learning_rate": "0.01",
}


@pytest.mark.slow
def test_it_tells_pixels_that_it_has_not_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """All background would have a third of an mIOU at most."""
    monkeypatch.setattr(model, "WIDTH", 8)
    found = scenes(90, side=32)
    channels = {**masked("train", found[:60]), **masked("validation", found[60:])}
    metrics = training.train(GIVEN, training.read_data(GIVEN, channels), "model").metrics
    assert metrics["validation"]["mIOU"] > 0.45
    assert metrics["validation"]["pixel_accuracy"] > 0.88
