from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio_ext.algorithms.semantic_segmentation import model, serving, training
from studio_ext.formats import recordio
from studio_ext.formats.errors import DataError, UnsupportedAccept, UnsupportedContentType
from tests.algorithms.pictures import png
from tests.algorithms.scenes import masked, scenes

ROOT = Path(__file__).parents[3]
RECORDIO = "application/x-recordio-protobuf"
GIVEN = {
    "num_classes": "3",
    "num_training_samples": "4",
    "base_size": "32",
    "crop_size": "24",
    "mini_batch_size": "4",
    "epochs": "1",
}


@pytest.fixture
def fit(monkeypatch: pytest.MonkeyPatch) -> training.Fit:
    monkeypatch.setattr(model, "WIDTH", 4)
    found = scenes(6, side=32)
    channels = {**masked("train", found[:4]), **masked("validation", found[4:])}
    return training.train(GIVEN, training.read_data(GIVEN, channels), "model")


def test_round_trip(fit: training.Fit) -> None:
    image = np.repeat(scenes(1, side=48)[0].image, 2, 1)  # 48 x 96
    body = png(image)
    expected = fit.model.probabilities([image])[0]
    loaded = serving.load("model")
    for content_type in ("image/png", "application/x-image", None):
        mask, answer = serving.predict(loaded, body, content_type, None)
        assert answer == "image/png"
        found = Image.open(io.BytesIO(mask))
        assert (found.mode, found.size) == ("L", (96, 48))
        assert (np.asarray(found) == expected.argmax(0)).mean() > 0.99
    for accept in (RECORDIO, "application/x-protobuf"):
        record, answer = serving.predict(loaded, body, "image/png", accept)
        assert answer == accept
        (payload,) = recordio.payloads(record, "answer")
        features = recordio.parse(payload).features
        assert features["shape"].values.tolist() == [1, 3, 48, 96]
        target = features["target"].values.reshape(3, 48, 96)
        assert np.allclose(target, expected, atol=1e-4)
        assert np.allclose(target.sum(0), 1, atol=1e-4)
    assert serving.predict(loaded, png(image, "JPEG"), "image/jpeg", None)[0][:4] == b"\x89PNG"
    assert serving.predict(loaded, b"", None, None)[0] == b""

    Path("body").write_bytes(body)
    code = (
        "from studio_ext.algorithms.semantic_segmentation import serving as s;"
        "body = open('body', 'rb').read();"
        "open('mask', 'wb').write(s.predict(s.load('model'), body, 'image/png', None)[0])"
    )
    subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "OMP_NUM_THREADS": "1"},
    )
    fresh = np.asarray(Image.open("mask"))
    assert (fresh == expected.argmax(0)).mean() > 0.99


def test_bad_requests_and_artefacts(fit: training.Fit) -> None:
    loaded = serving.load("model")
    with pytest.raises(UnsupportedContentType, match="'text/csv' is not supported"):
        serving.predict(loaded, b"1", "text/csv", None)
    with pytest.raises(UnsupportedAccept, match="'text/csv' is not supported"):
        serving.predict(loaded, b"1", "image/png", "text/csv")
    with pytest.raises(DataError, match="the request is no image"):
        serving.predict(loaded, b"abc", "image/jpeg", None)
    Path("model/model_algo-1").unlink()
    with pytest.raises(DataError, match=r"'model' has no model_algo-1"):
        serving.load("model")
    Path("model/hyperparams.json").write_text("{}")
    with pytest.raises(DataError, match=r"hyperparams.json does not describe a segmenter"):
        serving.load("model")
