"""Serve Object2Vec as plain functions: ``scores`` of pairs, ``embeddings`` of single objects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from studio_ext.algorithms import job
from studio_ext.algorithms.extras import need
from studio_ext.algorithms.object2vec.contract import OBJECT2VEC
from studio_ext.algorithms.object2vec.pairs import Sequences, tokens_of
from studio_ext.algorithms.requests import JSON, JSONLINES, accepted, encode
from studio_ext.formats.channel import ContentType
from studio_ext.formats.errors import DataError, UnsupportedContentType

need("torch", "deep")

from studio_ext.algorithms.networks import repeatable  # noqa: E402
from studio_ext.algorithms.object2vec.model import Model  # noqa: E402

LIMITS = "infer_max_seqlens"
INPUTS = ("in0", "in1")


def load(model_dir: str | Path) -> Model:
    """The model of a directory that ``model.tar.gz`` was unpacked into.

    Raises:
        DataError: there is no ``model_algo-1``, or it cannot be read.
    """
    return Model.load(model_dir)


def predict(
    model: Model, body: bytes, content_type: str | None, accept: str | None
) -> tuple[bytes, str]:
    """Answer one request: scores where an instance has in0 and in1, the embedding where it has one.

    The content type may say how many tokens to look at, ``;infer_max_seqlens=100,50``.

    Returns:
        The response's body and content type; an empty body for an empty request (HTTP 204).

    Raises:
        UnsupportedContentType, UnsupportedAccept, DataError: for HTTP 415, 406 and 400.
    """
    kind = ContentType.parse(content_type or JSON)
    if kind.name not in OBJECT2VEC.inference_types:
        raise UnsupportedContentType(
            f"content type '{content_type}' is not supported; expected "
            f"{', '.join(OBJECT2VEC.inference_types)}"
        )
    answer = accepted(accept, sorted(OBJECT2VEC.accept, key=lambda one: one != kind.name))
    if not body.strip():
        return b"", answer
    instances = _instances(body, kind.name)
    limits = _limits(model, kind)
    with repeatable(job.threads(len(instances) * int(model.facts["enc_dim"]) * 64)):
        return encode(_predictions(model, instances, limits), answer), answer


def _predictions(
    model: Model, instances: list[Any], limits: tuple[int, int]
) -> list[dict[str, Any]]:
    """In the order of the instances; those of a kind are computed together."""
    kinds: dict[tuple[str, ...], list[int]] = {}
    for number, instance in enumerate(instances):
        given = [name for name in INPUTS if isinstance(instance, dict) and name in instance]
        if not given:
            raise DataError(f"instance {number + 1} has no in0 and no in1; expected one or both")
        kinds.setdefault(tuple(given), []).append(number)
    found: list[dict[str, Any]] = [{} for _ in instances]
    for names, numbers in kinds.items():
        inputs = [
            _sequences(model, name, [(f"instance {n + 1}", instances[n]) for n in numbers])
            for name in names
        ]
        if len(names) == 2:
            key, rows = "scores", model.scores(model.raw(inputs[0], inputs[1], limits))
        else:
            which = INPUTS.index(names[0])
            key, rows = "embeddings", model.embeddings(which, inputs[0], limits[which])
        for number, row in zip(numbers, rows.tolist(), strict=True):
            found[number] = {key: row}
    return found


def _sequences(model: Model, name: str, records: list[tuple[str, Any]]) -> Sequences:
    """Of records, each with where it is."""
    size = model.vocabulary(INPUTS.index(name))
    return Sequences.of([tokens_of(record, name, size, where) for where, record in records])


def _instances(body: bytes, kind: str) -> list[Any]:
    try:
        if kind == JSONLINES:
            return [json.loads(line) for line in body.splitlines() if line.strip()]
        content = json.loads(body)
    except ValueError as error:
        raise DataError(f"the request is not valid JSON ({error}); expected {kind}") from error
    instances = content.get("instances") if isinstance(content, dict) else None
    if not isinstance(instances, list) or not instances:
        raise DataError('the request has no list "instances"; expected {"instances": [...]}')
    return instances


def _limits(model: Model, kind: ContentType) -> tuple[int, int]:
    text = kind.parameters.get(LIMITS)
    if text is None:
        return model.most(0), model.most(1)
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 2 or not all(p.isdecimal() and 1 <= int(p) <= 5000 for p in parts):
        raise DataError(
            f"{LIMITS}={text} in the content type; expected two integers from 1 to 5000"
        )
    return int(parts[0]), int(parts[1])
