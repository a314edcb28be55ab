"""The object that another one, or a part, is copied from."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ..errors import AwsError
from .conditions import is_unchanged, precondition_failed
from .files import open_plain
from .folder import FolderObjects, no_such_key
from .headers import ObjectHeaders, etag_of
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
        bucket, key = copy_source(headers)
        path = objects.path(bucket, key)
        try:
            file = open_plain(path)
        except OSError:
            raise no_such_key(bucket, key) from None
        try:
            status = os.fstat(file.fileno())
            beside = kept.get(bucket, key, status)
            etag = etag_of(beside, status.st_size, status.st_mtime_ns)
            if is_unchanged(headers, etag, status.st_mtime, _PREFIX):
                raise precondition_failed(f"{_PREFIX}if-none-match")
            start, end = _range(headers.get(f"{_PREFIX}range"), status.st_size)
            return cls(path, file, beside, start, end - start)
        except BaseException:
            file.close()
            raise


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
