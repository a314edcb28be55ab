"""Serve IP Insights: the ``dot_product`` of pairs, verbosely their vectors too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from studio_ext.algorithms.ipinsights import pairs as reading
from studio_ext.algorithms.ipinsights.contract import IPINSIGHTS
from studio_ext.algorithms.ipinsights.model import IpModel
from studio_ext.algorithms.requests import JSONLINES, accepted, encode
from studio_ext.formats.channel import CSV, ContentType
from studio_ext.formats.errors import DataError, UnsupportedContentType

SOURCE = "request"


def load(model_dir: str | Path) -> IpModel:
    """The model of a directory that ``model.tar.gz`` was unpacked into.

    Raises:
        DataError: there is no ``model_algo-1``, or it cannot be read.
    """
    return IpModel.load(model_dir)


def predict(
    model: IpModel, body: bytes, content_type: str | None, accept: str | None
) -> tuple[bytes, str]:
    """Answer one request.

    CSV: ``entity,192.168.1.2``; JSON: ``{"instances": [{"features": ["entity", "192.168.1.2"]}]}``,
    also with ``{"data": {"features": {"values": […]}}}``; JSON lines: one instance a line.

    With ``accept: application/json; verbose=true`` each prediction has ``entity_embedding`` and
    ``ip_embedding``.

    Returns:
        The response's body and content type; an empty body for an empty request (HTTP 204).

    Raises:
        UnsupportedContentType, UnsupportedAccept, DataError: for HTTP 415, 406 and 400.
    """
    kind = ContentType.parse(content_type or CSV).name
    if kind not in IPINSIGHTS.inference_types:
        raise UnsupportedContentType(
            f"content type '{content_type}' is not supported; expected one of "
            f"{', '.join(IPINSIGHTS.inference_types)}"
        )
    answer = accepted(accept, IPINSIGHTS.accept)
    if not body.strip():
        return b"", answer
    cells = reading.cells_of(body, SOURCE) if kind == CSV else _instances(body, kind)
    found = reading.of(cells)
    predictions: list[dict[str, Any]] = [
        {"dot_product": float(score)} for score in model.scores(found)
    ]
    if _verbose(accept):
        entities, addresses = model.entity_vectors(found), model.ip_vectors(found.addresses)
        for at, one in enumerate(predictions):
            one["entity_embedding"] = entities[at].tolist()
            one["ip_embedding"] = addresses[at].tolist()
    return encode(predictions, answer), answer


def _instances(body: bytes, kind: str) -> Iterator[tuple[str, str, str]]:
    expected = 'expected {"features": ["entity", "192.168.1.2"]}'
    try:
        if kind == JSONLINES:
            found = [json.loads(line) for line in body.splitlines() if line.strip()]
        else:
            found = json.loads(body)["instances"]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"the {SOURCE} cannot be read ({error!r}); {expected}") from error
    if not isinstance(found, list):
        raise DataError(f'the {SOURCE} has no list "instances"; {expected}')
    for number, instance in enumerate(found, 1):
        for key in ("data", "features", "values"):
            if isinstance(instance, dict):
                instance = instance.get(key, instance)
        if not (
            isinstance(instance, list)
            and len(instance) == 2
            and all(isinstance(cell, str) for cell in instance)
        ):
            raise DataError(f"instance {number} is {json.dumps(instance)[:60]}; {expected}")
        yield f"{SOURCE}: instance {number}", instance[0].strip(), instance[1].strip()


def _verbose(accept: str | None) -> bool:
    parts = (ContentType.parse(one) for one in (accept or "").split(","))
    return any(part.parameters.get("verbose") == "true" for part in parts)
