"""An object as GET and HEAD answer it, straight from its file."""

from __future__ import annotations

import email.utils
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

from ..errors import AwsError
from .folder import FolderObjects
from .headers import ObjectHeaders, shown
from .opening import opening

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@dataclass(frozen=True, slots=True)
class Reading:
    """An open object. Replacing it meanwhile does not change what is read.

    Attributes:
        start, length: the bytes that were asked for.
        status: 200, 206 for a part, 304 for what the client has already.
        beside: what is kept with it.
    """

    file: BinaryIO
    etag: str
    modified: float
    size: int
    start: int
    length: int
    status: int
    beside: Mapping[str, str]

    @classmethod
    def open(
        cls,
        objects: FolderObjects,
        kept: ObjectHeaders,
        bucket: str,
        key: str,
        headers: Mapping[str, str],
    ) -> Reading:
        """Opens the object, under the request's conditions and for its range.

        Raises:
            AwsError: ``NoSuchKey``, ``PreconditionFailed``, ``InvalidRange``.
        """
        with opening(objects, kept, bucket, key, headers) as found:
            size = found.size
            status = 304 if found.is_unchanged else 200
            start, length = 0, size
            part = _part(headers.get("range", ""), size)
            if status == 200 and part is not None:
                status, (start, length) = 206, part
            return cls(
                found.file, found.etag, found.modified, size, start, length, status, found.beside
            )

    def headers(
        self, name: str, request: Mapping[str, str], query: Mapping[str, str]
    ) -> dict[str, str]:
        """Headers of the answer; ``name``, the key, tells the type when nothing else does."""
        found = {
            "Accept-Ranges": "bytes",
            "ETag": self.etag,
            "Last-Modified": email.utils.formatdate(self.modified, usegmt=True),
        }
        if self.status == 304:
            return found
        found["Content-Length"] = str(self.length)
        found["Content-Type"] = mimetypes.guess_type(name)[0] or "binary/octet-stream"
        if self.status == 206:
            last = self.start + self.length - 1
            found["Content-Range"] = f"bytes {self.start}-{last}/{self.size}"
        asks = request.get("x-amz-checksum-mode", "").upper() == "ENABLED"
        beside = shown(self.beside, query, checksums=asks and self.status == 200)
        content_type = beside.pop("content-type", None)
        if content_type is not None:
            found["Content-Type"] = content_type
        return found | beside


def _part(header: str, size: int) -> tuple[int, int] | None:
    """Start and length of one range; ``None`` for the whole, as with anything not understood."""
    match = _RANGE.fullmatch(header.strip())
    if match is None or not (match[1] or match[2]):
        return None
    if match[1]:
        start, end = int(match[1]), int(match[2] or size)
        if match[2] and end < start:
            return None
    else:
        start, end = max(0, size - int(match[2])), size
    if start >= size or match.groups() == ("", "0"):
        raise AwsError(
            f"range {header[:60]!r} lies outside the object's {size} bytes",
            code="InvalidRange",
            status=416,
        )
    return start, min(end + 1, size) - start
