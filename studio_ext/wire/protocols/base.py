"""What every protocol does."""

from __future__ import annotations

import binascii
import math
from base64 import b64decode
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

from ...awsmodel import OperationModel, Shape
from ...errors import AwsError
from ..faults import SerializationException
from ..service import Head, Response


class Codec(Protocol):
    """Reads one protocol's requests and writes its answers. Knows no operation by name."""

    def parse(self, operation: OperationModel, head: Head, body: bytes) -> Any:
        """Parameters as the client gave them, with times as numbers and blobs as bytes.

        Raises:
            SerializationException: the body is not of this protocol.
        """
        ...

    def answer(
        self, operation: OperationModel, output: Mapping[str, Any], request_id: str
    ) -> Response:
        """The answer. ``output`` holds nothing that the output shape does not know."""
        ...

    def fault(self, error: AwsError, request_id: str) -> Response:
        """An error in the protocol's shape."""
        ...


def contains(shape: Shape | None, kind: str, seen: frozenset[str] = frozenset()) -> bool:
    """Whether a value of ``shape`` can hold one of type ``kind`` anywhere."""
    if shape is None or shape.name in seen:
        return False
    seen |= {shape.name}
    match shape.type:
        case "structure":
            return any(contains(member, kind, seen) for member in shape.members.values())
        case "list":
            return contains(shape.item, kind, seen)
        case "map":
            return contains(shape.value, kind, seen)
        case found:
            return found == kind


def scalar(text: str, shape: Shape, name: str) -> Any:
    """A scalar that travelled as text, in a form, a path, a query or a header.

    Raises:
        SerializationException: the text says nothing of that type.
    """
    try:
        match shape.type:
            case "boolean":
                return {"true": True, "false": False}[text]
            case "integer" | "long":
                if not text.lstrip("-").isdecimal() or not text.isascii() or len(text) > 20:
                    raise ValueError
                return int(text)
            case "float" | "double":
                return float(text)
            case "timestamp":
                return moment(text)
            case "blob":
                return b64decode(text, validate=True)
            case _:
                return text
    except (KeyError, ValueError, OverflowError, binascii.Error):
        shown = text if len(text) <= 60 else text[:57] + "..."
        raise SerializationException(f"Value '{shown}' at '{name}' is no {shape.type}") from None


def moment(text: str) -> float:
    """Epoch seconds of an ISO 8601 time, an HTTP date or a number."""
    try:
        seconds = float(text)
    except ValueError:
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            found = parsedate_to_datetime(text)
        seconds = (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    if not math.isfinite(seconds):
        raise ValueError(text)
    return seconds


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
