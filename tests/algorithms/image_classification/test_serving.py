from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from studio_ext.algorithms.image_classification import serving, training
from studio_ext.formats.errors import DataError, UnsupportedAccept, UnsupportedContentType
from tests.algorithms.pictures import digits, png, rec

ROOT = Path(__file__).parents[3]
GIVEN = {
    "num_classes": "3",
    "num_training_samples": "12",
    "num_layers": "20",
    "image_shape": "3,8,8",
    "mini_batch_size": "6",
    "epochs": "1",
}


@pytest.fixture
def fit() -> training.Fit:
    images, labels = digits(16, classes=3)
    channels = {
        "train": rec(Path("train"), images[:12], labels[:12]),
        "validation": rec(Path("validation"), images[12:], labels[12:]),
    }
    return training.train(GIVEN, training.read_data(GIVEN, channels), "model")


def test_every_content_type_and_accept_agree(fit: training.Fit) -> None:
    image = digits(16, classes=3)[0][12]
    model = serving.load("model")
    expected = fit.probabilities[0]
    for content_type in ("application/x-image", "image/png", None):
        body, answer = serving.predict(model, png(image), content_type, None)
        assert answer == "application/json"
        assert json.loads(body) == pytest.approx(expected.tolist(), abs=1e-5)
    line, answer = serving.predict(model, png(image), "image/png", "application/jsonlines")
    assert answer == "application/jsonlines"
    assert line.endswith(b"\n")
    assert json.loads(line) == {"prediction": pytest.approx(expected.tolist(), abs=1e-5)}
    wide = np.kron(image, np.ones((3, 5))).astype(np.uint8)
    photo = serving.predict(model, png(wide, "JPEG"), "image/jpeg", None)[0]
    assert sum(json.loads(photo)) == pytest.approx(1, abs=1e-4)
    assert serving.predict(model, b"", "image/jpeg", None)[0] == b""


def test_a_fresh_process_answers_the_same(fit: training.Fit) -> None:
    Path("body").write_bytes(png(digits(16, classes=3)[0][12]))
    code = (
        "from studio_ext.algorithms.image_classification import serving as s;"
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
    assert json.loads(done.stdout) == pytest.approx(fit.probabilities[0].tolist(), abs=1e-5)


def test_bad_requests_and_artefacts(fit: training.Fit) -> None:
    model = serving.load("model")
    with pytest.raises(UnsupportedContentType, match="'text/csv' is not supported"):
        serving.predict(model, b"1", "text/csv", None)
    with pytest.raises(UnsupportedAccept, match="'image/png' is not supported"):
        serving.predict(model, b"1", "image/png", "image/png")
    with pytest.raises(DataError, match="the request is no image"):
        serving.predict(model, b"abc", "image/png", None)
    Path("model/image-classification-0001.params").write_bytes(b"no arrays")
    with pytest.raises(DataError, match=r"image-classification-0001.params: not a file of MXNet"):
        serving.load("model")
    Path("model/image-classification-0001.params").unlink()
    with pytest.raises(DataError, match=r"'model' has no image-classification-0001.params"):
        serving.load("model")
    Path("model/image-classification-symbol.json").write_text("{}")
    with pytest.raises(DataError, match="does not describe an image-classification model"):
        serving.load("model")
