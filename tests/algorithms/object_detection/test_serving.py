from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from studio_ext.algorithms.object_detection import model, serving, training
from studio_ext.formats.errors import DataError, UnsupportedAccept, UnsupportedContentType
from tests.algorithms.pictures import png
from tests.algorithms.scenes import annotated, scenes

ROOT = Path(__file__).parents[3]
GIVEN = {
    "num_classes": "2",
    "num_training_samples": "4",
    "base_network": "resnet-50",
    "image_shape": "64",
    "mini_batch_size": "4",
    "epochs": "1",
}


@pytest.fixture
def fit(monkeypatch: pytest.MonkeyPatch) -> training.Fit:
    monkeypatch.setattr(model, "WIDTH", 4)
    found = scenes(6)
    channels = {**annotated("train", found[:4]), **annotated("validation", found[4:])}
    return training.train(GIVEN, training.read_data(GIVEN, channels), "model")


def test_round_trip(fit: training.Fit) -> None:
    image = scenes(6)[4].image
    loaded = serving.load("model")
    expected = fit.found[0]
    assert len(expected)
    for content_type in ("application/x-image", "image/png", None):
        body, answer = serving.predict(loaded, png(image), content_type, None)
        assert answer == "application/json"
        found = np.array(json.loads(body)["prediction"])
        assert found.shape == expected.shape
        assert np.allclose(found[:, 1], expected[:, 1], atol=1e-4)
    assert (np.diff(found[:, 1]) <= 0).all(), "the best first"
    assert found[:, 2:].min() >= 0
    assert found[:, 2:].max() <= 1
    wide = np.repeat(image, 2, 1)
    body, answer = serving.predict(
        loaded, png(wide, "JPEG"), "image/jpeg", "application/json;annotation=1"
    )
    assert answer == "application/json;annotation=1"
    content = json.loads(body)
    assert content["image_size"] == [{"width": 128, "height": 64, "depth": 3}]
    one = content["annotations"][0]
    assert list(one) == ["class_id", "score", "left", "top", "width", "height"]
    assert max(each["left"] + each["width"] for each in content["annotations"]) <= 129
    assert serving.predict(loaded, b"", None, None)[0] == b""

    Path("body").write_bytes(png(image))
    code = (
        "from studio_ext.algorithms.object_detection import serving as s;"
        "body = open('body', 'rb').read();"
        "print(s.predict(s.load('model'), body, 'image/png', None)[0].decode())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "OMP_NUM_THREADS": "1"},
    )
    assert np.allclose(json.loads(done.stdout)["prediction"], found, atol=1e-4)


def test_bad_requests_and_artefacts(fit: training.Fit) -> None:
    loaded = serving.load("model")
    with pytest.raises(UnsupportedContentType, match="'text/csv' is not supported"):
        serving.predict(loaded, b"1", "text/csv", None)
    with pytest.raises(UnsupportedAccept, match="'image/png' is not supported"):
        serving.predict(loaded, b"1", "image/png", "image/png")
    with pytest.raises(DataError, match="the request is no image"):
        serving.predict(loaded, b"abc", "image/png", None)
    Path("model/hyperparams.json").write_text("{}")
    with pytest.raises(DataError, match=r"hyperparams.json does not describe a detector"):
        serving.load("model")
    Path("model/hyperparams.json").unlink()
    with pytest.raises(DataError, match=r"'model' has no hyperparams.json"):
        serving.load("model")
