from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from studio_ext.algorithms.kmeans import serving, training
from studio_ext.formats import mxnet, recordio
from studio_ext.formats.errors import DataError, UnsupportedAccept, UnsupportedContentType
from tests.algorithms.unlabelled import (
    RECORDIO,
    answer_of_a_fresh_process,
    bodies,
    channel_files,
    rows_of,
)

ROWS = rows_of("digits")[:300]
GIVEN = {"k": "5", "feature_dim": "64"}


@pytest.mark.parametrize("kind", ["text/csv;label_size=0", "text/csv", RECORDIO])
def test_every_content_type_and_accept_agree(kind: str) -> None:
    data = training.read_data(GIVEN, {"train": channel_files(ROWS, kind)})
    centers = training.train(GIVEN, data, "model").model.centers
    distances = np.linalg.norm(ROWS[:3, None] - centers, axis=2)
    model = serving.load("model")
    for content_type, body in bodies(ROWS[:3]):
        answer, accept = serving.predict(model, body, content_type, None)
        assert accept == "application/json"
        found = json.loads(answer)["predictions"]
        assert [one["closest_cluster"] for one in found] == distances.argmin(1).tolist()
        np.testing.assert_allclose(
            [one["distance_to_cluster"] for one in found], distances.min(1), rtol=1e-5
        )
    body = bodies(ROWS[:3])[0][1]
    lines = serving.predict(model, body, "text/csv", "application/jsonlines")[0].splitlines()
    assert [json.loads(line) for line in lines] == found
    text = serving.predict(model, body, "text/csv", "text/csv")[0].decode().splitlines()
    assert [[float(cell) for cell in line.split(",")] for line in text] == [
        list(one.values()) for one in found
    ]
    records = serving.predict(model, body, "text/csv", RECORDIO)[0]
    labels = [recordio.parse(part).label for part in recordio.payloads(records, "a")]
    assert [float(one["closest_cluster"].values[0]) for one in labels] == [
        one["closest_cluster"] for one in found
    ]
    assert serving.predict(model, b"", "text/csv", None) == (b"", "application/json")


def test_a_fresh_process_answers_the_same() -> None:
    data = training.read_data(GIVEN, {"train": channel_files(ROWS, RECORDIO)})
    training.train(GIVEN, data, "model")
    body = bodies(ROWS[:3])[0][1]
    expected = serving.predict(serving.load("model"), body, "text/csv", None)[0]
    assert answer_of_a_fresh_process("studio_ext.algorithms.kmeans", body) == expected


def test_bad_requests() -> None:
    data = training.read_data(GIVEN, {"train": channel_files(ROWS, "text/csv")})
    training.train(GIVEN, data, "model")
    model = serving.load("model")
    with pytest.raises(UnsupportedContentType, match="'text/libsvm' is not supported"):
        serving.predict(model, b"0:1", "text/libsvm", None)
    with pytest.raises(UnsupportedAccept, match="accept 'image/png' is not supported"):
        serving.predict(model, b"0,1", "text/csv", "image/png")
    with pytest.raises(DataError, match="has 2 features; expected 64"):
        serving.predict(model, b"0,1", "text/csv", None)
    with pytest.raises(DataError, match="the request: row 1, feature f1 is missing"):
        serving.predict(model, b"0,," + b",".join([b"1"] * 62), "text/csv", None)


def test_artefacts_of_other_makers() -> None:
    with pytest.raises(DataError, match="'model' has no model_algo-1"):
        serving.load("model")
    Path("model").mkdir()
    Path("model/model_algo-1").write_text("no arrays")
    with pytest.raises(DataError, match="not a file of MXNet arrays"):
        serving.load("model")
    Path("model/model_algo-1").write_bytes(mxnet.dump([np.ones(3, np.float32)]))
    with pytest.raises(DataError, match=r"arrays of \(3,\); expected one of shape \(k, features\)"):
        serving.load("model")
