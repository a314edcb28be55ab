from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio_ext.algorithms.deepar import serving, training
from studio_ext.formats.errors import DataError, UnsupportedAccept, UnsupportedContentType
from tests.algorithms.deepar.test_training import TINY, featured, fit

ROOT = Path(__file__).parents[3]
PAST = {"start": "2024-01-01 00:00:00", "target": [4.0, 10.0, "NaN", 12.0, 9.0]}


@pytest.fixture
def model() -> Any:
    fit()
    return serving.load("model")


def ask(model: Any, instances: Any, **configuration: Any) -> Any:
    body = json.dumps({"instances": instances, "configuration": configuration}).encode()
    answer, kind = serving.predict(model, body, "application/json", None)
    assert kind == "application/json"
    return json.loads(answer)["predictions"]


def test_outputs(model: Any) -> None:
    everything = ask(
        model,
        [PAST, {"start": "2024-03-05", "target": [1.0]}],
        num_samples=50,
        output_types=["mean", "quantiles", "samples"],
        quantiles=["0.5", "0.90"],
    )
    assert len(everything) == 2
    for one in everything:
        assert list(one["quantiles"]) == ["0.5", "0.90"]
        samples = np.array(one["samples"])
        assert samples.shape == (50, 5)
        np.testing.assert_allclose(one["mean"], samples.mean(0), rtol=1e-4)
        np.testing.assert_allclose(one["quantiles"]["0.5"], np.median(samples, 0), rtol=1e-4)
    assert list(ask(model, [PAST], output_types=["mean"])[0]) == ["mean"]
    assert sorted(ask(model, [PAST])[0]) == ["mean", "quantiles"]
    assert len(ask(model, [PAST])[0]["quantiles"]) == 9


def test_answers_do_not_depend_on_each_other(model: Any) -> None:
    alone = ask(model, [PAST], num_samples=4000)[0]["mean"]
    assert ask(model, [PAST], num_samples=4000)[0]["mean"] == alone
    beside = ask(model, [PAST, {"start": "2024-01-01", "target": [900.0] * 30}], num_samples=4000)
    np.testing.assert_allclose(beside[0]["mean"], alone, rtol=0.1)


def test_json_lines_take_their_configuration_from_the_environment(
    model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = f"{json.dumps(PAST)}\n{json.dumps(PAST)}\n".encode()
    answer, kind = serving.predict(model, body, "application/jsonlines", None)
    assert kind == "application/jsonlines"
    assert sorted(json.loads(answer.splitlines()[1])) == ["mean", "quantiles"]
    given = {"num_samples": 7, "output_types": ["samples"]}
    monkeypatch.setenv("DEEPAR_INFERENCE_CONFIG", json.dumps(given))
    answer, kind = serving.predict(model, body, "application/jsonlines", "application/json")
    assert kind == "application/json"
    assert np.array(json.loads(answer)["predictions"][0]["samples"]).shape == (7, 5)


def test_features_of_a_request() -> None:
    fit(featured())
    model = serving.load("model")
    good = PAST | {"cat": [1], "dynamic_feat": [[0.0] * 10]}
    assert len(ask(model, [good])) == 1
    for change, message in (
        ({"cat": [2]}, "instance 1 has 2 in cat at place 0; expected a whole number from 0 to 1"),
        ({"cat": []}, "instance 1 has 0 values in cat; expected 1"),
        ({"dynamic_feat": [[0.0] * 5]}, "expected 10: 5 of the target and 5 to forecast"),
        ({"dynamic_feat": []}, "instance 1 has 0 dynamic_feat; expected 1"),
    ):
        with pytest.raises(DataError) as caught:
            ask(model, [good | change])
        assert message in str(caught.value)


def test_a_fresh_process_answers_the_same() -> None:
    Path("train.json").write_text(json.dumps(PAST | {"target": list(range(40))}))
    data = training.read_data(TINY, {"train": {"path": "train.json"}})
    training.train(TINY, data, "model")
    Path("body").write_text(json.dumps({"instances": [PAST]}))
    code = (
        "from studio_ext.algorithms.deepar import serving as s;"
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
    with pytest.raises(UnsupportedAccept, match="'text/csv' is not supported"):
        serving.predict(model, b"{}", None, "text/csv")
    assert serving.predict(model, b" ", None, None) == (b"", "application/json")
    for body, message in (
        (b"{", "the request is not valid JSON"),
        (b'{"rows": []}', 'has no list "instances"'),
        (b'{"instances": []}', 'has no list "instances"'),
        (b'{"instances": [{"start": "2024-01-01"}]}', "instance 1 has no target"),
    ):
        with pytest.raises(DataError) as caught:
            serving.predict(model, body, None, None)
        assert message in str(caught.value)
    for configuration, message in (
        ({"num_samples": 0}, "num_samples is 0; expected an integer from 1"),
        ({"output_types": ["median"]}, "expected some of mean, quantiles, samples"),
        ({"quantiles": ["1.5"]}, "expected numbers above 0 and below 1"),
        ({"samples": 3}, "expected an object with num_samples"),
    ):
        with pytest.raises(DataError) as caught:
            ask(model, [PAST], **configuration)
        assert message in str(caught.value)


def test_artefacts_of_other_makers(model: Any) -> None:
    Path("model/model_algo-1").write_text("no zip")
    with pytest.raises(DataError, match="model_algo-1 cannot be read as a forecasting-deepar"):
        serving.load("model")
    Path("model/model_algo-1").unlink()
    with pytest.raises(DataError, match="'model' has no model_algo-1"):
        serving.load("model")
