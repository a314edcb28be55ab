from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio_ext.algorithms.hyperparameters import HyperparameterError
from studio_ext.algorithms.image_classification import pictures, training
from studio_ext.algorithms.image_classification.augmentation import varied
from studio_ext.algorithms.image_classification.contract import IMAGE_CLASSIFICATION
from studio_ext.algorithms.image_classification.evaluation import evaluate
from studio_ext.algorithms.image_classification.training import Fit
from studio_ext.algorithms.vision import loop
from studio_ext.formats.errors import DataError
from studio_ext.formats.image_recordio import frame
from tests.algorithms.pictures import digits, files, png, rec

Channels = dict[str, Mapping[str, Any]]
GIVEN = {
    "num_classes": "3",
    "num_training_samples": "12",
    "num_layers": "20",
    "image_shape": "1,8,8",
    "mini_batch_size": "6",
    "epochs": "1",
    "learning_rate": "0.05",
}
SEVERAL = {"multi_label": "1"}
ADAM = {"optimizer": "adam", "learning_rate": "0.001"}


@pytest.fixture
def channels() -> Channels:
    images, labels = digits(20, classes=3)
    return {
        "train": rec(Path("train"), images[:12], labels[:12]),
        "validation": rec(Path("validation"), images[12:], labels[12:]),
    }


def fit(channels: Channels, **given: str) -> Fit:
    hyperparameters = GIVEN | given
    return training.train(hyperparameters, training.read_data(hyperparameters, channels), "model")


def several(images: Any, labels: Any, classes: int = 3) -> Any:
    """Multi-hot labels: the class and the one before it."""
    hot = np.eye(classes)[labels]
    return np.maximum(hot, np.roll(hot, -1, 1) * (labels[:, None] > 0))


CHANGES: list[tuple[str, str, dict[str, str]]] = [
    ("num_layers", "18", {}),
    ("resize", "12", {}),
    ("augmentation_type", "crop", {}),
    ("mini_batch_size", "4", {}),
    ("optimizer", "adam", {}),
    ("optimizer", "rmsprop", {}),
    ("optimizer", "nag", {}),
    ("learning_rate", "0.01", {}),
    ("lr_scheduler_step", "1", {"epochs": "2"}),
    ("lr_scheduler_factor", "0.5", {"epochs": "2", "lr_scheduler_step": "1"}),
    ("momentum", "0.1", {}),
    ("weight_decay", "0.3", {}),
    ("beta_1", "0.1", ADAM),
    ("beta_2", "0.1", ADAM),
    ("eps", "0.1", ADAM),
    ("gamma", "0.1", {**ADAM, "optimizer": "rmsprop"}),
    ("precision_dtype", "float16", {}),
]


@pytest.mark.parametrize(("name", "value", "beside"), CHANGES)
def test_a_hyperparameter_changes_the_result(
    channels: Channels, name: str, value: str, beside: dict[str, str]
) -> None:
    key = json.dumps(beside, sort_keys=True)
    if key not in PLAIN:
        PLAIN[key] = fit(channels, **beside).probabilities
    found = fit(channels, **beside, **{name: value}).probabilities
    assert not np.allclose(found, PLAIN[key], atol=1e-6)
    assert np.allclose(found.sum(1), 1, atol=1e-4)


PLAIN: dict[str, Any] = {}
"""Probabilities of the trainings that others are compared with."""


def test_the_same_job_gives_the_same_model(channels: Channels) -> None:
    assert np.array_equal(fit(channels).probabilities, fit(channels).probabilities)


def test_log_and_history(channels: Channels, capsys: pytest.CaptureFixture[str]) -> None:
    done = fit(channels, top_k="2", epochs="2", num_training_samples="99", kv_store="dist_sync")
    log = capsys.readouterr().out
    for metric in IMAGE_CLASSIFICATION.metrics:
        channel, name = metric.name.split(":")
        found = [float(value) for value in re.findall(metric.regex, log)]
        assert found == pytest.approx(done.history[channel][name], abs=1e-5)
    assert "Epoch[1] Validation-top_k_accuracy_2=" in log
    assert "notice: num_training_samples is 99 and channel 'train' has 12 images" in log
    assert "notice: kv_store has an effect on several machines only" in log
    best = done.history["validation"]["accuracy"]
    assert done.best_epoch == int(np.argmax(best))
    assert done.metrics["validation"]["accuracy"] == max(best)


