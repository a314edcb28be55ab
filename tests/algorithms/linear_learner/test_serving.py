from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from studio_ext.algorithms.linear_learner import serving, training
from studio_ext.formats import recordio
from studio_ext.formats.errors import DataError, UnsupportedContentType
from tests.algorithms.conftest import split

ROOT = Path(__file__).parents[3]
RECORDIO = "application/x-recordio-protobuf"
KINDS = {
    "regressor": ("diabetes", {}),
    "binary_classifier": ("cancer", {}),
    "multiclass_classifier": ("digits", {"num_classes": "10"}),
}


def trained(kind: str) -> tuple[training.Fit, Any]:
    name, given = KINDS[kind]
    data = split(name)
    return (
        training.train({"predictor_type": kind, "epochs": "2", **given}, data, "model"),
        data.train.features[:3],
    )


def bodies(rows: Any) -> list[tuple[str, bytes]]:
    lists = rows.astype(float).tolist()
    thin = sparse.csr_matrix(rows)
    keyed = [
        {"data": {"features": {"keys": row.indices.tolist(), "shape": [row.shape[1]],
                               "values": row.data.astype(float).tolist()}}}
        for row in thin
    ]  # fmt: skip
    plain = [{"features": row} for row in lists]
    nested = [{"data": {"features": {"values": row}}} for row in lists]
    return [
        ("text/csv", "\n".join(",".join(f"{v:.9g}" for v in row) for row in rows).encode()),
        (RECORDIO, recordio.write(rows)),
        (RECORDIO, recordio.write(thin)),
        ("application/json", json.dumps({"instances": plain}).encode()),
        ("application/json", json.dumps({"instances": nested}).encode()),
        ("application/json", json.dumps({"instances": keyed}).encode()),
        ("application/jsonlines", "\n".join(json.dumps(one) for one in plain).encode()),
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_every_content_type_and_accept_agree(kind: str) -> None:
    fit, rows = trained(kind)
    model = serving.load("model")
    scores = fit.model.scores(rows)
    labels = fit.model.labels(scores)
    for content_type, body in bodies(rows):
        answer, accept = serving.predict(model, body, content_type, None)
        assert accept == "application/json"
        found = json.loads(answer)["predictions"]
        np.testing.assert_allclose([one["score"] for one in found], scores, rtol=1e-4)
        if kind != "regressor":
            assert [one["predicted_label"] for one in found] == labels.tolist()
    body = bodies(rows)[0][1]
    lines = serving.predict(model, body, "text/csv", "application/jsonlines")[0].splitlines()
    assert [json.loads(line) for line in lines] == found
    records = serving.predict(model, body, "text/csv", RECORDIO)[0]
    tensors = [recordio.parse(part).label["score"] for part in recordio.payloads(records, "a")]
    np.testing.assert_allclose(np.squeeze([tensor.values for tensor in tensors]), scores, rtol=1e-4)
    assert serving.predict(model, body, "text/csv", "text/csv")[0].count(b"\n") == 3


def test_a_fresh_process_answers_the_same() -> None:
    _, rows = trained("binary_classifier")
    Path("body").write_bytes(bodies(rows)[0][1])
    code = (
        "from studio_ext.algorithms.linear_learner import serving as s;"
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
    assert done.stdout.strip() == expected[0].decode()


def test_bad_requests() -> None:
    _, rows = trained("regressor")
    model = serving.load("model")
    with pytest.raises(UnsupportedContentType, match="'text/libsvm' is not supported"):
        serving.predict(model, b"0:1", "text/libsvm", None)
    for body, message in (
        (b"{", "is not valid JSON"),
        (b'{"rows": []}', 'has no list "instances"'),
        (b'{"instances": []}', "the request has no rows"),
        (b'{"instances": [{"features": ["a"]}]}', "instance 1 has no list of numbers"),
        (b'{"instances": [{"labels": [1]}]}', "instance 1 has no list of numbers"),
        (b'{"instances": [{"features": [1, 2]}]}', "has 2 features; expected 10"),
        (b'{"instances": [[1], [1, 2]]}', "record 2 has 2 features; expected 1"),
    ):
        with pytest.raises(DataError) as caught:
            serving.predict(model, body, "application/json", None)
        assert message in str(caught.value)
    with pytest.raises(DataError, match="a missing feature in row 1"):
        serving.predict(model, b"1,,3,4,5,6,7,8,9,10", "text/csv", None)
    with pytest.raises(DataError, match="row 1 has an infinite feature"):
        serving.predict(
            model, b'{"instances": [[1e99,2,3,4,5,6,7,8,9,10]]}', "application/json", None
        )
    assert rows.shape == (3, 10)


def test_artefacts_of_other_makers() -> None:
    trained("regressor")
    Path("model/model_algo-1").write_text("no zip")
    with pytest.raises(DataError, match="model_algo-1 cannot be read as a linear-learner model"):
        serving.load("model")
    Path("model/model_algo-1").unlink()
    with pytest.raises(DataError, match="'model' has no model_algo-1"):
        serving.load("model")
