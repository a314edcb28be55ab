"""Buckets for the ``studio:`` drive, through the daemon's S3 like everything else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import BinaryIO
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

from tornado import web

from .base import reaching
from .upstream import Answer, Upstream, whole

_PIECE = 1 << 20
_UNSIGNED = "UNSIGNED-PAYLOAD"


@dataclass(frozen=True, slots=True)
class Entry:
    """A folder (its key ends with ``/``), or an object of ``size`` bytes.

    Attributes:
        etag: changes with the content; ``""`` where nobody asked for it.
    """

    key: str
    size: int
    modified: datetime
    etag: str = ""

    @property
    def is_folder(self) -> bool:
        return self.key.endswith("/")


class Objects:
    """What a file browser asks of buckets. Everything raises ``HTTPError`` with S3's words."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    async def buckets(self) -> list[tuple[str, datetime]]:
        """Names and times of creation."""
        found = _parsed(await self._ask("GET", "/"))
        return [
            (_text(each, "Name"), datetime.fromisoformat(_text(each, "CreationDate")))
            for each in _all(found, "Bucket")
        ]

    async def create_bucket(self, bucket: str) -> None:
        await self._ask("PUT", f"/{quote(bucket)}")

    async def delete_bucket(self, bucket: str) -> None:
        await self._ask("DELETE", f"/{quote(bucket)}")

    async def entries(
        self, bucket: str, prefix: str = "", *, delimiter: str = "/", limit: int = 1000
    ) -> AsyncIterator[Entry]:
        """What lies below a prefix: one level, or everything without a delimiter."""
        now = datetime.now(UTC)
        query = {"list-type": "2", "prefix": prefix, "max-keys": str(limit)}
        if delimiter:
            query["delimiter"] = delimiter
        while True:
            found = _parsed(await self._ask("GET", f"/{quote(bucket)}", query))
            for each in _all(found, "CommonPrefixes"):
                yield Entry(_text(each, "Prefix"), 0, now)
            for each in _all(found, "Contents"):
                modified = datetime.fromisoformat(_text(each, "LastModified"))
                yield Entry(_text(each, "Key"), int(_text(each, "Size")), modified)
            token = _text(found, "NextContinuationToken")
            if not token:
                return
            query["continuation-token"] = token

    async def find(self, bucket: str, key: str) -> Entry | None:
        """The object, or the folder that the key's last slash says it is."""
        try:
            answer = await self._ask("HEAD", _path(bucket, key))
        except web.HTTPError as error:
            if error.status_code != 404:
                raise
            return None
        stamp = answer.headers.get("Last-Modified")
        modified = parsedate_to_datetime(stamp) if stamp else datetime.now(UTC)
        size = int(answer.headers.get("Content-Length", 0))
        return Entry(key, size, modified, answer.headers.get("ETag", "").strip('"'))

    async def is_folder(self, bucket: str, prefix: str) -> bool:
        """Whether there is anything below ``prefix``, or a marker of it."""
        if await self.find(bucket, f"{prefix}/") is not None:
            return True
        async for _ in self.entries(bucket, f"{prefix}/", limit=1):
            return True
        return False

    async def read(self, bucket: str, key: str) -> bytes:
        return (await self._ask("GET", _path(bucket, key))).body

    async def write(self, bucket: str, key: str, content: BinaryIO, size: int) -> None:
        """Store ``size`` bytes, a piece at a time."""
        with reaching():
            exchange = await self._upstream.open(
                "PUT",
                _path(bucket, key),
                service="s3",
                headers={"content-length": str(size), "x-amz-content-sha256": _UNSIGNED},
                payload_hash=_UNSIGNED,
            )
            while piece := content.read(_PIECE):
                await exchange.write(piece)
            _checked(await whole(exchange))

    async def make_folder(self, bucket: str, prefix: str) -> None:
        await self._ask("PUT", _path(bucket, f"{prefix}/"))

    async def copy(self, bucket: str, key: str, to_bucket: str, to_key: str) -> None:
        source = {"x-amz-copy-source": _path(bucket, key)}
        await self._ask("PUT", _path(to_bucket, to_key), headers=source)

    async def delete(self, bucket: str, key: str) -> None:
        await self._ask("DELETE", _path(bucket, key))

    async def _ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        target = f"{path}?{urlencode(query, quote_via=quote)}" if query else path
        with reaching():
            answer = await self._upstream.ask(method, target, service="s3", headers=headers)
        return _checked(answer)


def _path(bucket: str, key: str) -> str:
    return quote(f"/{bucket}/{key}", safe="/~")


def _checked(answer: Answer) -> Answer:
    """The answer, or the error that it is."""
    if answer.status < 400:
        return answer
    try:
        words = _text(ElementTree.fromstring(answer.body), "Message")
    except ElementTree.ParseError:
        words = ""
    raise web.HTTPError(answer.status, (words or f"S3 said {answer.status}").replace("%", "%%"))


def _parsed(answer: Answer) -> ElementTree.Element:
    return ElementTree.fromstring(answer.body)


def _all(parent: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [each for each in parent.iter() if each.tag.rpartition("}")[2] == name]


def _text(parent: ElementTree.Element, name: str) -> str:
    found = _all(parent, name)
    return (found[0].text or "") if found else ""
