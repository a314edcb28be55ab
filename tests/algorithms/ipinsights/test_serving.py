from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio_ext.algorithms.ipinsights import serving
from studio_ext.formats.errors import DataError, UnsupportedAccept, UnsupportedContentType

from .logins import pairs, texts
from .test_training import fit

ROOT = Path(__file__).parents[3]
JSON, LINES, CSV = "application/json", "application/jsonlines", "text/csv"
ROWS = texts(4, 7)
PLAIN = [{"features": list(row)} for row in ROWS]
NESTED = [{"data": {"features": {"values": list(row)}}} for row in ROWS]
BODIES = [
    (CSV, "\n".join(",".join(row) for row in ROWS)),
    (JSON, json.dumps({"instances": PLAIN})),
    (JSON, json.dumps({"instances": NESTED})),
    (LINES, "\n".join(json.dumps(one) for one in PLAIN)),
]


def test_every_content_type_and_accept_agree() -> None:
    done = fit()
    scores = done.model.scores(pairs(ROWS))
    model: Any = serving.load("model")
    for kind, body in BODIES:
        answer, accept = serving.predict(model, body.encode(), kind, None)
        assert accept == JSON
        found = json.loads(answer)["predictions"]
        assert [list(one) for one in found] == [["dot_product"]] * 4
        np.testing.assert_allclose([one["dot_product"] for one in found], scores, rtol=1e-5)
    lines, accept = serving.predict(model, BODIES[0][1].encode(), CSV, LINES)
    assert accept == LINES
    assert [json.loads(line) for line in lines.splitlines()] == found
    for accept in ("application/json;verbose=True", "application/json; verbose=true"):
        answer, kind = serving.predict(model, BODIES[0][1].encode(), CSV, accept)
        assert kind == JSON
        for one in json.loads(answer)["predictions"]:
            assert list(one) == ["dot_product", "entity_embedding", "ip_embedding"]
            product = np.dot(one["entity_embedding"], one["ip_embedding"])
            assert product == pytest.approx(one["dot_product"], rel=1e-4, abs=1e-6)


def test_a_fresh_process_predicts_the_same_without_torch() -> None:
    done = fit()
    body = BODIES[0][1].encode()
    code = (
        "import sys; from studio_ext.algorithms.ipinsights import serving as s;"
        "print(s.predict(s.load('model'), sys.stdin.buffer.read(), 'text/csv', None));"
        "print('torch' in sys.modules)"
    )
    there = subprocess.run(
        [sys.executable, "-c", code],
        input=body,
        capture_output=True,
        check=True,
        env={"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
    )
    here = serving.predict(done.model, body, CSV, None)
    assert there.stdout.decode().splitlines() == [str(here), "False"]


@pytest.mark.parametrize(
    ("body", "content_type", "accept", "error", "message"),
    [
        ("a", "text/plain", None, UnsupportedContentType, "'text/plain' is not supported"),
        ("a,1.2.3.4", CSV, "text/csv", UnsupportedAccept, "'text/csv' is not supported"),
        ("a,b", CSV, None, DataError, "request: line 1, column 2: found 'b'; expected an IPv4"),
        ("a", CSV, None, DataError, "request: line 1 has 1 columns"),
        ("{", JSON, None, DataError, 'expected {"features": ["entity", "192.168.1.2"]}'),
        ('{"instances": 3}', JSON, None, DataError, 'has no list "instances"'),
        ('{"instances": [{"features": ["a", 3]}]}', JSON, None, DataError, '1 is ["a", 3]'),
        ('{"features": ["a", "x"]}', LINES, None, DataError, "instance 1, column 2: found"),
    ],
)  # fmt: skip
def test_bad_requests(
    body: str, content_type: str, accept: str | None, error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        serving.predict(fit(epochs="1").model, body.encode(), content_type, accept)
    assert message in str(caught.value)


def test_an_empty_request() -> None:
    assert serving.predict(fit(epochs="1").model, b" ", CSV, None) == (b"", JSON)


def test_no_model_or_a_broken_one() -> None:
    with pytest.raises(DataError, match="'model' has no model_algo-1"):
        serving.load("model")
    Path("model").mkdir()
    Path("model/model_algo-1").write_bytes(b"PK")
    with pytest.raises(DataError, match="cannot be read as an ipinsights model"):
        serving.load("model")