def test_artefacts(channels: Channels) -> None:
    done = fit(channels, epochs="2", checkpoint_frequency="1")
    assert sorted(path.name for path in Path("model").iterdir()) == [
        "image-classification-0001.params",
        "image-classification-0002.params",
        "image-classification-symbol.json",
        "model-shapes.json",
    ]
    assert json.loads(Path("model/model-shapes.json").read_text())[0]["shape"] == [1, 1, 8, 8]
    symbol = json.loads(Path("model/image-classification-symbol.json").read_text())
    assert symbol["epoch"] == done.best_epoch + 1


def test_several_labels(capsys: pytest.CaptureFixture[str]) -> None:
    images, labels = digits(20, classes=3)
    hot = several(images, labels)
    channels = {
        "train": rec(Path("train"), images[:12], hot[:12]),
        "validation": rec(Path("validation"), images[12:], hot[12:]),
    }
    done = fit(channels, **SEVERAL)
    assert done.probabilities.shape == (8, 3)
    right = (done.probabilities > 0.5) == (hot[12:] > 0.5)
    assert done.metrics["validation"]["accuracy"] == pytest.approx(right.mean())
    weighted = fit(channels, **SEVERAL, use_weighted_loss="1")
    assert not np.allclose(weighted.probabilities, done.probabilities, atol=1e-6)
    hyperparameters = GIVEN | SEVERAL
    data = training.read_data(hyperparameters, channels)
    report = evaluate(done, data)
    assert "F1 by class on validation" in repr(pictures.outcome(report))
    assert "8 validation images" in repr(pictures.examples(done, data, report))


# ---- forms of data -----------------------------------------------------------------------------


def as_list(images: Any, labels: Any, name: str) -> Channels:
    folder = Path(f"{name}_lst")
    folder.mkdir()
    lines = [f"{i}\t{label}\ta/{i}.png\n" for i, label in enumerate(labels)]
    (folder / "a.lst").write_text("".join(lines))
    return {name: files(Path(name), images), f"{name}_lst": {"path": str(folder)}}


def as_manifest(images: Any, labels: Any, name: str) -> Channels:
    channel = files(Path(name), images)
    lines = [{"class": str(label), "source-ref": f"a/{i}.png"} for i, label in enumerate(labels)]
    Path(name, "m.manifest").write_text("\n".join(map(json.dumps, lines)))
    return {name: {**channel, "attributes": ["source-ref", "class"]}}


def as_stream(images: Any, labels: Any, name: str) -> Channels:
    Path(name).mkdir()
    frames = [frame(png(i)) + frame(str(v).encode()) for i, v in zip(images, labels, strict=True)]
    Path(name, f"{name}.rec").write_bytes(b"".join(frames))
    return {name: {"path": name, "attributes": ["source-ref", "class"],
                   "content_type": "application/x-recordio"}}  # fmt: skip


@pytest.mark.parametrize("form", [as_list, as_manifest, as_stream])
def test_every_form_has_the_same_images(channels: Channels, form: Any, tmp_path: Path) -> None:
    expected = training.read_data(GIVEN, channels)
    images, labels = digits(20, classes=3)
    (tmp_path / "other").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path / "other")
        found = training.read_data(
            GIVEN,
            form(images[:12], labels[:12], "train") | form(images[12:], labels[12:], "validation"),
        )
    for name in ("train", "validation"):
        assert np.array_equal(found.labels[name], expected.labels[name])
        for row in range(len(found.labels[name])):
            assert np.array_equal(found.images[name][row], expected.images[name][row])


def test_labels_by_class_id(channels: Channels) -> None:
    images, _ = digits(2, classes=3)
    Path("m").mkdir()
    frames = [
        frame(png(i)) + frame(text) for i, text in zip(images, (b"[0, 2]", b"[1]"), strict=True)
    ]
    Path("m/train.rec").write_bytes(b"".join(frames))
    kind = "application/x-recordio; label-format=class-id"
    one = {"path": "m", "attributes": ["source-ref", "class"], "content_type": kind}
    data = training.read_data(GIVEN | SEVERAL, {"train": one, "validation": one})
    assert data.labels["train"].tolist() == [[1, 0, 1], [0, 1, 0]]
    wrong = {**one, "content_type": "application/x-recordio"}
    with pytest.raises(DataError, match=r"sample 1 has 2 labels .0, 2.; expected 0 or 1"):
        training.read_data(GIVEN | SEVERAL, {"train": wrong, "validation": one})


