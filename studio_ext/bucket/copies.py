"""The object that another one, or a part, is copied from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ..errors import AwsError
from .conditions import precondition_failed
from .folder import FolderObjects
from .headers import ObjectHeaders
from .opening import opening
from .request import copy_source

_PREFIX = "x-amz-copy-source-"
_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{1,15})")


@dataclass(frozen=True, slots=True)
class CopySource:
    """What ``x-amz-copy-source`` names, open. Replacing it meanwhile changes nothing.

    Attributes:
        beside: what is kept with it.
        start, length: the bytes that were asked for.
    """

    path: Path
    file: BinaryIO
    beside: Mapping[str, str]
    start: int
    length: int

    @classmethod
    def open(
        cls, objects: FolderObjects, kept: ObjectHeaders, headers: Mapping[str, str]
    ) -> CopySource:
        """Opens the source, under the request's conditions and for its range.

        Raises:
            AwsError: ``NoSuchKey``, ``PreconditionFailed``, ``InvalidRange``.
        """
        with opening(objects, kept, *copy_source(headers), headers, _PREFIX) as source:
            if source.is_unchanged:
                raise precondition_failed(f"{_PREFIX}if-none-match")
            start, end = _range(headers.get(f"{_PREFIX}range"), source.size)
            return cls(source.path, source.file, source.beside, start, end - start)


def _range(text: str | None, size: int) -> tuple[int, int]:
    """Where the bytes begin, and where they have ended."""
    if text is None:
        return 0, size
    match = _RANGE.fullmatch(text)
    first, last = (int(match[1]), int(match[2])) if match else (1, 0)
    if not first <= last < size:
        raise AwsError(
            f"{_PREFIX}range is {text[:60]!r}; expected bytes=first-last within the source's "
            f"{size} bytes",
            code="InvalidRange",
            status=416,
        )
    return first, last + 1
