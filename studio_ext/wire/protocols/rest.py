"""REST-JSON: SageMaker's runtimes, feature store and metrics.

Source: https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from ...awsmodel import Model, OperationModel, Shape
from ...errors import AwsError
from ..faults import SerializationException
from ..service import Head, Response
from . import json
from .base import iso, scalar
from .query import form

_HEADERS = {"Content-Type": "application/json"}


class RestCodec:
    def parse(self, operation: OperationModel, head: Head, body: bytes) -> Any:
        if operation.input is None:
            return {}
        shape = operation.input
        params: dict[str, Any] = {}
        payload = shape.traits.get("payload")
        if payload is not None:
            needed = payload in shape.required
            params.update(_payload(payload, shape.members[payload], body, needed))
        else:
            params.update(_body(shape, body))
        query: dict[str, list[str]] = {}
        for name, value in form(head.query):
            query.setdefault(name, []).append(value)
        found = template(operation).fullmatch(head.path)
        labels = iter(found.groups() if found else ())
        by_label = dict(zip(_labels(operation.uri), labels, strict=False))
        for name, member in shape.members.items():
            key = str(member.traits.get("locationName", name))
            match member.traits.get("location"):
                case "uri" if key in by_label:
                    params[name] = scalar(_decoded(by_label[key]), member, name)
                case "querystring" if member.type == "list":
                    if key in query:
                        params[name] = [scalar(one, member.item, name) for one in query[key]]
                case "querystring" if member.type != "map":
                    if key in query:
                        params[name] = scalar(query[key][-1], member, name)
                case "header" if key.lower() in head.headers:
                    params[name] = scalar(head.headers[key.lower()], member, name)
                case "headers":
                    start = key.lower()
                    params[name] = {
                        header[len(start) :]: value
                        for header, value in head.headers.items()
                        if header.startswith(start)
                    }
        return params

    def answer(
        self, operation: OperationModel, output: Mapping[str, Any], request_id: str
    ) -> Response:
        shape, status, headers = operation.output, operation.status, dict(_HEADERS)
        if shape is None:
            return Response(status, headers, b"")
        rest: dict[str, Any] = {}
        for name, value in output.items():
            member = shape.members[name]
            key = str(member.traits.get("locationName", name))
            match member.traits.get("location"):
                case "header":
                    headers[key] = _header(member, value)
                case "headers":
                    headers.update((f"{key}{k}", _clean(str(v))) for k, v in value.items())
                case "statusCode":
                    status = int(value)
                case _:
                    rest[name] = value
        payload = shape.traits.get("payload")
        if payload is None:
            members = shape.members
            named = {str(members[k].traits.get("locationName", k)): v for k, v in rest.items()}
            return Response(status, headers, json.write(named))
        value = rest.get(payload, b"")
        if isinstance(value, bytes | str):
            headers.setdefault("Content-Type", "application/octet-stream")
            return Response(status, headers, value if isinstance(value, bytes) else value.encode())
        return Response(status, headers, json.write(value))

    def fault(self, error: AwsError, request_id: str) -> Response:
        headers = {**_HEADERS, "x-amzn-ErrorType": error.code}
        return Response(error.status, headers, json.fault_body(error))


def find(model: Model, method: str, path: str) -> OperationModel | None:
    """The operation that a method and path mean; of two, the one with fewer labels."""
    found = [
        operation
        for operation in model.operations.values()
        if operation.method == method and template(operation).fullmatch(path)
    ]
    return min(found, key=lambda operation: len(_labels(operation.uri)), default=None)


@lru_cache(maxsize=1024)
def template(operation: OperationModel) -> re.Pattern[str]:
    path = operation.uri.partition("?")[0]
    pieces = re.split(r"\{(\w+\+?)\}", path)
    pattern = "".join(
        (r"(.+)" if piece.endswith("+") else r"([^/]+)") if place % 2 else re.escape(piece)
        for place, piece in enumerate(pieces)
    )
    return re.compile(pattern + ("/?" if not path.endswith("/") else ""))


@lru_cache(maxsize=1024)
def _labels(uri: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\{(\w+)\+?\}", uri.partition("?")[0]))


def _payload(name: str, member: Shape, body: bytes, needed: bool) -> dict[str, Any]:
    if not body and not (needed and member.type == "blob"):  # an empty blob is a blob
        return {}
    if member.type == "blob":
        return {name: body}
    if member.type == "string":
        return {name: body.decode(errors="replace")}
    return {name: json.decode_blobs(member, json.read(body))}


def _body(shape: Shape, body: bytes) -> dict[str, Any]:
    values = json.decode_blobs(shape, json.read(body))
    if not isinstance(values, dict):
        raise SerializationException("the body must be a JSON object")
    names = {
        str(member.traits.get("locationName", name)): name
        for name, member in shape.members.items()
        if "location" not in member.traits
    }
    return {str(names.get(name, name)): value for name, value in values.items()}


def _decoded(text: str) -> str:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise SerializationException("the path is not percent-encoded UTF-8") from None


def _header(member: Shape, value: Any) -> str:
    if member.type == "boolean":
        return "true" if value else "false"
    if member.type == "timestamp":
        return iso(value)
    return _clean(str(value))


def _clean(value: str) -> str:
    """Text that cannot end its header line or hold what HTTP headers cannot."""
    return "".join(c for c in value if " " <= c <= "~")
