from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from studio_ext.algorithms.pca import serving, training
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
GIVEN = {"num_components": "4", "feature_dim": "64", "mini_batch_size": "100"}


@pytest.mark.parametrize("kind", ["text/csv;label_size=0", RECORDIO])
def test_every_content_type_and_accept_agree(kind: str) -> None:
    data = training.read_data(GIVEN, {"train": channel_files(ROWS, kind)})
    directions = training.train(GIVEN, data, "model").model.directions
    expected = (ROWS[:3] - ROWS.mean(0)) @ directions
    model = serving.load("model")
    for content_type, body in bodies(ROWS[:3]):
        answer, accept = serving.predict(model, body, content_type, None)
        assert accept == "application/json"
        content = json.loads(answer)
        assert list(content) == ["projections"]
        found = content["projections"]
        np.testing.assert_allclose([one["projection"] for one in found], expected, atol=1e-4)
    body = bodies(ROWS[:3])[0][1]
    lines = serving.predict(model, body, "text/csv", "application/jsonlines")[0].splitlines()
    assert [json.loads(line) for line in lines] == found
    records = serving.predict(model, body, "text/csv", RECORDIO)[0]
    tensors = [recordio.parse(one).label["projection"] for one in recordio.payloads(records, "a")]
    np.testing.assert_allclose([one.values for one in tensors], expected, atol=1e-4)
    assert serving.predict(model, b"", "text/csv", None) == (b"", "application/json")


def test_a_fresh_process_answers_the_same() -> None:
    data = training.read_data(GIVEN, {"train": channel_files(ROWS, RECORDIO)})
    training.train(GIVEN, data, "model")
    body = bodies(ROWS[:3])[0][1]
    expected = serving.predict(serving.load("model"), body, "text/csv", None)[0]
    assert answer_of_a_fresh_process("studio_ext.algorithms.pca", body) == expected


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


def test_artefacts_of_other_makers() -> None:
    with pytest.raises(DataError, match="'model' has no model_algo-1"):
        serving.load("model")
    Path("model").mkdir()
    for arrays in ([np.ones(3, np.float32)], {"mean": np.ones(3), "s": np.ones(3)}):
        Path("model/model_algo-1").write_bytes(mxnet.dump(arrays))
        with pytest.raises(DataError, match=r"expected mean \(1, features\), s \(components,\)"):
            serving.load("model")
