"""A narrow network learns to find shapes on scenes that it has not seen."""

from __future__ import annotations

import pytest

from studio_ext.algorithms.object_detection import model, training
from tests.algorithms.scenes import annotated, scenes

GIVEN = {
    "num_classes": "2",
    "num_training_samples": "90",
    "base_network": "resnet-50",
    "image_shape": "64",
    "mini_batch_size": "15",
    "epochs": "24",
    "optimizer": "adam",
    "learning_rate": "0.003",
    "lr_scheduler_step": "18",
}


@pytest.mark.slow
def test_it_finds_what_it_has_not_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "WIDTH", 8)
    found = scenes(130)
    channels = {**annotated("train", found[:90]), **annotated("validation", found[90:])}
    fit = training.train(GIVEN, training.read_data(GIVEN, channels), "model")
    assert fit.metrics["validation"]["mAP"] > 0.25
