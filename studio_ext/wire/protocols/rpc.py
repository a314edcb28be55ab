"""Smithy's rpc-v2-CBOR, which CloudWatch's clients prefer.

Source: https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...awsmodel import OperationModel, Shape
from ...errors import AwsError
from .. import cbor
from ..service import Head, Response

NAME = "rpc-v2-cbor"
_HEADERS = {"Content-Type": "application/cbor", "smithy-protocol": NAME}


class CborCodec:
    def parse(self, operation: OperationModel, head: Head, body: bytes) -> Any:
        return cbor.loads(body) if body else {}

    def answer(
        self, operation: OperationModel, output: Mapping[str, Any], request_id: str
    ) -> Response:
        value = _timed(operation.output, output) if operation.output is not None else {}
        return Response(200, _HEADERS, cbor.dumps(value))

    def fault(self, error: AwsError, request_id: str) -> Response:
        body = cbor.dumps({"__type": error.code, "message": error.message})
        return Response(error.status, {**_HEADERS, "x-amzn-ErrorType": error.code}, body)


def _timed(shape: Shape, value: Any) -> Any:
    """``value`` with its times marked as such, as the shape says."""
    match shape.type:
        case "structure":
            return {name: _timed(shape.members[name], one) for name, one in value.items()}
        case "list":
            return [_timed(shape.item, one) for one in value]
        case "map":
            return {name: _timed(shape.value, one) for name, one in value.items()}
        case "timestamp":
            return cbor.Time(value)
        case "float" | "double":
            return float(value)
        case _:
            return value
