"""AWS JSON 1.0 and 1.1: SageMaker, CloudWatch Logs and most others.

Source: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
"""

from __future__ import annotations

import binascii
import json
import math
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from ...awsmodel import OperationModel, Shape
from ...errors import AwsError
from ..faults import SerializationException
from ..service import Head, Response
from .base import contains


class JsonCodec:
    """One version of AWS JSON.

    Args:
        version: ``1.0`` or ``1.1``, told by the request's content type.
    """

    def __init__(self, version: str = "1.1") -> None:
        self._headers = {"Content-Type": f"application/x-amz-json-{version}"}
        self._blobs: dict[str, bool] = {}

    def parse(self, operation: OperationModel, head: Head, body: bytes) -> Any:
        params = read(body)
        if operation.input is None:
            return params
        name = operation.input.name
        if name not in self._blobs:
            self._blobs[name] = contains(operation.input, "blob")
        return decode_blobs(operation.input, params) if self._blobs[name] else params

    def answer(
        self, operation: OperationModel, output: Mapping[str, Any], request_id: str
    ) -> Response:
        body = write(output) if operation.output is not None else b""
        return Response(200, self._headers, body)

    def fault(self, error: AwsError, request_id: str) -> Response:
        headers = {**self._headers, "x-amzn-ErrorType": error.code}
        return Response(error.status, headers, fault_body(error))


def read(body: bytes) -> Any:
    """The body's JSON value; no body is an empty object.

    Raises:
        SerializationException: not JSON, or JSON that means different things to different
            readers: a key twice, NaN, a number without end.
    """
    if not body:
        return {}
    try:
        return json.loads(body.decode(), object_pairs_hook=_unique, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise SerializationException(
            f"the body is not UTF-8: byte {body[error.start]:#04x} at {error.start}"
        ) from None
    except ValueError as error:
        raise SerializationException(f"the body is not valid JSON: {error}") from None
    except RecursionError:
        raise SerializationException("the request is nested too deeply") from None


def write(value: Any) -> bytes:
    """``value`` as JSON. What JSON has no number for (NaN) is written as text, as Smithy says."""
    try:
        return _dump(value)
    except ValueError:
        return _dump(_spelt(value))


def fault_body(error: AwsError) -> bytes:
    return write({"__type": error.code, "message": error.message})


def decode_blobs(shape: Shape, value: Any) -> Any:
    """``value`` with base64 text decoded wherever the shape says blob."""
    if shape.type == "structure" and isinstance(value, dict):
        return {
            name: decode_blobs(shape.members[name], one) if name in shape.members else one
            for name, one in value.items()
        }
    if shape.type == "list" and isinstance(value, list):
        return [decode_blobs(shape.item, one) for one in value]
    if shape.type == "map" and isinstance(value, dict):
        return {name: decode_blobs(shape.value, one) for name, one in value.items()}
    if shape.type == "blob" and isinstance(value, str):
        try:
            return b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raise SerializationException("a blob is not valid base64") from None
    return value


def _dump(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), default=_blob, allow_nan=False).encode()


def _spelt(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _spelt(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_spelt(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise ValueError(f"key {twice[:60]!r} is given twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _blob(value: Any) -> str:
    if isinstance(value, bytes):
        return b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} has no JSON form")
