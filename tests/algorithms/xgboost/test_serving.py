from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio_ext.algorithms.xgboost import serving, training
from studio_ext.algorithms.xgboost.evaluation import predict_table
from studio_ext.formats import recordio
from studio_ext.formats.errors import DataError, UnsupportedAccept, UnsupportedContentType
from tests.algorithms.conftest import split

ROOT = Path(__file__).parents[3]
RECORDIO = "application/x-recordio-protobuf"
OBJECTIVES: dict[str, tuple[str, dict[str, str]]] = {
    "softprob": ("digits", {"objective": "multi:softprob", "num_class": "10"}),
    "softmax": ("digits", {"objective": "multi:softmax", "num_class": "10"}),
    "logistic": ("cancer", {"objective": "binary:logistic"}),
    "numbers": ("diabetes", {}),
}


def trained(kind: str) -> tuple[serving.Model, Any, Any]:
    """The model loaded again, three rows, and what training's own booster says of them."""
    name, given = OBJECTIVES[kind]
    data = split(name)
    fit = training.train({"num_round": "3", **given}, data, "model", "output", {})
    table = data.train
    rows = table.features[:3]
    return serving.load("model"), rows, predict_table(fit.models, table)[:3]


def bodies(rows: Any) -> dict[str, bytes]:
    # An absent value is missing to XGBoost, so zeros are written out.
    lines = [" ".join(f"{i}:{v:.9g}" for i, v in enumerate(row)) for row in rows]
    return {
        "text/csv": "\n".join(",".join(f"{v:.9g}" for v in row) for row in rows).encode(),
        "text/libsvm": "\n".join(lines).encode(),
        "text/x-libsvm": "\n".join(f"0 {line}" for line in lines).encode(),
        RECORDIO: recordio.write(rows, np.zeros(3, "f4")),
    }


def scores(body: bytes, accept: str) -> list[Any]:
    if accept == "application/json":
        return [one["score"] for one in json.loads(body)["predictions"]]
    if accept == "application/jsonlines":
        return [json.loads(line)["score"] for line in body.splitlines()]
    if accept == RECORDIO:
        found = [recordio.parse(part).label["score"].values.tolist()
                 for part in recordio.payloads(body, "a")]  # fmt: skip
        return [one if len(one) > 1 else one[0] for one in found]
    found = json.loads(f"[{body.decode()}]")
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("kind", OBJECTIVES)
def test_every_content_type_and_accept_agree(kind: str) -> None:
    model, rows, expected = trained(kind)
    for content_type, body in bodies(rows).items():
        for accept in ("text/csv", "application/json", "application/jsonlines", RECORDIO):
            answer, given = serving.predict(model, body, content_type, accept)
            assert given == accept
            np.testing.assert_allclose(scores(answer, accept), expected, rtol=1e-6)


def test_a_fresh_process_answers_the_same() -> None:
    model, rows, _ = trained("softprob")
    body = bodies(rows)["text/csv"]
    Path("body").write_bytes(body)
    code = (
        "from studio_ext.algorithms.xgboost import serving as s;"
        "print(s.predict(s.load('model'), open('body', 'rb').read(), 'text/csv', None)[0].decode())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )
    assert done.stdout.strip() == serving.predict(model, body, "text/csv", None)[0].decode()


def test_batches_are_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    model, rows, _ = trained("logistic")
    body = bodies(rows)["text/csv"]
    assert serving.predict(model, body, None, "*/*")[0].count(b",") == 2
    monkeypatch.setenv("SAGEMAKER_BATCH", "true")
    answer = serving.predict(model, body, "text/csv", None)[0]
    assert answer.count(b"\n") == 3
    assert answer.endswith(b"\n")


@pytest.mark.parametrize(
    ("kind", "names", "first"),
    [
        ("logistic", "predicted_label,labels", [0, [0, 1]]),
        ("softmax", "predicted_label,probability", [2, "nan"]),
        ("numbers", "predicted_label", ["nan"]),
    ],
)
def test_selected_values(
    kind: str, names: str, first: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, rows, expected = trained(kind)
    first = [int(expected[0] > 0.5) if kind == "logistic" and i == 0 else v
             for i, v in enumerate(first)]  # fmt: skip
    if kind == "softmax":
        first[0] = int(expected[0])
    monkeypatch.setenv("SAGEMAKER_INFERENCE_OUTPUT", names)
    answer = serving.predict(model, bodies(rows)["text/csv"], "text/csv", "application/json")[0]
    assert list(json.loads(answer)["predictions"][0].values()) == first


def test_selected_probabilities(monkeypatch: pytest.MonkeyPatch) -> None:
    model, rows, expected = trained("softprob")
    names = "probability,probabilities,raw_score,raw_scores,predicted_label"
    monkeypatch.setenv("SAGEMAKER_INFERENCE_OUTPUT", names)
    body = bodies(rows)["text/csv"]
    one = json.loads(serving.predict(model, body, None, "application/json")[0])["predictions"][0]
    assert one["probability"] == one["raw_score"] == pytest.approx(expected[0].max())
    assert one["probabilities"] == one["raw_scores"]
    assert one["predicted_label"] == expected[0].argmax()
    lines = serving.predict(model, body, None, "text/csv")[0].splitlines()
    assert len(lines) == 3
    assert serving.predict(model, body, None, RECORDIO)[0]
    monkeypatch.setenv("SAGEMAKER_INFERENCE_OUTPUT", "score")
    with pytest.raises(DataError, match="'score' is not known; expected names among"):
        serving.predict(model, body, None, None)


def test_bad_requests() -> None:
    model, rows, _ = trained("numbers")
    body = bodies(rows)["text/csv"]
    assert serving.predict(model, b"", "text/csv", None)[0] == b""
    with pytest.raises(UnsupportedContentType, match="'application/json' is not supported"):
        serving.predict(model, body, "application/json", None)
    with pytest.raises(UnsupportedAccept, match="'image/png' is not supported"):
        serving.predict(model, body, "text/csv", "image/png")
    with pytest.raises(DataError, match="the request has 2 features; expected 10"):
        serving.predict(model, b"1,2", "text/csv", None)
    with pytest.raises(DataError, match="request: line 1, column 1: found 'a'"):
        serving.predict(model, b"a,b", "text/csv", None)
    with pytest.raises(DataError, match="the request has 100 features; expected 10"):
        serving.predict(model, b"99:1", "text/libsvm", None)
    assert serving.predict(model, b"2:1", "text/libsvm", None)[0]


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("ran"),))


def test_models_of_other_makers(tmp_path: Path) -> None:
    model, rows, expected = trained("numbers")
    path = Path("model/xgboost-model")
    path.write_bytes(pickle.dumps(model.boosters[0]))
    again = serving.load("model")
    answer = serving.predict(again, bodies(rows)["text/csv"], None, "application/json")[0]
    np.testing.assert_allclose(scores(answer, "application/json"), expected, rtol=1e-6)
    path.write_bytes(pickle.dumps(Evil()))
    with pytest.raises(DataError, match=r"it is a pickle that holds pathlib\S*\.Path"):
        serving.load("model")
    assert not Path("ran").exists()
    path.write_bytes(b"{not a model")
    with pytest.raises(DataError, match="xgboost-model cannot be read as an XGBoost model"):
        serving.load("model")
    path.write_bytes(bytes(model.boosters[0].save_raw("json")))
    assert serving.load("model").features == 10
    path.unlink()
    with pytest.raises(DataError, match="'model' holds nothing; expected a file named"):
        serving.load("model")
