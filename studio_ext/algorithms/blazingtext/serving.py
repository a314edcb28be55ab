"""Serve BlazingText: vectors of words, or labels of sentences."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from studio_ext.algorithms.blazingtext import model as models
from studio_ext.algorithms.blazingtext.contract import BLAZINGTEXT
from studio_ext.algorithms.blazingtext.model import Classifier, WordVectors
from studio_ext.algorithms.requests import JSONLINES, accepted
from studio_ext.formats.channel import ContentType
from studio_ext.formats.errors import DataError, UnsupportedContentType


def load(model_dir: str | Path) -> WordVectors | Classifier:
    """The model of a directory that ``model.tar.gz`` was unpacked into.

    Raises:
        DataError: there is neither ``model.bin`` nor ``vectors.bin``, or it cannot be read.
    """
    return models.load(model_dir)


def predict(
    model: WordVectors | Classifier, body: bytes, content_type: str | None, accept: str | None
) -> tuple[bytes, str]:
    """Answer one request.

    JSON: ``{"instances": ["text", …], "configuration": {"k": 2}}``; JSON lines: ``{"source":
    "text", "k": 2}``. Without an Accept the answer has the request's type.

    Returns:
        The response's body and content type; an empty body for an empty request (HTTP 204).

    Raises:
        UnsupportedContentType, UnsupportedAccept, DataError: for HTTP 415, 406 and 400.
    """
    kind = ContentType.parse(content_type or BLAZINGTEXT.inference_types[0]).name
    if kind not in BLAZINGTEXT.inference_types:
        raise UnsupportedContentType(
            f"content type '{content_type}' is not supported; expected one of "
            f"{', '.join(BLAZINGTEXT.inference_types)}"
        )
    answer = kind if accept in (None, "", "*/*") else accepted(accept, BLAZINGTEXT.accept)
    if not body.strip():
        return b"", answer
    answers = [_answer(model, text, k) for text, k in _asked(body, kind)]
    if answer == JSONLINES:
        return "".join(f"{json.dumps(one)}\n" for one in answers).encode(), answer
    return json.dumps(answers).encode(), answer


def _answer(model: WordVectors | Classifier, text: str, k: int) -> dict[str, Any]:
    if isinstance(model, Classifier):
        labels, chances = model.classify([text], k)[0]
        return {"label": labels, "prob": chances}
    return {"vector": [float(value) for value in model.vector(text)], "word": text}


def _asked(body: bytes, kind: str) -> list[tuple[str, int]]:
    """(text, number of labels) of each instance."""
    try:
        if kind == JSONLINES:
            entries = [json.loads(line) for line in body.splitlines() if line.strip()]
            pairs = [(one["source"], one.get("k", 1)) for one in entries]
        else:
            content = json.loads(body)
            k = content.get("configuration", {}).get("k", 1)
            pairs = [(text, k) for text in content["instances"]]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        shape = '{"source": "text"} a line' if kind == JSONLINES else '{"instances": ["text"]}'
        raise DataError(f"the request cannot be read ({error!r}); expected {shape}") from error
    for number, (text, k) in enumerate(pairs, 1):
        if not isinstance(text, str):
            raise DataError(f"instance {number} is {json.dumps(text)[:60]}; expected a text")
        if not isinstance(k, int) or isinstance(k, bool) or k < 1:
            raise DataError(f"instance {number} has k={json.dumps(k)}; expected an integer above 0")
    return pairs
