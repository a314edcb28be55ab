"""An object that is opened to be read, under conditions."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from .conditions import is_unchanged
from .files import open_plain
from .folder import FolderObjects, no_such_key
from .headers import ObjectHeaders, etag_of


@dataclass(frozen=True, slots=True)
class OpenObject:
    """An open object. Replacing it meanwhile does not change what is read.

    Attributes:
        modified: epoch seconds.
        beside: what is kept with it.
        is_unchanged: whether the client has it already, by its conditions.
    """

    path: Path
    file: BinaryIO
    size: int
    modified: float
    etag: str
    beside: Mapping[str, str]
    is_unchanged: bool


@contextlib.contextmanager
def opening(
    objects: FolderObjects,
    kept: ObjectHeaders,
    bucket: str,
    key: str,
    headers: Mapping[str, str],
    by: str = "",
) -> Iterator[OpenObject]:
    """Opens an object; the file stays open unless the block fails.

    Args:
        by: what the names of the conditions among ``headers`` begin with.

    Raises:
        AwsError: ``NoSuchKey``, ``PreconditionFailed``.
    """
    path = objects.path(bucket, key)
    try:
        file = open_plain(path)
    except OSError:
        raise no_such_key(bucket, key) from None
    try:
        status = os.fstat(file.fileno())
        size, modified = status.st_size, status.st_mtime
        beside = kept.get(bucket, key, status)
        etag = etag_of(beside, size, status.st_mtime_ns)
        unchanged = is_unchanged(headers, etag, modified, by)
        yield OpenObject(path, file, size, modified, etag, beside, unchanged)
    except BaseException:
        file.close()
        raise
