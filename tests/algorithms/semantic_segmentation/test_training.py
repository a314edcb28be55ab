from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio_ext.algorithms.hyperparameters import HyperparameterError
from studio_ext.algorithms.semantic_segmentation import model, pictures, training
from studio_ext.algorithms.semantic_segmentation.contract import SEMANTIC_SEGMENTATION
from studio_ext.algorithms.semantic_segmentation.evaluation import evaluate
from studio_ext.algorithms.semantic_segmentation.labels import table
from studio_ext.algorithms.semantic_segmentation.task import confusion, ious, scores
from studio_ext.algorithms.semantic_segmentation.training import Fit
from studio_ext.formats.errors import DataError
from studio_ext.formats.image_recordio import frame
from tests.algorithms.pictures import png
from tests.algorithms.scenes import masked, scenes

Channels = dict[str, Mapping[str, Any]]
GIVEN = {
    "num_classes": "3",
    "num_training_samples": "4",
    "base_size": "32",
    "crop_size": "24",
    "mini_batch_size": "4",
    "epochs": "1",
    "learning_rate": "0.05",
}


@pytest.fixture(autouse=True)
def _narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "WIDTH", 4)


@pytest.fixture
def channels() -> Channels:
    found = scenes(6, side=32)
    return {**masked("train", found[:4]), **masked("validation", found[4:])}


def fit(channels: Channels, **given: str) -> Fit:
    hyperparameters = GIVEN | given
    return training.train(hyperparameters, training.read_data(hyperparameters, channels), "model")


def signature(done: Fit) -> list[float]:
    """What two different trainings do not share: some weights, and the losses of the epochs."""
    weights = next(iter(done.model.net.decoder[-1].parameters())).detach().flatten()
    return [*weights.tolist(), *done.history["train"]["loss"]]


CHANGES = [
    ("backbone", "resnet-101", {}),
    ("algorithm", "psp", {}),
    ("algorithm", "deeplab", {}),
    ("base_size", "48", {}),
    ("crop_size", "40", {}),
    ("epochs", "2", {}),
    ("mini_batch_size", "2", {}),
    ("optimizer", "adam", {}),
    ("optimizer", "adagrad", {}),
    ("optimizer", "nag", {}),
    ("optimizer", "rmsprop", {}),
    ("learning_rate", "0.01", {}),
    ("lr_scheduler", "cosine", {"epochs": "3"}),
    ("lr_scheduler", "step", {"epochs": "3", "lr_scheduler_step": "1"}),
    (
        "lr_scheduler_factor",
        "0.5",
        {"epochs": "3", "lr_scheduler": "step", "lr_scheduler_step": "1"},
    ),
    ("momentum", "0.1", {"mini_batch_size": "2"}),
    ("weight_decay", "0.5", {}),
    ("gamma1", "0.1", {"optimizer": "rmsprop"}),
    ("gamma2", "0.1", {"optimizer": "rmsprop", "mini_batch_size": "2"}),
]
PLAIN: dict[str, Any] = {}
"""Signatures of the trainings that others are compared with."""


@pytest.mark.parametrize(("name", "value", "beside"), CHANGES)
def test_a_hyperparameter_changes_the_result(
    channels: Channels, name: str, value: str, beside: dict[str, str]
) -> None:
    key = json.dumps(beside, sort_keys=True)
    if key not in PLAIN:
        PLAIN[key] = signature(fit(channels, **beside))
    assert signature(fit(channels, **beside, **{name: value})) != PLAIN[key]


def test_log_artefacts_and_pictures(channels: Channels, capsys: pytest.CaptureFixture[str]) -> None:
    done = fit(channels, num_training_samples="99", syncbn="True")
    log = capsys.readouterr().out
    for metric in SEMANTIC_SEGMENTATION.metrics:
        channel, name = metric.name.split(":")
        found = [float(value) for value in re.findall(metric.regex, log)]
        assert found == pytest.approx(done.history[channel][name], abs=1e-5)
    assert "notice: num_training_samples is 99 and channel 'train' has 4 images" in log
    assert "notice: use_pretrained_model is True by default, and no weights" in log
    assert "notice: syncbn has an effect on several GPUs only" in log
    names = sorted(path.name for path in Path("model").iterdir())
    assert names == ["hyperparams.json", "model_algo-1"]
    data = training.read_data(GIVEN, channels)
    assert "Intersection over union" in repr(pictures.outcome(evaluate(done)))
    assert "2 validation images, their masks" in repr(pictures.examples(done, data))
    assert "<table>" in data.summary()._repr_html_()
    one_by_one = fit(channels, validation_mini_batch_size="1")
    assert np.array_equal(one_by_one.counts, done.counts), "batches change no result"


def test_scores() -> None:
    mask = np.array([[0, 0, 1], [1, 255, 0]])
    counts = confusion(mask, np.array([[0, 1, 1], [1, 2, 0]]), 3)
    assert counts.tolist() == [[2, 1, 0], [0, 2, 0], [0, 0, 0]]
    assert ious(counts)[:2] == pytest.approx([2 / 3, 2 / 3])
    assert np.isnan(ious(counts)[2])
    assert scores(counts) == pytest.approx({"mIOU": 2 / 3, "pixel_accuracy": 0.8})


