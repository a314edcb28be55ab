from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio_ext.algorithms.object2vec import serving, training
from studio_ext.formats.errors import DataError, UnsupportedAccept, UnsupportedContentType
from tests.algorithms.object2vec.data import kinds, records
from tests.algorithms.object2vec.test_training import POOLED, TINY, fit

ROOT = Path(__file__).parents[3]
PAIRS = [{"in0": [1, 2, 3], "in1": [4, 5]}, {"in0": [6], "in1": [7, 8, 9, 10, 11, 12, 13]}]


@pytest.fixture
def model() -> Any:
    fit(**POOLED)
    return serving.load("model")


def ask(model: Any, instances: Any, kind: str = "application/json") -> Any:
    answer, accept = serving.predict(
        model, json.dumps({"instances": instances}).encode(), kind, None
    )
    assert accept == "application/json"
    return json.loads(answer)["predictions"]


def test_scores_and_embeddings(model: Any) -> None:
    scores = [one["scores"] for one in ask(model, PAIRS)]
    assert np.shape(scores) == (2, 2)
    np.testing.assert_allclose(np.sum(scores, 1), 1, rtol=1e-5)
    for name in ("in0", "in1"):
        alone = ask(model, [{name: one[name]} for one in PAIRS])
        assert np.shape([one["embeddings"] for one in alone]) == (2, 8)
    mixed = ask(model, [{"in1": [4, 5]}, PAIRS[0], {"in0": [6]}])
    assert [next(iter(one)) for one in mixed] == ["embeddings", "scores", "embeddings"]
    np.testing.assert_allclose(mixed[1]["scores"], scores[0], rtol=1e-5)


def test_both_formats_agree(model: Any) -> None:
    body = "\n".join(json.dumps(one | {"label": 1}) for one in PAIRS).encode()
    answer, accept = serving.predict(model, body, "application/jsonlines", None)
    assert accept == "application/jsonlines"
    assert [json.loads(line) for line in answer.splitlines()] == ask(model, PAIRS)
    answer, accept = serving.predict(model, body, "application/jsonlines", "application/json")
    assert json.loads(answer)["predictions"] == ask(model, PAIRS)


def test_a_request_may_say_how_many_tokens_count(model: Any) -> None:
    limited = "application/json; infer_max_seqlens=2,1"
    found = ask(model, PAIRS, limited)
    assert found == ask(model, [{"in0": [1, 2], "in1": [4]}, {"in0": [6], "in1": [7]}])
    assert found != ask(model, PAIRS)
    with pytest.raises(DataError, match="infer_max_seqlens=0 in the content type"):
        ask(model, PAIRS, "application/json;infer_max_seqlens=0")


def test_a_number_is_a_score_too() -> None:
    fit(**POOLED, output_layer="mean_squared_error")
    assert np.shape([one["scores"] for one in ask(serving.load("model"), PAIRS)]) == (2, 1)


def test_a_fresh_process_answers_the_same() -> None:
    own = kinds(120).channels["train"]
    Path("train.json").write_text("\n".join(json.dumps(row) for row in records(own)))
    data = training.read_data(TINY, {"train": {"path": "train.json"}})
    training.train(TINY, data, "model")
    Path("body").write_text(json.dumps({"instances": PAIRS}))
    code = (
        "from studio_ext.algorithms.object2vec import serving as s;"
        "print(s.predict(s.load('model'), open('body', 'rb').read(), None, None)[0].decode())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )
    expected = serving.predict(serving.load("model"), Path("body").read_bytes(), None, None)
    assert json.loads(done.stdout) == json.loads(expected[0])


def test_bad_requests(model: Any) -> None:
    with pytest.raises(UnsupportedContentType, match="'text/csv' is not supported"):
        serving.predict(model, b"1", "text/csv", None)
    with pytest.raises(UnsupportedAccept):
        serving.predict(model, b"{}", None, "text/csv")
    assert serving.predict(model, b"", None, None) == (b"", "application/json")
    for instances, message in (
        ([], 'has no list "instances"'),
        ([{"in2": [1]}], "instance 1 has no in0 and no in1"),
        ([{"in0": [1]}, {"in0": [30]}], "instance 2 has the token 30 in in0"),
        ([{"in0": []}], "instance 1 has no tokens in in0"),
    ):
        with pytest.raises(DataError) as caught:
            ask(model, instances)
        assert message in str(caught.value)
    with pytest.raises(DataError, match="the request is not valid JSON"):
        serving.predict(model, b"{", None, None)


def test_artefacts_of_other_makers(model: Any) -> None:
    Path("model/model_algo-1").write_text("no zip")
    with pytest.raises(DataError, match="model_algo-1 cannot be read as a object2vec model"):
        serving.load("model")
