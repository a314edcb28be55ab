from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio_ext.algorithms.hyperparameters import HyperparameterError
from studio_ext.algorithms.object_detection import model, pictures, training
from studio_ext.algorithms.object_detection.contract import OBJECT_DETECTION
from studio_ext.algorithms.object_detection.evaluation import evaluate
from studio_ext.algorithms.object_detection.training import Fit
from studio_ext.formats.errors import DataError
from studio_ext.formats.image_recordio import frame
from tests.algorithms.pictures import png, rec
from tests.algorithms.scenes import Scene, annotated, scenes

Channels = dict[str, Mapping[str, Any]]
GIVEN = {
    "num_classes": "2",
    "num_training_samples": "6",
    "base_network": "resnet-50",
    "image_shape": "64",
    "mini_batch_size": "6",
    "epochs": "1",
    "learning_rate": "0.01",
}


@pytest.fixture(autouse=True)
def _narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "WIDTH", 4)


@pytest.fixture
def channels() -> Channels:
    found = scenes(9)
    return {**annotated("train", found[:6]), **annotated("validation", found[6:])}


def fit(channels: Channels, **given: str) -> Fit:
    hyperparameters = GIVEN | given
    return training.train(hyperparameters, training.read_data(hyperparameters, channels), "model")


def signature(done: Fit) -> list[float]:
    """What two different trainings do not share: some weights, and the losses of the epochs."""
    weights = next(iter(done.model.net.scores.parameters())).detach().flatten()
    return [*weights.tolist(), *done.history["train"]["cross_entropy"]]


CHANGES = [
    ("base_network", "vgg-16", {}),
    ("image_shape", "96", {}),
    ("mini_batch_size", "3", {}),
    ("optimizer", "adam", {}),
    ("optimizer", "rmsprop", {}),
    ("optimizer", "adadelta", {}),
    ("learning_rate", "0.001", {}),
    ("lr_scheduler_step", "1", {"epochs": "3"}),
    ("lr_scheduler_factor", "0.5", {"epochs": "3", "lr_scheduler_step": "1"}),
    ("momentum", "0.1", {"mini_batch_size": "3"}),
    ("weight_decay", "0.5", {}),
    ("epochs", "2", {}),
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
    done = fit(channels, num_training_samples="99", kv_store="dist_async")
    log = capsys.readouterr().out
    for metric in OBJECT_DETECTION.metrics:
        channel, name = metric.name.split(":")
        found = [float(value) for value in re.findall(metric.regex, log)]
        assert found == pytest.approx(done.history[channel][name], abs=1e-5)
    assert "notice: num_training_samples is 99 and channel 'train' has 6 images" in log
    assert "notice: use_pretrained_model is 1 by default, and no weights come" in log
    assert "notice: kv_store has an effect on several machines only" in log
    assert sorted(path.name for path in Path("model").iterdir()) == [
        "hyperparams.json",
        "model_algo_1-0001.params",
        "model_algo_1-symbol.json",
    ]
    data = training.read_data(GIVEN, channels)
    report = evaluate(done, data)
    assert "Average precision on validation" in repr(pictures.outcome(report))
    assert "3 validation images with boxes" in repr(pictures.examples(done, data, report))
    assert "<table>" in data.summary()._repr_html_()


def test_thresholds_act_on_what_is_found(channels: Channels) -> None:
    strict = fit(channels, nms_threshold="0.05").found
    loose = fit(channels, nms_threshold="0.95").found
    assert sum(map(len, strict)) < sum(map(len, loose))
    easy = fit(channels, overlap_threshold="0.01", nms_threshold="0.95").metrics["validation"]
    hard = fit(channels, overlap_threshold="1", nms_threshold="0.95").metrics["validation"]
    assert hard["mAP"] == 0 < easy["mAP"]


def test_frozen_layers_stay(channels: Channels) -> None:
    done = fit(channels, base_network="vgg-16", freeze_layer_pattern="^(conv1_|conv2_).*")
    still = fit(channels, base_network="vgg-16", freeze_layer_pattern="^conv", epochs="2")
    for name, tensor in done.model.net.base.named_parameters():
        same = np.array_equal(tensor, still.model.net.base.get_parameter(name).detach())
        assert same == name.startswith(("conv1_", "conv2_")), name
    with pytest.raises(HyperparameterError, match=r"'\^stage' is in no layer's name; .* layer4"):
        fit(channels, freeze_layer_pattern="^stage")


def test_early_stopping(channels: Channels) -> None:
    given = {"epochs": "6", "early_stopping": "True", "early_stopping_tolerance": "1"}
    done = fit(channels, early_stopping_min_epochs="1", early_stopping_patience="1", **given)
    assert len(done.history["validation"]["mAP"]) < 6


# ---- forms of data -----------------------------------------------------------------------------


def as_records(found: list[Scene], name: str) -> Channels:
    return {name: rec(Path(name), [one.image for one in found], [one.label() for one in found])}


def as_stream(found: list[Scene], name: str) -> Channels:
    Path(name).mkdir()
    frames = [frame(png(s.image)) + frame(json.dumps(s.annotation()).encode()) for s in found]
    Path(name, f"{name}.rec").write_bytes(b"".join(frames))
    return {name: {"path": name, "attributes": ["source-ref", "bounding-box"]}}


@pytest.mark.parametrize("form", [as_records, as_stream])
def test_every_form_has_the_same_boxes(channels: Channels, form: Any, tmp_path: Path) -> None:
    expected, found = training.read_data(GIVEN, channels), scenes(9)
    (tmp_path / "other").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path / "other")
        data = training.read_data(GIVEN, form(found[:6], "train") | form(found[6:], "validation"))
    for name in ("train", "validation"):
        for row, boxes in enumerate(expected.boxes[name]):
            assert np.allclose(data.boxes[name][row], boxes, atol=1e-6)
            assert np.array_equal(data.images[name][row], expected.images[name][row])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"class_id": 2}, "0.json, object 1 has the class 2; expected a whole number from 0 to 1"),
        ({"left": 60}, "0.json, object 1 has the box"),
        ({"width": 0}, "expected one with an area, inside it"),
        ({"top": "x"}, "0.json is no annotation (ValueError"),
    ],
)
def test_boxes_that_are_refused(channels: Channels, change: dict[str, Any], message: str) -> None:
    file = Path("train_annotation/0.json")
    content = json.loads(file.read_text())
    content["annotations"][0].update(change)
    file.write_text(json.dumps(content))
    with pytest.raises(DataError) as caught:
        training.read_data(GIVEN, channels)
    assert message in str(caught.value)


