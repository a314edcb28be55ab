"""Lists of buckets, objects, and uploads in parts, straight from the folder."""

from __future__ import annotations

import base64
import binascii
import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol, TypeVar
from urllib.parse import quote

from ..errors import AwsError
from . import xml
from .folder import FolderObjects
from .headers import ETAG, ObjectHeaders, etag_of
from .objects import StoredObject
from .parts import Part, PartsUpload, PartsUploads
from .request import count

_MAX_KEYS = 1000  # of a page; of parts and uploads too
_LAST = "\U0010ffff"  # sorts behind every key of a folder
_OWNER = xml.element("ID", "studio")


class _Keyed(Protocol):
    @property
    def key(self) -> str: ...


Item = TypeVar("Item", bound=_Keyed)


def list_buckets(objects: FolderObjects) -> bytes:
    """The answer to ListBuckets."""
    buckets = "".join(
        "<Bucket>"
        + xml.element("Name", name)
        + xml.element("CreationDate", xml.stamp((objects.root / name).stat().st_mtime))
        + "</Bucket>"
        for name in objects.buckets()
    )
    return xml.document(
        "ListAllMyBucketsResult", f"<Owner>{_OWNER}</Owner><Buckets>{buckets}</Buckets>"
    )


def list_objects(
    objects: FolderObjects, headers: ObjectHeaders, bucket: str, query: Mapping[str, str]
) -> bytes:
    """The answer to ListObjects and ListObjectsV2.

    Raises:
        AwsError: ``NoSuchBucket``, ``InvalidArgument``.
    """
    second = query.get("list-type") == "2"
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    limit = min(count(query, "max-keys", _MAX_KEYS), _MAX_KEYS)
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
    parts += _prefixes(page, url)
    return xml.document("ListBucketResult", *parts)


def list_parts(uploads: PartsUploads, upload: PartsUpload, query: Mapping[str, str]) -> bytes:
    """The answer to ListParts.

    Raises:
        AwsError: ``NoSuchUpload``, ``InvalidArgument``.
    """
    limit = min(count(query, "max-parts", _MAX_KEYS), _MAX_KEYS)
    after = count(query, "part-number-marker", 0)
    found = [part for part in uploads.parts(upload) if part.number > after]
    page = found[:limit]
    parts = [
        xml.element("Bucket", upload.bucket),
        xml.element("Key", upload.key),
        xml.element("UploadId", upload.id),
        f"<Initiator>{_OWNER}</Initiator><Owner>{_OWNER}</Owner>",
        xml.element("StorageClass", "STANDARD"),
        xml.element("PartNumberMarker", after),
        xml.element("NextPartNumberMarker", page[-1].number if page else after),
        xml.element("MaxParts", limit),
        xml.element("IsTruncated", bool(limit) and len(found) > limit),
    ]
    return xml.document("ListPartsResult", *parts, *map(_part, page))


def list_uploads(uploads: PartsUploads, bucket: str, query: Mapping[str, str]) -> bytes:
    """The answer to ListMultipartUploads.

    Raises:
        AwsError: ``InvalidArgument``.
    """
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    limit = min(count(query, "max-uploads", _MAX_KEYS), _MAX_KEYS)
    url = query.get("encoding-type") == "url"
    # Without an upload's id, the key's uploads have all been told.
    after = (query.get("key-marker", ""), query.get("upload-id-marker") or _LAST)
    if delimiter and after[0].endswith(delimiter):
        after = (after[0] + _LAST, "")
    found = [
        upload
        for upload in uploads.of_bucket(bucket)
        if upload.key.startswith(prefix) and (upload.key, upload.id) > after
    ]
    entries = list(_rolled_up(found, prefix, delimiter) if delimiter else found)
    page = entries[:limit]
    more = bool(limit) and len(entries) > limit

    def key(text: str) -> str:
        return quote(text) if url else text

    parts = [
        xml.element("Bucket", bucket),
        xml.element("Prefix", key(prefix)),
        xml.element("KeyMarker", key(query.get("key-marker", ""))),
        xml.element("UploadIdMarker", query.get("upload-id-marker", "")),
        xml.element("MaxUploads", limit),
        xml.element("IsTruncated", more),
    ]
    if delimiter:
        parts.append(xml.element("Delimiter", key(delimiter)))
    if url:
        parts.append(xml.element("EncodingType", "url"))
    if more:
        last = page[-1]
        place = (last, "") if isinstance(last, str) else (last.key, last.id)
        parts.append(xml.element("NextKeyMarker", key(place[0])))
        parts.append(xml.element("NextUploadIdMarker", place[1]))
    parts += [
        "<Upload>"
        + xml.element("Key", key(each.key))
        + xml.element("UploadId", each.id)
        + f"<Initiator>{_OWNER}</Initiator><Owner>{_OWNER}</Owner>"
        + xml.element("StorageClass", "STANDARD")
        + xml.element("Initiated", xml.stamp(each.created))
        + "</Upload>"
        for each in page
        if not isinstance(each, str)
    ]
    return xml.document("ListMultipartUploadsResult", *parts, *_prefixes(page, url))


def _part(part: Part) -> str:
    return (
        "<Part>"
        + xml.element("PartNumber", part.number)
        + xml.element("LastModified", xml.stamp(part.modified))
        + xml.element("ETag", part.etag)
        + xml.element("Size", part.size)
        + "</Part>"
    )


def _prefixes(page: Iterable[object], url: bool) -> Iterator[str]:
    for each in page:
        if isinstance(each, str):
            shown = quote(each) if url else each
            yield f"<CommonPrefixes>{xml.element('Prefix', shown)}</CommonPrefixes>"


def _found(
    objects: FolderObjects, bucket: str, prefix: str, delimiter: str, after: str
) -> Iterator[StoredObject | str]:
    """Objects and common prefixes beyond ``after``, in order."""
    if not delimiter:
        yield from objects.list(bucket, prefix, after)
    elif delimiter == "/":
        yield from objects.level(bucket, prefix, after)
    else:
        yield from _rolled_up(objects.list(bucket, prefix, after), prefix, delimiter)


def _rolled_up(items: Iterable[Item], prefix: str, delimiter: str) -> Iterator[Item | str]:
    """Items in order, but of those that share their key up to a delimiter only that much, once."""
    previous = ""
    for item in items:
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


def _seal(place: str) -> str:
    return base64.urlsafe_b64encode(place.encode()).decode()


def _open(token: str) -> str:
    try:
        return base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise AwsError(f"continuation-token {token[:60]!r}: expected one of an earlier page",
                       code="InvalidArgument", status=400) from None  # fmt: skip
