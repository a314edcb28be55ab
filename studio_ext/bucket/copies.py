"""Parts copied from another object, which the S3 server cannot do."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tornado.httputil import HTTPHeaders

from ..errors import AwsError
from .files import open_plain
from .folder import FolderObjects, no_such_key
from .request import copy_source
from .upstream import Exchange

_PIECE = 1 << 20
_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{1,15})")


@dataclass(frozen=True, slots=True)
class CopiedPart:
    """``length`` bytes of the file ``path`` from ``start`` on."""

    path: Path
    start: int
    length: int
    modified: float

    @classmethod
    def of(cls, objects: FolderObjects, headers: Mapping[str, str]) -> CopiedPart:
        """Reads ``x-amz-copy-source`` and ``x-amz-copy-source-range``.

        Raises:
            AwsError: ``NoSuchKey``, ``InvalidRange``.
        """
        bucket, key = copy_source(headers)
        found = objects.find(bucket, key)
        if found is None:
            raise no_such_key(bucket, key)
        path = objects.path(bucket, key)
        text = headers.get("x-amz-copy-source-range")
        if text is None:
            return cls(path, 0, found.size, found.modified)
        match = _RANGE.fullmatch(text)
        start, end = (int(match[1]), int(match[2])) if match else (1, 0)
        if not start <= end < found.size:
            raise AwsError(
                f"x-amz-copy-source-range is {text[:60]!r}; expected bytes=first-last within the "
                f"{found.size} bytes of s3://{bucket}/{key}",
                code="InvalidRange",
                status=416,
            )
        return cls(path, start, end - start + 1, found.modified)

    async def send(self, address: Path, target: str) -> str:
        """Uploads the bytes as a part; returns its ETag."""
        headers = {"content-length": str(self.length)}
        exchange = await Exchange.open(address, "PUT", target, headers)
        left = self.length
        with open_plain(self.path) as file:
            file.seek(self.start)
            while left:
                piece = await asyncio.to_thread(file.read, min(_PIECE, left))
                if not piece:  # somebody cut the file short
                    exchange.abort()
                    raise AwsError("the source changed while it was copied",
                                   code="PreconditionFailed", status=412)  # fmt: skip
                await exchange.write(piece)
                left -= len(piece)
        status, etag = 0, ""

        async def on_head(code: int, answer: HTTPHeaders) -> None:
            nonlocal status, etag
            status, etag = code, answer.get("ETag", "")

        async def on_data(_: bytes) -> None:
            await asyncio.sleep(0)

        await exchange.answer(on_head, on_data)
        if status != 200:
            raise AwsError(f"the part was refused with status {status}",
                           code="InternalError", status=500)  # fmt: skip
        return etag