def test_files_that_are_refused(channels: Channels) -> None:
    def refused(match: str, **given: str) -> None:
        with pytest.raises(DataError, match=match):
            training.read_data(GIVEN | given, channels)

    refused("0.json has 7 numbers|0.json has 12 numbers", label_width="6")
    file = Path("train_annotation/0.json")
    content = json.loads(file.read_text())
    file.write_text(json.dumps(content | {"image_size": [{"width": 9, "height": 9}]}))
    refused("0.json says that the image is 9 x 9; the file has 64 x 64")
    file.write_text("{")
    refused("0.json is not valid JSON")
    file.rename("train_annotation/other.json")
    Path("train_annotation/other.json").write_text('{"file": "gone.png", "annotations": []}')
    refused("other.json is of the image 'gone.png', which channel 'train' does not have")
    Path("train_annotation/other.json").unlink()
    refused("image a/0.png has no annotation; expected 0.json in channel 'train_annotation'")
    Path("train/a/0.png").write_bytes(b"no image")
    file.write_text(json.dumps(content))
    refused("a/0.png is no image")
    with pytest.raises(DataError, match="'train_annotation' is missing"):
        training.read_data(
            GIVEN, {name: one for name, one in channels.items() if "train_" not in name}
        )


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ([0], "record 1 has a label of 1 numbers with header 0"),
        ([2, 5, 0, 0.1, 0.1, 0.5], "record 1 has a label of 6 numbers with header 2"),
        ([2, 5, 0, 0.5, 0.1, 0.5, 0.3], "object 1 has the box (0.5, 0.1) to (0.5, 0.3)"),
    ],
)
def test_labels_of_records_that_are_refused(label: list[float], message: str) -> None:
    image = scenes(1)[0].image
    channels = {name: rec(Path(name), [image], [label]) for name in ("train", "validation")}
    with pytest.raises(DataError) as caught:
        training.read_data(GIVEN, channels)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"image_shape": "32"}, "image_shape: '32' is not valid; expected an integer at least 64"),
        ({"base_network": "resnet-18"}, "expected one of vgg-16, resnet-50"),
        ({"nms_threshold": "0"}, "expected a number above 0 and at most 1"),
        ({"freeze_layer_pattern": "("}, "expected a regular expression"),
        ({"use_pretrained_model": "1"}, "none come with this installation"),
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

    fit(channels, base_network="vgg-16")
    Path("model").rename("given")
    fit(channels | {"model": {"path": "given"}}, base_network="vgg-16")
    assert "of model_algo_1-0001.params" in capsys.readouterr().out
    Path("base").mkdir()
    state = {}  # as torchvision names VGG-16's with batch normalisation
    inputs, at = 3, 0
    for block, count in enumerate((2, 2, 3, 3, 3)):
        for _ in range(count):
            outputs = min(4 * 2**block, 32)
            state[f"features.{at}.weight"] = torch.zeros(outputs, inputs, 3, 3)
            state |= {f"features.{at}.bias": torch.zeros(outputs)}
            for name in ("weight", "bias", "running_mean", "running_var"):
                state[f"features.{at + 1}.{name}"] = torch.ones(outputs)
            inputs, at = outputs, at + 3
        at += 1
    torch.save(state, "base/vgg16_bn.pth")
    fit(channels | {"model": {"path": "base"}}, base_network="vgg-16", use_pretrained_model="1")
    assert f"starting from {13 * 6} tensors of vgg16_bn.pth" in capsys.readouterr().out
    del state["features.0.bias"]
    torch.save(state, "base/vgg16_bn.pth")
    with pytest.raises(DataError, match=r"vgg16_bn.pth has no tensor 'conv1_1.0.bias'"):
        fit(channels | {"model": {"path": "base"}}, base_network="vgg-16")


def test_stopping_and_resuming(
    channels: Channels, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from studio_ext.algorithms.vision.loop import Loop

    Path("input/config").mkdir(parents=True)
    Path("input/config/checkpointconfig.json").write_text('{"LocalPath": "checkpoints"}')
    note = Loop._note

    def stop(self: Any, *args: Any) -> None:
        note(self, *args)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Loop, "_note", stop)
        with pytest.raises(KeyboardInterrupt):
            fit(channels, epochs="2")
    assert Path("model/model_algo_1-0001.params").is_file()
    done = fit(channels, epochs="2")
    assert "resuming from a checkpoint after 1 epochs" in capsys.readouterr().out
    assert len(done.history["validation"]["mAP"]) == 2
