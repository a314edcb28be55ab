from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio_ext.algorithms.factorization_machines import serving, training
from studio_ext.formats import mxnet, recordio
from studio_ext.formats.errors import DataError, UnsupportedAccept, UnsupportedContentType
from tests.algorithms.factorization_machines.test_training import BINARY, NUMBERS, data, fit, pairs

ROOT = Path(__file__).parents[3]
RECORDIO = "application/x-recordio-protobuf"


def bodies(rows: Any) -> list[tuple[str, bytes]]:
    plain = [{"features": row} for row in rows.toarray().astype(float).tolist()]
    keyed = [
        {"data": {"features": {"keys": row.indices.tolist(), "shape": [row.shape[1]],
                               "values": row.data.astype(float).tolist()}}}
        for row in rows
    ]  # fmt: skip
    return [
        (RECORDIO, recordio.write(rows)),
        (RECORDIO, recordio.write(rows.toarray())),
        ("application/json", json.dumps({"instances": plain}).encode()),
        ("application/json", json.dumps({"instances": keyed}).encode()),
        ("application/jsonlines", "\n".join(json.dumps(one) for one in keyed).encode()),
    ]


@pytest.mark.parametrize("given", [BINARY, NUMBERS])
def test_every_content_type_and_accept_agree(given: dict[str, str]) -> None:
    binary = given is BINARY
    done = fit(data(binary), given)
    rows = pairs(5, 3).features
    raw = done.model.raw(rows)
    model = serving.load("model")
    for content_type, body in bodies(rows):
        answer, accept = serving.predict(model, body, content_type, None)
        assert accept == "application/json"
        found = json.loads(answer)["predictions"]
        expected = 1 / (1 + np.exp(-raw)) if binary else raw
        np.testing.assert_allclose([one["score"] for one in found], expected, rtol=1e-4)
        assert list(found[0]) == (["score", "predicted_label"] if binary else ["score"])
        if binary:
            assert [one["predicted_label"] for one in found] == (raw >= 0).astype(int).tolist()
    lines, accept = serving.predict(model, bodies(rows)[0][1], RECORDIO, "application/jsonlines")
    assert [json.loads(line) for line in lines.splitlines()] == found
    records, accept = serving.predict(model, bodies(rows)[0][1], RECORDIO, RECORDIO)
    assert accept == RECORDIO
    labels = [recordio.parse(payload).label for payload in recordio.payloads(records, "answer")]
    assert labels[1]["score"].values == pytest.approx(found[1]["score"])


def test_a_fresh_process_predicts_the_same() -> None:
    found = data()
    for name, table in found.tables.items():
        Path(name).mkdir()
        Path(name, "part-0").write_bytes(recordio.write(table.features, table.labels))
    channels = {name: {"path": name, "content_type": RECORDIO} for name in found.tables}
    read = training.read_data(BINARY, channels)
    done = fit(read, BINARY)
    assert done.metrics == fit(found, BINARY).metrics
    body = recordio.write(pairs(3, 5).features)
    code = (
        "import sys; from studio_ext.algorithms.factorization_machines import serving as s;"
        "print(s.predict(s.load('model'), sys.stdin.buffer.read(), None or "
        f"'{RECORDIO}', None))"
    )
    there = subprocess.run(
        [sys.executable, "-c", code],
        input=body,
        capture_output=True,
        check=True,
        env={"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
    )
    here = serving.predict(done.model, body, RECORDIO, None)
    assert there.stdout.decode().strip() == str(here)


def test_the_artefact_has_mxnet_arrays() -> None:
    done = fit(data(), BINARY)
    with zipfile.ZipFile("model/model_algo-1") as archive:
        arrays = mxnet.load(archive.read("params"))
    shapes = {name: array.shape for name, array in arrays.items()}
    assert shapes == {"arg:v": (40, 4), "arg:w1_weight": (40, 1), "arg:w0_weight": (1, 1)}
    np.testing.assert_array_equal(arrays["arg:v"], done.model.parameters.factors)


@pytest.mark.parametrize(
    ("body", "content_type", "accept", "error", "message"),
    [
        (b'{"instances":[{"features":[1]}]}', "application/json", None, DataError, "1 features"),
        (b"1", "text/csv", None, UnsupportedContentType, "'text/csv' is not supported"),
        (b"{", "application/json", "text/csv", UnsupportedAccept, "'text/csv' is not supported"),
        (b"{", "application/json", None, DataError, "not valid JSON"),
        (b"abcdefgh", RECORDIO, None, DataError, "record 1 at byte 0 begins with"),
    ],
)
def test_bad_requests(
    body: bytes, content_type: str, accept: str | None, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        serving.predict(fit(data(), BINARY).model, body, content_type, accept)


def test_an_empty_request_and_missing_numbers() -> None:
    model = fit(data(), BINARY).model
    assert serving.predict(model, b"", RECORDIO, None)[0] == b""
    rows = np.zeros((2, 40), np.float32)
    rows[1, 3] = np.nan
    with pytest.raises(DataError, match="missing feature in row 2"):
        serving.predict(model, recordio.write(rows), RECORDIO, None)


def test_no_model_or_a_broken_one() -> None:
    with pytest.raises(DataError, match="'model' has no model_algo-1"):
        serving.load("model")
    Path("model").mkdir()
    Path("model/model_algo-1").write_bytes(b"PK")
    with pytest.raises(DataError, match="cannot be read as a factorization-machines model"):
        serving.load("model")