def test_images_are_scaled_and_cropped(channels: Channels) -> None:
    data = training.read_data(GIVEN | {"image_shape": "3,10,12"}, channels)
    assert data.images["train"][0].shape == (12, 12, 3), "covers the shape, keeps its proportions"
    assert "<table>" in data.summary()._repr_html_()
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (20, 24, 3)).astype(np.uint8)
    seen = {}
    for kind in (None, "crop", "crop_color", "crop_color_transform"):
        found = varied(image, 10, 12, kind, np.random.default_rng(5))
        assert (found.shape, found.dtype) == ((10, 12, 3), np.uint8)
        seen[kind] = found.tobytes()
    assert len(set(seen.values())) == 4


# ---- bad input ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"num_layers": "21"}, "num_layers: '21' is not valid; expected one of 18, 34"),
        ({"image_shape": "2,8,8"}, "image_shape: '2,8,8' is not valid; expected channels (1 or 3)"),
        ({"image_shape": "3,8"}, "expected channels (1 or 3), height and width"),
        ({"resize": "4"}, "resize: '4' is less than the height or width in image_shape"),
        ({"top_k": "4"}, "top_k: '4' is more than num_classes (3)"),
        ({"top_k": "1"}, "top_k: '1' is not valid; expected an integer at least 2"),
        ({"top_k": "2", "multi_label": "1"}, "is for images of one label"),
        ({"use_weighted_loss": "1"}, "use_weighted_loss: '1' is only for multi_label=1"),
        ({"checkpoint_frequency": "9"}, "checkpoint_frequency: '9' is more than epochs (1)"),
        ({"lr_scheduler_step": "ten"}, "expected epochs with commas between"),
        ({"beta_1": "1", "optimizer": "adam"}, "beta_1: '1' lets adam learn nothing"),
        ({"use_pretrained_model": "1"}, "needs num_layers of 18, 34, 50, 101, 152, 200, not 20"),
        ({"use_pretrained_model": "1", "num_layers": "18"}, "none come with this installation"),
        ({"optimizer": "adamw"}, "expected one of sgd, adam, rmsprop, nag"),
    ],
)
def test_hyperparameters_that_are_refused(
    channels: Channels, given: dict[str, str], message: str
) -> None:
    with pytest.raises(HyperparameterError) as caught:
        fit(channels, **given)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("label", "given", "message"),
    [
        (3, {}, "data.rec: record 3 has the label 3; expected a whole number from 0 to 2"),
        (0.5, {}, "record 3 has the label 0.5"),
        ([0, 1], {}, "record 3 has 2 labels; expected one, or multi_label=1"),
        (1, SEVERAL, "record 1 has 1 labels"),
    ],
)
def test_labels_that_are_refused(label: Any, given: dict[str, str], message: str) -> None:
    images, _ = digits(3)
    channels = {name: rec(Path(name), images, [0, 1, label]) for name in ("train", "validation")}
    with pytest.raises(DataError) as caught:
        training.read_data(GIVEN | given, channels)
    assert message in str(caught.value)


