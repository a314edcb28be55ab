from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from studio_ext.algorithms.ntm import serving, training
from studio_ext.formats import recordio
from studio_ext.formats.errors import DataError, UnsupportedAccept
from tests.algorithms.ntm.test_training import TINY, fit, small

ROOT = Path(__file__).parents[3]
RECORDIO = "application/x-recordio-protobuf"


def bodies(rows: Any) -> list[tuple[str, bytes]]:
    thin = sparse.csr_matrix(rows)
    lists = [{"features": row} for row in rows.astype(float).tolist()]
    keyed = [
        {"data": {"features": {"keys": row.indices.tolist(), "shape": [row.shape[1]],
                               "values": row.data.astype(float).tolist()}}}
        for row in thin
    ]  # fmt: skip
    return [
        ("text/csv", "\n".join(",".join(f"{v:g}" for v in row) for row in rows).encode()),
        (RECORDIO, recordio.write(rows)),
        (RECORDIO, recordio.write(thin)),
        ("application/json", json.dumps({"instances": lists}).encode()),
        ("application/json", json.dumps({"instances": keyed}).encode()),
        ("application/jsonlines", "\n".join(json.dumps(one) for one in lists).encode()),
    ]


def test_every_content_type_and_accept_agree() -> None:
    rows = small().counts["test"].toarray()[:3]
    expected = fit().model.weights(sparse.csr_matrix(rows))
    model = serving.load("model")
    for content_type, body in bodies(rows):
        answer, accept = serving.predict(model, body, content_type, None)
        assert accept == "application/json"
        found = json.loads(answer)["predictions"]
        weights = np.array([one["topic_weights"] for one in found])
        np.testing.assert_allclose(weights, expected, rtol=1e-4)
        np.testing.assert_allclose(weights.sum(1), 1, rtol=1e-5)
    body = bodies(rows)[0][1]
    lines = serving.predict(model, body, "text/csv", "application/jsonlines")[0].splitlines()
    assert [json.loads(line) for line in lines] == found
    records = serving.predict(model, body, "text/csv", RECORDIO)[0]
    for part, row in zip(recordio.payloads(records, "a"), expected, strict=True):
        np.testing.assert_allclose(recordio.parse(part).label["topic_weights"].values, row, 1e-4)
    with pytest.raises(UnsupportedAccept):
        serving.predict(model, body, "text/csv", "text/csv")


def test_a_fresh_process_answers_the_same() -> None:
    counts = small().counts["train"].toarray()
    np.savetxt("train.csv", counts, "%g", ",")
    channels = {"train": {"path": "train.csv", "content_type": "text/csv"}}
    training.train(TINY, training.read_data(TINY, channels), "model")
    Path("body").write_bytes(bodies(counts[:2])[0][1])
    code = (
        "from studio_ext.algorithms.ntm import serving as s;"
        "print(s.predict(s.load('model'), open('body', 'rb').read(), 'text/csv', None)[0].decode())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )
    expected = serving.predict(serving.load("model"), Path("body").read_bytes(), "text/csv", None)
    assert json.loads(done.stdout) == json.loads(expected[0])


def test_bad_requests() -> None:
    fit()
    model = serving.load("model")
    assert serving.predict(model, b"", None, None) == (b"", "application/json")
    with pytest.raises(DataError, match="the request has 2 features; expected 60"):
        serving.predict(model, b"1,2", "text/csv", None)
    with pytest.raises(DataError, match="row 1, word 0 has the count -1"):
        serving.predict(model, b"-1" + b",0" * 59, "text/csv", None)
    nothing = json.loads(serving.predict(model, b"0" + b",0" * 59, "text/csv", None)[0])
    np.testing.assert_allclose(nothing["predictions"][0]["topic_weights"], 0.2, rtol=1e-5)


def test_artefacts_of_other_makers() -> None:
    fit()
    Path("model/model_algo-1").write_text("no zip")
    with pytest.raises(DataError, match="model_algo-1 cannot be read as a ntm model"):
        serving.load("model")
