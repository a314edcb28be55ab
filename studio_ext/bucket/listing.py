"""Lists of buckets and objects, straight from the folder.

The S3 server behind the door reads every file that it lists, for its MD5; a list of a data set
would read the data set.
"""

from __future__ import annotations

import base64
import binascii
import itertools
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from ..errors import AwsError
from . import xml
from .folder import FolderObjects
from .headers import ETAG, ObjectHeaders, etag_of
from .objects import StoredObject

_MAX_KEYS = 1000
_LAST = "\U0010ffff"  # sorts behind every key of a folder


def list_buckets(objects: FolderObjects) -> bytes:
    """The answer to ListBuckets."""
    buckets = "".join(
        "<Bucket>"
        + xml.element("Name", name)
        + xml.element("CreationDate", xml.stamp((objects.root / name).stat().st_mtime))
        + "</Bucket>"
        for name in objects.buckets()
    )
    owner = "<Owner>" + xml.element("ID", "studio") + "</Owner>"
    return xml.document("ListAllMyBucketsResult", owner, f"<Buckets>{buckets}</Buckets>")


def list_objects(
    objects: FolderObjects, headers: ObjectHeaders, bucket: str, query: Mapping[str, str]
) -> bytes:
    """The answer to ListObjects and ListObjectsV2.

    Raises:
        AwsError: ``NoSuchBucket``, ``InvalidArgument``.
    """
    second = query.get("list-type") == "2"
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    limit = _limit(query.get("max-keys", str(_MAX_KEYS)))
    if second:
        token = query.get("continuation-token")
        after = query.get("start-after", "") if token is None else _open(token)
    else:
        after = query.get("marker", "")
        if delimiter and after.endswith(delimiter):
            after += _LAST
    found = _found(objects, bucket, prefix, delimiter, after)
    page = list(itertools.islice(found, limit + 1 if limit else 0))
    more, page = len(page) > limit, page[:limit]
    url = query.get("encoding-type") == "url"

    def key(text: str) -> str:
        return quote(text) if url else text

    parts = [
        xml.element("Name", bucket),
        xml.element("Prefix", key(prefix)),
        xml.element("MaxKeys", limit),
        xml.element("IsTruncated", more),
    ]
    if delimiter:
        parts.append(xml.element("Delimiter", key(delimiter)))
    if url:
        parts.append(xml.element("EncodingType", "url"))
    last = page[-1] if page else ""
    place = last if isinstance(last, str) else last.key
    if second:
        parts.append(xml.element("KeyCount", len(page)))
        parts += [
            xml.element(name, key(query[argument]))
            for name, argument in (("StartAfter", "start-after"),)
            if argument in query
        ]
        if "continuation-token" in query:
            parts.append(xml.element("ContinuationToken", query["continuation-token"]))
        if more:
            beyond = place + _LAST if isinstance(last, str) else place
            parts.append(xml.element("NextContinuationToken", _seal(beyond)))
    else:
        parts.append(xml.element("Marker", key(query.get("marker", ""))))
        if more:
            parts.append(xml.element("NextMarker", key(place)))
    parts += _contents(headers, bucket, [each for each in page if not isinstance(each, str)], url)
    parts += [
        f"<CommonPrefixes>{xml.element('Prefix', key(each))}</CommonPrefixes>"
        for each in page
        if isinstance(each, str)
    ]
    return xml.document("ListBucketResult", *parts)


def _found(
    objects: FolderObjects, bucket: str, prefix: str, delimiter: str, after: str
) -> Iterator[StoredObject | str]:
    """Objects and common prefixes beyond ``after``, in order."""
    if not delimiter:
        yield from objects.list(bucket, prefix, after)
    elif delimiter == "/":
        yield from objects.level(bucket, prefix, after)
    else:
        previous = ""
        for item in objects.list(bucket, prefix, after):
            head, found, _ = item.key[len(prefix) :].partition(delimiter)
            common = prefix + head + delimiter
            if not found:
                yield item
            elif common != previous:
                previous = common
                yield common


def _contents(
    headers: ObjectHeaders, bucket: str, items: list[StoredObject], url: bool
) -> Iterator[str]:
    if not items:
        return
    kept = headers.etags(bucket, items[0].key, items[-1].key)
    for item in items:
        mtime, etag = kept.get(item.key, (0, ""))
        own = {ETAG: etag} if etag and mtime == item.mtime_ns else {}
        yield (
            "<Contents>"
            + xml.element("Key", quote(item.key) if url else item.key)
            + xml.element("LastModified", xml.stamp(item.modified))
            + xml.element("ETag", etag_of(own, item.size, item.mtime_ns))
            + xml.element("Size", item.size)
            + xml.element("StorageClass", "STANDARD")
            + "</Contents>"
        )


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise AwsError(f"max-keys is {text[:40]!r}; expected a number from 0",
                       code="InvalidArgument", status=400)  # fmt: skip
    return min(int(text), _MAX_KEYS)


def _seal(place: str) -> str:
    return base64.urlsafe_b64encode(place.encode()).decode()


def _open(token: str) -> str:
    try:
        return base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise AwsError(f"continuation-token {token[:60]!r}: expected one of an earlier page",
                       code="InvalidArgument", status=400) from None  # fmt: skip