def test_files_that_are_refused(channels: Channels) -> None:
    images, labels = digits(3, classes=3)
    listed = as_list(images, labels, "validation2")
    wrong = {"train": listed["validation2"], "validation": channels["validation"]}
    with pytest.raises(DataError, match="channel 'train_lst' is missing"):
        training.read_data(GIVEN, wrong)
    wrong["train_lst"] = listed["validation2_lst"]
    Path("validation2/a/1.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"line 2 \(a/1.png\) is no image .8 bytes"):
        training.read_data(GIVEN, wrong)
    Path("validation2/a/1.png").unlink()
    with pytest.raises(DataError, match=r"line 2 \(a/1.png\) cannot be read .No such file"):
        training.read_data(GIVEN, wrong)
    with pytest.raises(DataError, match="channel 'validation' is missing"):
        training.read_data(GIVEN, {"train": channels["train"]})
    with pytest.raises(DataError, match="channel 'test' is not known"):
        training.read_data(GIVEN, channels | {"test": channels["train"]})
    for attributes in (["class"], ["class", "source-ref"]):
        with pytest.raises(DataError, match="expected the image and then its annotation"):
            one = {**channels["train"], "attributes": attributes}
            training.read_data(GIVEN, {"train": one, "validation": one})


def test_a_loss_out_of_bounds(channels: Channels, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from studio_ext.algorithms.image_classification.task import Classification

    monkeypatch.setattr(Classification, "loss", lambda *_: (torch.tensor(torch.inf), {}))
    with pytest.raises(HyperparameterError, match=r"'0.05' lets the loss become inf in epoch 0"):
        fit(channels)


# ---- going on ----------------------------------------------------------------------------------


@pytest.fixture
def folder() -> Path:
    Path("input/config").mkdir(parents=True)
    Path("input/config/checkpointconfig.json").write_text('{"LocalPath": "checkpoints"}')
    Path("checkpoints").mkdir()
    return Path("checkpoints")


def test_a_resumed_training_ends_as_one_in_one_piece(
    channels: Channels, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = fit(channels, epochs="3")
    assert sorted(path.name for path in folder.iterdir()) == [
        "image-classification-checkpoint-0002.pt",
        "image-classification-checkpoint-0003.pt",
    ]
    (folder / "image-classification-checkpoint-0003.pt").write_bytes(b"torn")
    again = fit(channels, epochs="3")
    log = capsys.readouterr().out
    assert "checkpoint-0003.pt cannot be used" in log
    assert "resuming from a checkpoint after 2 epochs" in log
    assert again.history == whole.history
    assert np.allclose(again.probabilities, whole.probabilities, atol=1e-6)


def test_stopping_saves_the_best_so_far(
    channels: Channels, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    step, calls = loop.Loop._step, []

    def stop(self: Any, batch: Any, number: int) -> Any:
        calls.append(number)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return step(self, batch, number)

    monkeypatch.setattr(loop.Loop, "_step", stop)
    with pytest.raises(KeyboardInterrupt):
        fit(channels, epochs="9")
    assert Path("model/image-classification-0001.params").is_file()
    assert "stopped: the best model so far is saved" in capsys.readouterr().out


def test_early_stopping(channels: Channels) -> None:
    given = {"epochs": "9", "learning_rate": "0", "early_stopping_min_epochs": "2"}
    done = fit(channels, early_stopping="True", early_stopping_patience="3", **given)
    assert len(done.history["train"]["accuracy"]) in (4, 5, 6)
    eager = fit(channels, early_stopping="True", early_stopping_patience="1",
                early_stopping_tolerance="1", **given)  # fmt: skip
    assert len(eager.history["train"]["accuracy"]) == 2


def test_weights_of_a_model_channel(channels: Channels, capsys: pytest.CaptureFixture[str]) -> None:
    import torch

    fit(channels, num_layers="18")
    Path("model").rename("given")
    model = {"path": "given", "content_type": "application/x-sagemaker-model"}
    still = {"num_layers": "18", "learning_rate": "0"}
    fit(channels | {"model": model}, **still)
    assert (
        "starting from 102 tensors of image-classification-0001.params" in capsys.readouterr().out
    )
    fresh = {"use_pretrained_model": "1", "num_classes": "4"}
    fit(channels | {"model": model}, **still, **fresh)
    assert "starting from 100 tensors" in capsys.readouterr().out
    with pytest.raises(DataError, match=r"tensor 'fc.weight' has the shape .*expected \(4, 512\)"):
        fit(channels | {"model": model}, **still, num_classes="4")
    Path("other").mkdir()
    state = training.network(training.all_values(GIVEN | {"num_layers": "18"})).state_dict()
    torch.save(state, "other/resnet18.pth")
    fit(channels | {"model": {"path": "other"}}, **still, use_pretrained_model="1")
    assert "starting from 100 tensors of resnet18.pth" in capsys.readouterr().out
    Path("other/resnet18.pth").write_bytes(b"nothing")
    with pytest.raises(DataError, match=r"resnet18.pth is no torch state dictionary"):
        fit(channels | {"model": {"path": "other"}}, **still)
