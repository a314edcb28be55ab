"""What an operation of S3 is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .reading import Reading
from .request import S3Request

XML = {"Content-Type": "application/xml"}


@dataclass(frozen=True, slots=True)
class Ask:
    """A request whose body has been read.

    Attributes:
        headers: names in lower case.
        document: the body, unless it was an upload.
        region: of the signature.
    """

    request: S3Request
    headers: Mapping[str, str]
    document: bytes
    region: str


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes = b""


Operation = Callable[[Ask], Answer | Reading]
"""It blocks, and waits for no client."""
