"""Inference requests and responses, in the content types that SageMaker's algorithms share.

JSON requests: ``{"instances": [{"features": [1.5, 16.0]}]}``, also with ``{"data": {"features":
{"values": […]}}}`` and its sparse form with ``keys`` and ``shape``, or plain lists; JSON Lines has
one instance a line.
"""

from __future__ import annotations

import csv as text_csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from studio_ext.formats import csv, libsvm, recordio
from studio_ext.formats.channel import CSV, LIBSVM, RECORDIO, ContentType
from studio_ext.formats.errors import DataError, UnsupportedAccept, UnsupportedContentType
from studio_ext.formats.table import Table, check_finite

JSON, JSONLINES = "application/json", "application/jsonlines"
SOURCE = "request"


def decode(body: bytes, content_type: str | None, accepts: Sequence[str], width: int) -> Table:
    """The rows of a request.

    Args:
        body: of the request.
        content_type: its header; None means the first of ``accepts``.
        accepts: content types that the algorithm takes.
        width: features that the model was trained on.

    Raises:
        UnsupportedContentType: for HTTP 415.
        DataError: for HTTP 400; names what is wrong and what was expected.
    """
    kind = ContentType.parse(content_type or accepts[0])
    if kind.name not in {ContentType.parse(one).name for one in accepts}:
        raise UnsupportedContentType(
            f"content type '{content_type}' is not supported; expected one of {', '.join(accepts)}"
        )
    if kind.name == CSV:
        size = kind.integer("label_size", 0)
        table = csv.read(io.BytesIO(body), SOURCE, label_size=size, titles=False)
    elif kind.name == LIBSVM:
        table = libsvm.read(io.BytesIO(body), SOURCE, label_size=0)
    elif kind.name == RECORDIO:
        table = recordio.read(body, SOURCE)
    else:
        table = _instances(_json(body, kind.name))
    if table is None:
        raise DataError(
            f"the {SOURCE} has no rows; expected {kind.name} with {width} features each"
        )
    return check_finite(_fit_width(table, width), f"the {SOURCE}")


def _fit_width(table: Table, width: int) -> Table:
    if table.columns == width:
        return table
    if table.sparse and table.columns < width:
        table.features.resize((table.rows, width))
        return table
    raise DataError(
        f"the {SOURCE} has {table.columns} features; expected {width}, as the model was trained on"
    )


def _json(body: bytes, kind: str) -> list[Any]:
    try:
        if kind == JSONLINES:
            return [json.loads(line) for line in body.splitlines() if line.strip()]
        content = json.loads(body)
    except ValueError as error:
        raise DataError(f"the {SOURCE} is not valid JSON ({error}); expected {kind}") from error
    instances = content.get("instances") if isinstance(content, dict) else content
    if not isinstance(instances, list):
        raise DataError(f'the {SOURCE} has no list "instances"; expected {{"instances": [...]}}')
    return instances


def _instances(instances: list[Any]) -> Table | None:
    tensors = []
    for number, instance in enumerate(instances, 1):
        features = _features(instance)
        keys = features.get("keys")
        try:
            if not isinstance(features["values"], list):
                raise TypeError("no list")
            tensors.append(
                recordio.Tensor(
                    np.array(features["values"], np.float64).reshape(-1),
                    None if keys is None else np.array(keys, np.int64).reshape(-1),
                    tuple(int(size) for size in features.get("shape", ())),
                )
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise DataError(
                f"instance {number} has no list of numbers as features; expected "
                f'{{"features": [1.5, 16.0]}}'
            ) from error
    return recordio.table([(tensor, None) for tensor in tensors], SOURCE) if tensors else None


def _features(instance: Any) -> dict[str, Any]:
    """``{"values": …}`` of an instance in any of its forms."""
    if isinstance(instance, dict):
        instance = instance.get("data", instance)
    if isinstance(instance, dict):
        instance = instance.get("features", instance)
    return instance if isinstance(instance, dict) else {"values": instance}


def accepted(accept: str | None, offers: Sequence[str]) -> str:
    """The content type to answer with: the first of ``accept`` that is offered.

    Raises:
        UnsupportedAccept: for HTTP 406.
    """
    for one in (accept or "*/*").split(","):
        name = one.partition(";")[0].strip().lower()
        if name in ("*/*", ""):
            return offers[0]
        if name in offers:
            return name
        for offer in offers:
            if name.endswith("/*") and offer.startswith(name[:-1]):
                return offer
    raise UnsupportedAccept(f"accept '{accept}' is not supported; expected {', '.join(offers)}")


def encode(
    predictions: Sequence[Mapping[str, Any]], accept: str, name: str = "predictions"
) -> bytes:
    """Predictions, each a mapping of names to numbers or lists, in one of the content types.

    JSON has them as a list under ``name``.
    """
    if accept == JSON:
        return json.dumps({name: list(predictions)}).encode()
    if accept == JSONLINES:
        return "".join(f"{json.dumps(one)}\n" for one in predictions).encode()
    if accept == RECORDIO:
        return b"".join(recordio.write_labels(_tensors(one)) for one in predictions)
    out = io.StringIO()
    writer = text_csv.writer(out, lineterminator="\n")
    for one in predictions:
        writer.writerow([v if not isinstance(v, list) else json.dumps(v) for v in one.values()])
    return out.getvalue().encode()


def _tensors(prediction: Mapping[str, Any]) -> dict[str, Any]:
    return {name: np.array(value, np.float32).reshape(-1) for name, value in prediction.items()}
