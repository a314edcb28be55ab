from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from studio_ext.algorithms.knn import serving, training
from studio_ext.formats import recordio
from studio_ext.formats.errors import DataError, UnsupportedAccept, UnsupportedContentType
from tests.algorithms.conftest import split

ROOT = Path(__file__).parents[3]
RECORDIO = "application/x-recordio-protobuf"
GIVEN = {"predictor_type": "classifier", "feature_dim": "64", "k": "3", "sample_size": "5000"}


def trained(**more: str) -> tuple[training.Fit, Any]:
    data = split("digits")
    return training.train({**GIVEN, **more}, data, "model"), data.tables["validation"].features[:4]


def bodies(rows: Any) -> list[tuple[str, bytes]]:
    plain = [{"features": row} for row in rows.astype(float).tolist()]
    nested = [{"data": {"features": {"values": row["features"]}}} for row in plain]
    return [
        ("text/csv", "\n".join(",".join(f"{v:.9g}" for v in row) for row in rows).encode()),
        (RECORDIO, recordio.write(rows)),
        (RECORDIO, recordio.write(sparse.csr_matrix(rows))),
        ("application/json", json.dumps({"instances": plain}).encode()),
        ("application/json", json.dumps({"instances": nested}).encode()),
        ("application/jsonlines", "\n".join(json.dumps(one) for one in plain).encode()),
    ]


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"index_type": "faiss.IVFFlat", "index_metric": "COSINE"},
        {"index_type": "faiss.IVFPQ", "faiss_index_pq_m": "12"},
        {"dimension_reduction_type": "fjlt", "dimension_reduction_target": "16"},
        {"predictor_type": "regressor"},
    ],
)
def test_every_content_type_agrees_with_the_fit(more: dict[str, str]) -> None:
    fit, rows = trained(**more)
    labels = fit.model.labels[fit.model.neighbours(rows, 3)[1]]
    expected = {"predictions": [{"predicted_label": v} for v in fit.model.answers(labels)[:, -1]]}
    model = serving.load("model")
    for content_type, body in bodies(rows):
        answer, accept = serving.predict(model, body, content_type, None)
        assert accept == "application/json"
        assert json.loads(answer) == expected


def test_every_accept() -> None:
    fit, rows = trained()
    body = bodies(rows)[0][1]
    distances, numbers = fit.model.neighbours(rows, 3)
    labels = fit.model.labels[numbers]
    predicted = fit.model.answers(labels)[:, -1].tolist()

    def answer(accept: str) -> bytes:
        found, kind = serving.predict(fit.model, body, "text/csv", accept)
        assert kind == accept.partition(";")[0]
        return found

    plain = json.loads(answer("application/json"))["predictions"]
    assert plain == [{"predicted_label": one} for one in predicted]
    lines = [json.loads(line) for line in answer("application/jsonlines").splitlines()]
    assert lines == plain
    verbose = json.loads(answer("application/json; verbose=true"))["predictions"]
    assert [one["labels"] for one in verbose] == labels.tolist()
    np.testing.assert_allclose([one["distances"] for one in verbose], distances, rtol=1e-6)
    assert list(verbose[0]) == ["predicted_label", "distances", "labels"]
    lines = [json.loads(line) for line in answer("application/jsonlines;verbose=true").splitlines()]
    assert lines == verbose
    assert len(_records(answer(RECORDIO))[0]) == 1
    for record, one in zip(_records(answer(f"{RECORDIO}; verbose=true")), verbose, strict=True):
        for name, value in one.items():
            np.testing.assert_allclose(record[name].values, value, rtol=1e-6)


def _records(body: bytes) -> list[Any]:
    return [recordio.parse(payload).label for payload in recordio.payloads(body, "response")]


@pytest.mark.parametrize("kind", ["text/csv", RECORDIO])
def test_a_fresh_process_predicts_the_same(kind: str) -> None:
    data = split("digits", test=True)
    for name in ("train", "test"):
        table = data.tables[name]
        Path(name).mkdir()
        if kind == RECORDIO:
            content = recordio.write(table.features, np.asarray(table.labels))
        else:
            rows = np.column_stack([table.labels, table.features])
            content = "\n".join(",".join(f"{v:g}" for v in row) for row in rows).encode()
        Path(name, "part-0").write_bytes(content)
    channels = {name: {"path": name, "content_type": kind} for name in ("train", "test")}
    fit = training.train(GIVEN, training.read_data(GIVEN, channels), "model")
    rows = data.tables["test"].features[:2]
    here = serving.predict(fit.model, bodies(rows)[0][1], "text/csv", None)
    if kind == RECORDIO:  # once is enough to pay for a process
        return
    code = (
        "import sys; from studio_ext.algorithms.knn import serving; m = serving.load('model');"
        "print(serving.predict(m, sys.stdin.buffer.read(), 'text/csv', None))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=bodies(rows)[0][1],
        capture_output=True,
        check=True,
        env={"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.stdout.decode().strip() == str(here)


@pytest.mark.parametrize(
    ("body", "content_type", "accept", "error", "message"),
    [
        (b"1", "text/csv", None, DataError, "has 1 features; expected 64"),
        (b"," * 63, "text/csv", None, DataError, "missing feature in row 1"),
        (b"1", "image/png", None, UnsupportedContentType, "'image/png' is not supported"),
        (b"1", "text/csv", "text/csv", UnsupportedAccept, "'text/csv' is not supported"),
        (b"{", "application/json", None, DataError, "not valid JSON"),
        (b"{}", "application/json", None, DataError, 'has no list "instances"'),
    ],
)
def test_bad_requests(
    body: bytes, content_type: str, accept: str | None, error: type[Exception], message: str
) -> None:
    fit, _ = trained()
    with pytest.raises(error, match=message):
        serving.predict(fit.model, body, content_type, accept)


def test_an_empty_request() -> None:
    fit, _ = trained()
    assert serving.predict(fit.model, b" ", "text/csv", None)[0] == b""


def test_no_model_or_a_broken_one() -> None:
    with pytest.raises(DataError, match=r"'model' has no model_algo-1"):
        serving.load("model")
    Path("model").mkdir()
    Path("model/model_algo-1").write_bytes(b"PK")
    with pytest.raises(DataError, match="cannot be read as a knn model"):
        serving.load("model")
    trained()
    with zipfile.ZipFile("model/model_algo-1") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for name, body in parts.items():
        with zipfile.ZipFile("model/model_algo-1", "w") as archive:
            for other, content in parts.items():
                archive.writestr(other, body[:-20] if other == name else content)
        with pytest.raises(DataError, match=r"cannot be read as a knn model|not a file of MXNet"):
            serving.load("model")
