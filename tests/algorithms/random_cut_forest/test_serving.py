from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from studio_ext.algorithms.random_cut_forest import serving, training
from studio_ext.formats import recordio
from studio_ext.formats.errors import DataError, UnsupportedAccept, UnsupportedContentType
from tests.algorithms.unlabelled import (
    RECORDIO,
    answer_of_a_fresh_process,
    bodies,
    channel_files,
    rows_of,
)

ROWS = rows_of("digits")[:200]
GIVEN = {"feature_dim": "64", "num_trees": "50", "num_samples_per_tree": "20"}


@pytest.mark.parametrize("kind", ["text/csv;label_size=0", RECORDIO])
def test_every_content_type_and_accept_agree(kind: str) -> None:
    data = training.read_data(GIVEN, {"train": channel_files(ROWS, kind)})
    expected = training.train(GIVEN, data, "model").model.scores(ROWS[:3])
    model = serving.load("model")
    for content_type, body in bodies(ROWS[:3]):
        answer, accept = serving.predict(model, body, content_type, None)
        assert accept == "application/json"
        content = json.loads(answer)
        assert list(content) == ["scores"]
        assert [one["score"] for one in content["scores"]] == expected.tolist()
    body = bodies(ROWS[:3])[0][1]
    lines = serving.predict(model, body, "text/csv", "application/jsonlines")[0].splitlines()
    assert [json.loads(line) for line in lines] == content["scores"]
    records = serving.predict(model, body, "text/csv", RECORDIO)[0]
    tensors = [recordio.parse(one).label["score"] for one in recordio.payloads(records, "a")]
    np.testing.assert_allclose([one.values[0] for one in tensors], expected, rtol=1e-6)
    assert serving.predict(model, b"", "text/csv", None) == (b"", "application/json")


def test_a_fresh_process_answers_the_same() -> None:
    data = training.read_data(GIVEN, {"train": channel_files(ROWS, RECORDIO)})
    training.train(GIVEN, data, "model")
    body = bodies(ROWS[:3])[0][1]
    expected = serving.predict(serving.load("model"), body, "text/csv", None)[0]
    assert answer_of_a_fresh_process("studio_ext.algorithms.random_cut_forest", body) == expected


def test_bad_requests() -> None:
    data = training.read_data(GIVEN, {"train": channel_files(ROWS, "text/csv")})
    training.train(GIVEN, data, "model")
    model = serving.load("model")
    with pytest.raises(UnsupportedContentType, match="'text/libsvm' is not supported"):
        serving.predict(model, b"0:1", "text/libsvm", None)
    with pytest.raises(UnsupportedAccept, match="accept 'text/csv' is not supported"):
        serving.predict(model, b"0,1", "text/csv", "text/csv")
    with pytest.raises(DataError, match="has 2 features; expected 64"):
        serving.predict(model, b"0,1", "text/csv", None)
    with pytest.raises(DataError, match="the request: row 1, feature f1 is missing"):
        serving.predict(model, b"0,," + b",".join([b"1"] * 62), "text/csv", None)


def test_artefacts_of_other_makers() -> None:
    with pytest.raises(DataError, match="'model' has no model_algo-1"):
        serving.load("model")
    Path("model").mkdir()
    path = Path("model/model_algo-1")
    path.write_text("no zip")
    with pytest.raises(DataError, match="cannot be read as a randomcutforest model"):
        serving.load("model")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("forest.json", json.dumps({"features": 2, "trees": [10]}))
        archive.writestr("grove-0", b"no forest")
    with pytest.raises(DataError, match="cannot be read as a randomcutforest model"):
        serving.load("model")
