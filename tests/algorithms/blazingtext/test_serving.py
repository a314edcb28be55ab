from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio_ext.algorithms.blazingtext import serving
from studio_ext.algorithms.blazingtext.model import WordVectors
from studio_ext.formats.errors import DataError, UnsupportedAccept, UnsupportedContentType

from .test_training import MOODS, SUB, WORDS, fit

ROOT = Path(__file__).parents[3]
JSON, LINES = "application/json", "application/jsonlines"


def ask(model: Any, body: Any, accept: str | None = None) -> Any:
    answer, kind = serving.predict(model, json.dumps(body).encode(), JSON, accept)
    assert kind == (accept or JSON)
    return json.loads(answer)


def test_words_have_their_vectors() -> None:
    done = fit(WORDS)
    assert isinstance(done.model, WordVectors)
    model = serving.load("model")
    word = done.model.words[3]
    found = ask(model, {"instances": [word, "neverseen"]})
    assert [list(one) for one in found] == [["vector", "word"]] * 2
    assert found[0]["word"] == word
    np.testing.assert_allclose(found[0]["vector"], done.model.vectors[3], rtol=1e-6)
    assert found[1]["vector"] == [0.0] * 10


def test_subwords_give_unknown_words_a_vector() -> None:
    fit({**WORDS, **SUB})
    model = serving.load("model")
    near, far = (one["vector"] for one in ask(model, {"instances": ["countryx", "zzz"]}))
    known = ask(model, {"instances": ["country1"]})[0]["vector"]

    def cosine(one: Any) -> float:
        return float(np.dot(one, known) / np.linalg.norm(one) / np.linalg.norm(known))

    assert cosine(near) > cosine(far)


def test_sentences_have_labels() -> None:
    done = fit(MOODS)
    model = serving.load("model")
    texts = ["a great lovely\nday", "grim dull poor"]
    found = ask(model, {"instances": texts})
    assert [one["label"] for one in found] == [["__label__good"], ["__label__bad"]]
    assert all(0.5 < one["prob"][0] <= 1 for one in found)
    two = ask(model, {"instances": texts, "configuration": {"k": 2}})
    assert [sorted(one["label"]) for one in two] == [["__label__bad", "__label__good"]] * 2
    assert sum(two[0]["prob"]) == pytest.approx(1, abs=1e-4)
    body = b'{"source": "grim dull"}\n\n{"source": "great", "k": 2}\n'
    answer, kind = serving.predict(done.model, body, LINES, None)
    assert kind == LINES
    lines = [json.loads(line) for line in answer.splitlines()]
    assert [len(one["prob"]) for one in lines] == [1, 2]
    assert list(lines[0]) == ["label", "prob"]
    answer, kind = serving.predict(done.model, body, LINES, JSON)
    assert json.loads(answer) == lines


def test_a_fresh_process_predicts_the_same() -> None:
    done = fit(MOODS)
    body = json.dumps({"instances": ["a great day"]}).encode()
    code = (
        "import sys; from studio_ext.algorithms.blazingtext import serving as s;"
        "print(s.predict(s.load('model'), sys.stdin.buffer.read(), None, None))"
    )
    there = subprocess.run(
        [sys.executable, "-c", code],
        input=body,
        capture_output=True,
        check=True,
        env={"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
    )
    assert there.stdout.decode().strip() == str(serving.predict(done.model, body, None, None))


@pytest.mark.parametrize(
    ("body", "content_type", "accept", "error", "message"),
    [
        (b"a", "text/plain", None, UnsupportedContentType, "'text/plain' is not supported"),
        (b"{}", JSON, "text/csv", UnsupportedAccept, "'text/csv' is not supported"),
        (b"{", JSON, None, DataError, 'expected {"instances": ["text"]}'),
        (b"[]", JSON, None, DataError, 'expected {"instances": ["text"]}'),
        (b'{"instances": [3]}', JSON, None, DataError, "instance 1 is 3; expected a text"),
        (b'{"text": "a"}', LINES, None, DataError, 'expected {"source": "text"} a line'),
        (b'{"source": "a", "k": 0}', LINES, None, DataError, "has k=0; expected an integer"),
    ],
)
def test_bad_requests(
    body: bytes, content_type: str, accept: str | None, error: type[Exception], message: str
) -> None:
    model = fit(MOODS).model
    with pytest.raises(error) as caught:
        serving.predict(model, body, content_type, accept)
    assert message in str(caught.value)


def test_an_empty_request() -> None:
    assert serving.predict(fit(MOODS).model, b" ", JSON, None) == (b"", JSON)


def test_no_model_or_a_broken_one() -> None:
    Path("model").mkdir()
    with pytest.raises(DataError, match=r"'model' has neither model\.bin nor vectors\.bin"):
        serving.load("model")
    Path("model/model.bin").write_bytes(b"nothing")
    with pytest.raises(DataError, match=r"model\.bin cannot be read as a fastText model"):
        serving.load("model")