def test_label_maps() -> None:
    def meaning(content: str) -> list[int]:
        Path("train_label_map.json").write_text(content)
        return table({"label_map": {"path": "."}}, "train").tolist()

    assert meaning('{"scale": "3"}')[:8] == [0, 0, 0, 1, 1, 1, 2, 2]
    found = meaning('{"map": {"0": 5, "1": 0, "2": 2}}')
    assert [found[value] for value in (0, 5, 2, 1, 255)] == [1, 0, 2, 255, 255]
    assert table({"label_map": {"path": "."}}, "validation").tolist() == list(range(256))
    for content in ("{", "[]", '{"scale": "0"}', '{"map": {"a": 1}}', '{"map": {"0": 300}}'):
        with pytest.raises(DataError, match=r"train_label_map.json is no label map"):
            meaning(content)


def test_an_augmented_manifest_has_the_same_masks(channels: Channels, tmp_path: Path) -> None:
    expected, found = training.read_data(GIVEN, channels), scenes(6, side=32)
    piped = {}
    for name, part in (("train", found[:4]), ("validation", found[4:])):
        folder = tmp_path / "piped" / name
        folder.mkdir(parents=True)
        frames = [frame(png(s.image, "JPEG")) + frame(png(s.mask)) for s in part]
        (folder / f"{name}.rec").write_bytes(b"".join(frames))
        piped[name] = {"path": str(folder), "attributes": ["source-ref", "shapes-ref"]}
    data = training.read_data(GIVEN, piped)
    for name in ("train", "validation"):
        for row in range(len(expected.masks[name])):
            assert np.array_equal(data.masks[name][row], expected.masks[name][row])
            assert np.array_equal(data.images[name][row], expected.images[name][row])
    piped["train"] = {**piped["train"], "attributes": ["source-ref", "shapes"]}
    with pytest.raises(DataError, match="expected the mask second, with a name that ends in -ref"):
        training.read_data(GIVEN, piped)


def test_files_that_are_refused(channels: Channels) -> None:
    def refused(match: str, **given: str) -> None:
        with pytest.raises(DataError, match=match):
            training.read_data(GIVEN | given, channels)

    refused(r"train_annotation/a/\d.png has a pixel of class 2; expected 0 to 1", num_classes="2")
    mask = Path("train_annotation/a/0.png")
    mask.write_bytes(png(np.zeros((8, 9), np.uint8)))
    refused("train_annotation/a/0.png has 9 x 8 pixels; expected 32 x 32, as its image a/0.jpg")
    mask.write_bytes(png(np.zeros((32, 32, 3), np.uint8)))
    refused("train_annotation/a/0.png is a mask of mode RGB")
    mask.unlink()
    refused("image a/0.jpg has no mask; expected a/0.png in channel 'train_annotation'")
    Path("train/a/1.jpg").write_bytes(b"no image")
    mask.write_bytes(png(np.zeros((32, 32), np.uint8)))
    refused("a/1.jpg is no image")
    with pytest.raises(DataError, match="channel 'train_annotation' is missing"):
        training.read_data(
            GIVEN, {name: one for name, one in channels.items() if "train_" not in name}
        )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"num_classes": "255"}, "expected an integer at least 2 and at most 254"),
        ({"num_classes": "1"}, "num_classes: '1' is not valid"),
        ({"algorithm": "unet"}, "expected one of fcn, psp, deeplab"),
        ({"lr_scheduler": "step"}, "lr_scheduler_step is missing"),
        ({"crop_size": "16"}, "crop_size: '16' is not valid; expected an integer at least 17"),
        ({"use_pretrained_model": "True"}, "none come with this installation"),
    ],
)
def test_hyperparameters_that_are_refused(
    channels: Channels, given: dict[str, str], message: str
) -> None:
    with pytest.raises(HyperparameterError) as caught:
        fit(channels, **given)
    assert message in str(caught.value)


def test_weights_of_a_model_channel(channels: Channels, capsys: pytest.CaptureFixture[str]) -> None:
    import torch

    done = fit(channels)
    Path("model").rename("given")
    fit(channels | {"model": {"path": "given"}})
    assert "of model_algo-1" in capsys.readouterr().out
    Path("base").mkdir()
    torch.save(done.model.net.backbone.state_dict(), "base/resnet50.pth")
    fit(channels | {"model": {"path": "base"}}, use_pretrained_model="True", algorithm="psp")
    assert "starting from 265 tensors of resnet50.pth" in capsys.readouterr().out
    with pytest.raises(DataError, match=r"has no tensor 'decoder|has the shape"):
        fit(channels | {"model": {"path": "given"}}, algorithm="psp")


def test_stopping_resuming_and_patience(
    channels: Channels, capsys: pytest.CaptureFixture[str]
) -> None:
    from studio_ext.algorithms.vision.loop import Loop

    Path("input/config").mkdir(parents=True)
    Path("input/config/checkpointconfig.json").write_text('{"LocalPath": "checkpoints"}')
    note = Loop._note

    def stop(self: Any, *args: Any) -> None:
        note(self, *args)
        raise KeyboardInterrupt

    patience = {"early_stopping": "True", "early_stopping_patience": "1",
                "early_stopping_min_epochs": "1", "early_stopping_tolerance": "1"}  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Loop, "_note", stop)
        with pytest.raises(KeyboardInterrupt):
            fit(channels, epochs="5")
    assert Path("model/model_algo-1").is_file()
    done = fit(channels, epochs="5", **patience)
    assert "resuming from a checkpoint after 1 epochs" in capsys.readouterr().out
    assert len(done.history["validation"]["mIOU"]) < 5
