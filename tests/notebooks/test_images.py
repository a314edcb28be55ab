from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from studio_ext.algorithms import catalogue
from tests.algorithms.pictures import digits, rec
from tests.algorithms.scenes import annotated, masked, scenes
from tests.notebooks.conftest import Execute, outputs, pictures, text

SHARED = {"num_training_samples": "16", "epochs": "1", "mini_batch_size": "8"}


def labelled(folder: Path) -> dict[str, Mapping[str, Any]]:
    images, labels = digits(24, classes=3)
    parts = {"train": slice(16), "validation": slice(16, None)}
    return {name: rec(folder / name, images[p], labels[p]) for name, p in parts.items()}


def drawn(make: Callable[..., Any]) -> Callable[[Path], dict[str, Mapping[str, Any]]]:
    """Channels of six scenes."""

    def channels(folder: Path) -> dict[str, Mapping[str, Any]]:
        found = scenes(6)
        named = make(f"{folder}/train", found[:4]) | make(f"{folder}/validation", found[4:])
        return {Path(name).name: channel for name, channel in named.items()}

    return channels


Job = tuple[Callable[[Path], dict[str, Mapping[str, Any]]], dict[str, str], set[str]]
JOBS: dict[str, Job] = {
    "image-classification": (
        labelled,
        {"num_classes": "3", "num_layers": "20", "image_shape": "1,8,8"},
        {
            "image-classification-0001.params",
            "image-classification-symbol.json",
            "model-shapes.json",
        },
    ),
    "object-detection": (
        drawn(annotated),
        {"num_classes": "2", "base_network": "resnet-50", "image_shape": "64"},
        {"hyperparams.json", "model_algo_1-0001.params", "model_algo_1-symbol.json"},
    ),
    "semantic-segmentation": (
        drawn(masked),
        {"num_classes": "3", "base_size": "32", "crop_size": "24"},
        {"hyperparams.json", "model_algo-1"},
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", JOBS)
def test_a_job(execute: Execute, tmp_path: Path, name: str) -> None:
    make, hyperparameters, artefact = JOBS[name]
    algorithm = catalogue.named(name)
    model, output = tmp_path / "model", tmp_path / "output"
    notebook = execute(
        algorithm.notebook,
        {
            "hyperparameters": SHARED | hyperparameters,
            "channels": make(tmp_path / "data"),
            "model_dir": str(model),
            "output_dir": str(output),
        },
    )
    assert {path.name for path in model.iterdir()} == artefact
    metrics = json.loads((output / "metrics.json").read_text())
    assert set(metrics) == {"train", "validation"}
    found = pictures(notebook)
    assert list(found) == ["learning-curves", "outcome", "examples"]
    for cell, one in found.items():
        assert len(base64.b64decode(one.data["image/png"])) < 160_000, cell
        assert len(one.data["text/plain"]) > 10, "a picture has a caption"
    for cell in ("data", "metrics"):
        assert "<table>" in outputs(notebook, cell)[-1].data["text/html"]
    log = text(notebook, "training")
    objective = next(metric for metric in algorithm.metrics if metric.tunable)
    assert 0 <= float(re.findall(objective.regex, log)[-1]) <= 1
