"""AWS query: a form in, XML out. STS and IAM speak it.

Source: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from ...awsmodel import OperationModel, Shape
from ...errors import AwsError
from ..faults import SerializationException
from ..service import Head, Response
from ..validate import MAX_DEPTH
from .base import iso, scalar

FIELDS = 10_000
_HEADERS = {"Content-Type": "text/xml"}
_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ADMINISTRATIVE = frozenset({"Action", "Version"})
# What the JSON services call an error, in the query services' words.
_NAMES = {
    "ValidationException": "ValidationError",
    "UnknownOperationException": "InvalidAction",
    "MissingAuthenticationTokenException": "MissingAuthenticationToken",
    "UnrecognizedClientException": "InvalidClientTokenId",
    "InvalidSignatureException": "SignatureDoesNotMatch",
    "IncompleteSignatureException": "IncompleteSignature",
    "SerializationException": "MalformedInput",
    "AccessDeniedException": "AccessDenied",
}


def form(text: str | bytes) -> list[tuple[str, str]]:
    """The fields of a form.

    Raises:
        SerializationException: not one.
    """
    try:
        plain = text.decode() if isinstance(text, bytes) else text
        return parse_qsl(plain, keep_blank_values=True, max_num_fields=FIELDS, errors="strict")
    except UnicodeDecodeError as error:
        raise SerializationException(f"the form is not UTF-8: {error.reason}") from None
    except ValueError as error:
        raise SerializationException(f"the form is not valid: {error}") from None


class QueryCodec:
    """One query service.

    Args:
        namespace: the XML namespace of its answers.
    """

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace

    def parse(self, operation: OperationModel, head: Head, body: bytes) -> Any:
        tree: dict[str, Any] = {}
        for name, value in form(head.query) + form(body):
            if name not in _ADMINISTRATIVE:
                _plant(tree, name, value)
        if operation.input is None:
            return tree
        return _gather(operation.input, tree, "")

    def answer(
        self, operation: OperationModel, output: Mapping[str, Any], request_id: str
    ) -> Response:
        inner = _members(operation.output, output) if operation.output is not None else ""
        wrapper = operation.result_wrapper
        if wrapper:
            inner = f"<{wrapper}>{inner}</{wrapper}>"
        name = operation.name
        text = (
            f'<{name}Response xmlns="{escape(self._namespace)}">{inner}'
            f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
            f"</{name}Response>"
        )
        return Response(200, _HEADERS, text.encode())

    def fault(self, error: AwsError, request_id: str) -> Response:
        code = _NAMES.get(error.code, error.code)
        blame = "Sender" if error.status < 500 else "Receiver"
        text = (
            f'<ErrorResponse xmlns="{escape(self._namespace)}"><Error><Type>{blame}</Type>'
            f"<Code>{escape(code)}</Code><Message>{_text(error.message)}</Message></Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
        return Response(error.status, _HEADERS, text.encode())


def _plant(tree: dict[str, Any], name: str, value: str) -> None:
    parts = name.split(".")
    if len(parts) > MAX_DEPTH:
        raise SerializationException(f"the request is nested more than {MAX_DEPTH} deep")
    for part in parts[:-1]:
        below = tree.setdefault(part, {})
        if not isinstance(below, dict):
            raise SerializationException(f"{name[:80]!r} is given both as a value and as more")
        tree = below
    if parts[-1] in tree:
        raise SerializationException(f"{name[:80]!r} is given twice")
    tree[parts[-1]] = value


def _gather(shape: Shape, tree: Any, path: str) -> Any:
    """The value that a branch of the form's tree stands for."""
    if shape.type in ("structure", "list", "map"):
        if tree == "" and shape.type == "list":
            return []  # how an empty list is written
        if not isinstance(tree, dict):
            raise SerializationException(f"Value at '{path}' is text; expected a {shape.type}")
        gather = {"structure": _structure, "list": _list, "map": _map}[shape.type]
        return gather(shape, tree, path)
    if not isinstance(tree, str):
        raise SerializationException(f"Value at '{path}' has parts; expected a {shape.type}")
    return scalar(tree, shape, path)


