from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from studio_ext.algorithms.lda import serving, training
from studio_ext.formats import mxnet, recordio
from studio_ext.formats.errors import DataError, UnsupportedAccept, UnsupportedContentType
from tests.algorithms.unlabelled import (
    RECORDIO,
    answer_of_a_fresh_process,
    bodies,
    channel_files,
)

from .documents import documents

BETA, COUNTS = documents(0, topics=3, words=40, count=150)
GIVEN = {"num_topics": "3", "feature_dim": "40", "mini_batch_size": "150"}


@pytest.mark.parametrize("kind", ["text/csv;label_size=0", RECORDIO])
def test_every_content_type_and_accept_agree(kind: str) -> None:
    data = training.read_data(GIVEN, {"train": channel_files(COUNTS, kind)})
    expected = training.train(GIVEN, data, "model").model.mixtures(COUNTS[:3])
    model = serving.load("model")
    for content_type, body in bodies(COUNTS[:3]):
        if content_type == "application/jsonlines":
            continue
        answer, accept = serving.predict(model, body, content_type, None)
        assert accept == "application/json"
        content = json.loads(answer)
        found = [one["topic_mixture"] for one in content["predictions"]]
        np.testing.assert_allclose(found, expected, atol=1e-4)
    body = bodies(COUNTS[:3])[0][1]
    text = serving.predict(model, body, "text/csv", "text/csv")[0].decode().splitlines()
    assert [[float(cell) for cell in line.split(",")] for line in text] == found
    records = serving.predict(model, body, "text/csv", RECORDIO)[0]
    labels = [recordio.parse(one).label for one in recordio.payloads(records, "a")]
    np.testing.assert_allclose([one["topic_mixture"].values for one in labels], found, atol=1e-6)
    assert serving.predict(model, b"", "text/csv", None) == (b"", "application/json")


def test_a_fresh_process_answers_the_same() -> None:
    data = training.read_data(GIVEN, {"train": channel_files(COUNTS, RECORDIO)})
    training.train(GIVEN, data, "model")
    body = bodies(COUNTS[:3])[0][1]
    expected = serving.predict(serving.load("model"), body, "text/csv", None)[0]
    assert answer_of_a_fresh_process("studio_ext.algorithms.lda", body) == expected


def test_bad_requests() -> None:
    data = training.read_data(GIVEN, {"train": channel_files(COUNTS, "text/csv")})
    training.train(GIVEN, data, "model")
    model = serving.load("model")
    with pytest.raises(UnsupportedContentType, match="'application/jsonlines' is not supported"):
        serving.predict(model, b"{}", "application/jsonlines", None)
    with pytest.raises(UnsupportedAccept, match="accept 'image/png' is not supported"):
        serving.predict(model, b"0,1", "text/csv", "image/png")
    with pytest.raises(DataError, match="has 2 features; expected 40"):
        serving.predict(model, b"0,1", "text/csv", None)
    with pytest.raises(DataError, match="the request: row 1, feature f1 is -2; lda expects"):
        serving.predict(model, b"0,-2," + b",".join([b"1"] * 38), "text/csv", None)


def test_artefacts_of_other_makers() -> None:
    with pytest.raises(DataError, match="'model' has no model_algo-1"):
        serving.load("model")
    Path("model").mkdir()
    Path("model/model_algo-1").write_bytes(mxnet.dump([np.ones(3), np.ones((2, 4))]))
    with pytest.raises(DataError, match=r"arrays of \(3,\), \(2, 4\); expected alpha \(topics,\)"):
        serving.load("model")
