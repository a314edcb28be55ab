"""What S3 keeps beside an object's bytes: content type, metadata, tags, checksums, ETag.

A folder has no place for them, so they are rows of the store. A row is bound to the file it was
made for by size and time.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert, select

from ..errors import AwsError
from ..store import Store
from ..store.schema import objects

TAGS = "x-amz-tagging"
ETAG = "etag"

_KEPT = frozenset(
    ("cache-control", "content-disposition", "content-encoding", "content-language",
     "content-type", "expires", "x-amz-website-redirect-location", TAGS)
)  # fmt: skip
_META = "x-amz-meta-"
_MAX_META = 2048  # bytes of names and values, as S3
_LOCKS = 64


class ObjectHeaders:
    """The headers of objects, by bucket and key."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._locks = [threading.Lock() for _ in range(_LOCKS)]

    def changing(self, bucket: str, key: str) -> contextlib.AbstractContextManager[Any]:
        """Lets one thread at a time change an object and what is kept with it.

        Do not change another object inside: they may share a lock.
        """
        return self._locks[hash((bucket, key)) % _LOCKS]

    def get(self, bucket: str, key: str, status: os.stat_result) -> dict[str, str]:
        """Headers that were stored with this very file; ``{}`` for another one."""
        with self._store.read() as reader:
            row = reader.connection.execute(
                select(objects.c.size, objects.c.mtime_ns, objects.c.headers).where(
                    _is(bucket, key)
                )
            ).first()
        if row is None or (row.size, row.mtime_ns) != (status.st_size, status.st_mtime_ns):
            return {}
        return dict(row.headers)

    def etag(self, bucket: str, key: str, path: Path) -> str | None:
        """The ETag of the object that is at ``path`` now, ``None`` when there is none."""
        if not path.is_file():
            return None
        status = path.stat()
        return etag_of(self.get(bucket, key, status), status.st_size, status.st_mtime_ns)

    def etags(self, bucket: str, first: str, last: str) -> dict[str, tuple[int, str]]:
        """``{key: (mtime_ns, ETag)}`` of the rows from key ``first`` to ``last``."""
        within = (objects.c.bucket == bucket) & objects.c.key.between(first, last)
        with self._store.read() as reader:
            rows = reader.connection.execute(
                select(objects.c.key, objects.c.mtime_ns, objects.c.headers).where(within)
            )
            return {row.key: (row.mtime_ns, row.headers.get(ETAG, "")) for row in rows}

    def put(self, bucket: str, key: str, path: Path, headers: Mapping[str, str]) -> None:
        """Keeps headers for the file that is at ``path`` now."""
        status = path.stat()
        values: dict[str, Any] = {
            "bucket": bucket,
            "key": key,
            "size": status.st_size,
            "mtime_ns": status.st_mtime_ns,
            "headers": dict(headers),
        }
        with self._store.write() as transaction:
            transaction.connection.execute(delete(objects).where(_is(bucket, key)))
            transaction.connection.execute(insert(objects).values(values))

    def drop(self, bucket: str, keys: Sequence[str]) -> None:
        """Forgets objects that are gone."""
        gone = (objects.c.bucket == bucket) & objects.c.key.in_(keys)
        with self._store.read() as reader:  # asking is cheaper than a commit
            found = reader.connection.execute(select(objects.c.key).where(gone).limit(1)).first()
        if found is not None:
            with self._store.write() as transaction:
                transaction.connection.execute(delete(objects).where(gone))

    def drop_bucket(self, bucket: str) -> None:
        with self._store.write() as transaction:
            transaction.connection.execute(delete(objects).where(objects.c.bucket == bucket))


def kept(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers of an upload that belong to the object.

    Raises:
        AwsError: ``MetadataTooLarge``.
    """
    found = {
        name: value for name, value in headers.items() if name in _KEPT or name.startswith(_META)
    }
    encodings = [
        each.strip()
        for each in found.pop("content-encoding", "").split(",")
        if each.strip() not in ("", "aws-chunked")  # that one is of the journey
    ]
    if encodings:
        found["content-encoding"] = ",".join(encodings)
    size = sum(
        len(name.removeprefix(_META)) + len(value.encode(errors="surrogateescape"))
        for name, value in found.items()
        if name.startswith(_META)
    )
    if size > _MAX_META:
        raise AwsError(
            f"user metadata has {size} bytes; expected at most {_MAX_META}",
            code="MetadataTooLarge",
            status=400,
        )
    return found


def etag_of(headers: Mapping[str, str], size: int, mtime_ns: int) -> str:
    """The ETag: the MD5 that S3 gave for an upload, else one made of the file's size and time.

    Reading a file of gigabytes to name it would make every look at a folder as slow as the disk.
    The ``-1`` tells clients, as with uploads in parts, that it is no MD5 of the content.
    """
    if ETAG in headers:
        return headers[ETAG]
    return f'"{hashlib.md5(f"{size} {mtime_ns}".encode(), usedforsecurity=False).hexdigest()}-1"'


def shown(
    headers: Mapping[str, str], query: Mapping[str, str], *, checksums: bool
) -> dict[str, str]:
    """The headers of an answer to GET and HEAD.

    Args:
        headers: as kept.
        query: of the request; ``response-content-type`` and its like replace what is kept.
        checksums: show them too; they are of the whole object, so never with a part.
    """
    answer = {
        name: value
        for name, value in headers.items()
        if name not in (TAGS, ETAG) and (checksums or not name.startswith("x-amz-checksum-"))
    }
    if TAGS in headers:
        answer["x-amz-tagging-count"] = str(headers[TAGS].count("=") or 1)
    for name, value in query.items():
        if name.startswith("response-") and name.removeprefix("response-") in _KEPT:
            answer[name.removeprefix("response-")] = value
    return answer


def copied(source: Mapping[str, str], headers: Mapping[str, str]) -> dict[str, str]:
    """The headers of a copy: the source's, or the request's, as its directives say."""
    asked = kept(headers)
    replace = headers.get("x-amz-metadata-directive", "COPY").upper() == "REPLACE"
    retag = headers.get("x-amz-tagging-directive", "COPY").upper() == "REPLACE"
    found = {
        name: value
        for name, value in (asked if replace else source).items()
        if name not in (TAGS, ETAG) and not name.startswith("x-amz-checksum-")
    }
    found |= {
        name: value
        for name, value in source.items()
        if name == ETAG or name.startswith("x-amz-checksum-")
    }
    tags = (asked if retag else source).get(TAGS)
    return {**found, TAGS: tags} if tags else found


def _is(bucket: str, key: str) -> Any:
    return (objects.c.bucket == bucket) & (objects.c.key == key)