def _structure(shape: Shape, tree: dict[str, Any], path: str) -> Any:
    known = {_outer(name, member): name for name, member in shape.members.items()}
    found = {}
    for name, branch in tree.items():
        member = known.get(name)
        if member is None:
            found[name] = branch  # validation names it
        else:
            place = f"{path}.{name}" if path else name
            found[member] = _gather(shape.members[member], branch, place)
    return found


def _outer(name: str, member: Shape) -> str:
    if member.type == "list" and member.traits.get("flattened"):
        inner = member.item.traits.get("locationName")
        return str(inner or member.traits.get("locationName", name))
    return str(member.traits.get("locationName", name))


def _numbered(tree: dict[str, Any], path: str) -> list[Any]:
    for number in tree:
        if not (number.isascii() and number.isdecimal() and len(number) < 9):
            raise SerializationException(f"'{path}.{number[:40]}' is no place in a list")
    return [tree[number] for number in sorted(tree, key=int)]


def _list(shape: Shape, tree: dict[str, Any], path: str) -> Any:
    if not shape.traits.get("flattened"):
        name = shape.traits["member"].get("locationName", "member")
        if set(tree) - {name} or not isinstance(tree.get(name), dict):
            raise SerializationException(f"'{path}' is a list; expected '{path}.{name}.1'")
        tree = tree[name]
    return [_gather(shape.item, branch, path) for branch in _numbered(tree, path)]


def _map(shape: Shape, tree: dict[str, Any], path: str) -> Any:
    if not shape.traits.get("flattened"):
        if set(tree) != {"entry"} or not isinstance(tree["entry"], dict):
            raise SerializationException(f"'{path}' is a map; expected '{path}.entry.1.key'")
        tree = tree["entry"]
    key_name = shape.traits["key"].get("locationName", "key")
    value_name = shape.traits["value"].get("locationName", "value")
    found = {}
    for entry in _numbered(tree, path):
        if not isinstance(entry, dict) or set(entry) != {key_name, value_name}:
            raise SerializationException(f"'{path}' has an entry without key and value")
        key = _gather(shape.key, entry[key_name], path)
        found[key] = _gather(shape.value, entry[value_name], path)
    return found


def _members(shape: Shape, value: Mapping[str, Any]) -> str:
    return "".join(
        _element(str(member.traits.get("locationName", name)), member, value[name])
        for name, member in shape.members.items()
        if name in value
    )


def _element(name: str, shape: Shape, value: Any) -> str:
    match shape.type:
        case "structure":
            return f"<{name}>{_members(shape, value)}</{name}>"
        case "list":
            item = shape.traits["member"].get("locationName")
            if shape.traits.get("flattened"):
                return "".join(_element(item or name, shape.item, one) for one in value)
            inner = "".join(_element(item or "member", shape.item, one) for one in value)
            return f"<{name}>{inner}</{name}>"
        case "map":
            key_name = shape.traits["key"].get("locationName", "key")
            value_name = shape.traits["value"].get("locationName", "value")
            tag = name if shape.traits.get("flattened") else "entry"
            inner = "".join(
                f"<{tag}>{_element(key_name, shape.key, key)}"
                f"{_element(value_name, shape.value, one)}</{tag}>"
                for key, one in value.items()
            )
            return inner if shape.traits.get("flattened") else f"<{name}>{inner}</{name}>"
        case "boolean":
            text = "true" if value else "false"
        case "timestamp":
            text = iso(value)
        case "blob":
            text = b64encode(value).decode()
        case _:
            text = _text(str(value))
    return f"<{name}>{text}</{name}>"


def _text(value: str) -> str:
    """Text as XML can carry it; what it cannot becomes a question mark."""
    return escape(_UNFIT.sub("?", value))
