"""Operations that the door answers itself, from the folder and the store.

The S3 server behind it reads whole files for their MD5 when it only looks at them, and has copies,
tags and folders wrong or not at all.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import AwsError
from . import xml
from .folder import FolderObjects, no_such_bucket, no_such_key
from .headers import ETAG, TAGS, ObjectHeaders, copied, etag_of
from .listing import list_buckets, list_objects
from .reading import Reading, is_unchanged, precondition_failed
from .request import S3Request, copy_source

_NOTHING = '"d41d8cd98f00b204e9800998ecf8427e"'  # the ETag of an empty object
_XML = {"Content-Type": "application/xml"}


@dataclass(frozen=True, slots=True)
class Ask:
    """A request whose body has been read.

    Attributes:
        headers: names in lower case.
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


class Operations:
    """What can be answered without the S3 server. Nothing here waits for a client."""

    def __init__(self, objects: FolderObjects, headers: ObjectHeaders) -> None:
        self._objects = objects
        self._headers = headers
        self._named: Mapping[str, Operation] = {
            "ListBuckets": self._list_buckets,
            "CreateBucket": self._create_bucket,
            "DeleteBucket": self._delete_bucket,
            "GetBucketLocation": self._get_location,
            "GetBucketVersioning": self._get_versioning,
            "HeadBucket": self._head_bucket,
            "ListObjects": self._list_objects,
            "GetObject": self._get_object,
            "HeadObject": self._get_object,
            "CopyObject": self._copy_object,
            "DeleteObject": self._delete_object,
            "DeleteObjects": self._delete_objects,
            "GetObjectTagging": self._get_tags,
            "PutObjectTagging": self._put_tags,
            "DeleteObjectTagging": self._put_tags,
        }

    def find(self, request: S3Request) -> Operation | None:
        """The operation, or ``None`` when it is the S3 server's."""
        return self._folder if request.is_folder else self._named.get(request.operation)

    def etag(self, bucket: str, key: str) -> str | None:
        """The object's ETag, ``None`` when there is none."""
        path = self._objects.path(bucket, key)
        if not path.is_file():
            return None
        status = path.stat()
        beside = self._headers.get(bucket, key, status)
        return etag_of(beside, status.st_size, status.st_mtime_ns)

    # Buckets

    def _list_buckets(self, ask: Ask) -> Answer:
        return Answer(200, _XML, list_buckets(self._objects))

    def _create_bucket(self, ask: Ask) -> Answer:
        self._objects.create_bucket(ask.request.bucket)
        return Answer(200, {"Location": f"/{ask.request.bucket}"})

    def _head_bucket(self, ask: Ask) -> Answer:
        if not self._objects.has_bucket(ask.request.bucket):
            raise no_such_bucket(ask.request.bucket)
        return Answer(200, {"x-amz-bucket-region": ask.region})

    def _delete_bucket(self, ask: Ask) -> Answer:
        self._objects.delete_bucket(ask.request.bucket)
        self._headers.drop_bucket(ask.request.bucket)
        return Answer(204, {})

    def _get_location(self, ask: Ask) -> Answer:
        self._head_bucket(ask)
        return Answer(200, _XML, xml.document("LocationConstraint"))

    def _get_versioning(self, ask: Ask) -> Answer:
        self._head_bucket(ask)
        return Answer(200, _XML, xml.document("VersioningConfiguration"))

    def _list_objects(self, ask: Ask) -> Answer:
        request = ask.request
        found = list_objects(self._objects, self._headers, request.bucket, request.query)
        return Answer(200, _XML, found)

    # Objects

    def _get_object(self, ask: Ask) -> Reading:
        request = ask.request
        return Reading.open(self._objects, self._headers, request.bucket, request.key, ask.headers)

    def _copy_object(self, ask: Ask) -> Answer:
        request, (bucket, key) = ask.request, copy_source(ask.headers)
        source, target = (
            self._objects.path(bucket, key),
            self._objects.path(request.bucket, request.key),
        )
        beside = self._beside(bucket, key, source)
        status = source.stat()
        etag = etag_of(beside, status.st_size, status.st_mtime_ns)
        if is_unchanged(ask.headers, etag, status.st_mtime, "x-amz-copy-source-"):
            raise precondition_failed("x-amz-copy-source-if-none-match")
        if source != target:
            self._objects.publish(source, request.bucket, request.key)
        elif ask.headers.get("x-amz-metadata-directive", "COPY").upper() != "REPLACE":
            raise AwsError(
                "an object is copied onto itself only to replace its metadata; "
                "expected MetadataDirective REPLACE",
                code="InvalidRequest",
                status=400,
            )
        beside = copied(beside, ask.headers)
        self._headers.put(request.bucket, request.key, target, beside)
        status = target.stat()
        etag = etag_of(beside, status.st_size, status.st_mtime_ns)
        return Answer(200, _XML, xml.copied("CopyObjectResult", etag, status.st_mtime))

    def _delete_object(self, ask: Ask) -> Answer:
        bucket, key = ask.request.bucket, ask.request.key
        self._objects.delete(bucket, key)
        self._headers.drop(bucket, [key])
        return Answer(204, {})

    def _delete_objects(self, ask: Ask) -> Answer:
        """Deletes up to a thousand; what one of them fails with stops none of the others."""
        bucket = ask.request.bucket
        self._head_bucket(ask)
        keys, quiet = xml.read_delete(ask.document)
        gone: list[str] = []
        parts: list[str] = []
        for key in keys:
            try:
                if not key.endswith("/"):
                    self._objects.delete(bucket, key)
                gone.append(key)
            except AwsError as error:
                named = zip(
                    ("Key", "Code", "Message"), (key, error.code, error.message), strict=True
                )
                parts.append(f"<Error>{''.join(xml.element(*each) for each in named)}</Error>")
        self._headers.drop(bucket, gone)
        if not quiet:
            parts += [f"<Deleted>{xml.element('Key', key)}</Deleted>" for key in gone]
        return Answer(200, _XML, xml.document("DeleteResult", *parts))

    def _get_tags(self, ask: Ask) -> Answer:
        bucket, key = ask.request.bucket, ask.request.key
        beside = self._beside(bucket, key, self._objects.path(bucket, key))
        return Answer(200, _XML, xml.tagging(beside.get(TAGS, "")))

    def _put_tags(self, ask: Ask) -> Answer:
        bucket, key = ask.request.bucket, ask.request.key
        path = self._objects.path(bucket, key)
        beside = self._beside(bucket, key, path)
        delete = ask.request.operation == "DeleteObjectTagging"
        tags = "" if delete else xml.read_tagging(ask.document)
        others = {name: value for name, value in beside.items() if name != TAGS}
        self._headers.put(bucket, key, path, {**others, TAGS: tags} if tags else others)
        return Answer(204 if delete else 200, {})

    def _folder(self, ask: Ask) -> Answer:
        """A key with a last slash marks a folder, and here folders are folders."""
        bucket, key = ask.request.bucket, ask.request.key
        path = self._objects.path(bucket, key)
        match ask.request.operation:
            case "PutObject":
                if ask.document:
                    raise AwsError(f"s3://{bucket}/{key}/ marks a folder; expected no content",
                                   code="InvalidArgument", status=400)  # fmt: skip
                self._objects.clear_way(bucket, f"{key}/-")
                path.mkdir(mode=0o700, parents=True, exist_ok=True)
            case "GetObject" | "HeadObject":
                if not path.is_dir():
                    raise no_such_key(bucket, f"{key}/")
            case "DeleteObject":
                with contextlib.suppress(OSError):  # not empty, or not there: S3 says nothing
                    path.rmdir()
                return Answer(204, {})
            case operation:
                raise AwsError(f"{operation} of the folder s3://{bucket}/{key}/ is not offered",
                               code="NotImplemented", status=501)  # fmt: skip
        return Answer(200, {ETAG: _NOTHING, "Content-Type": "application/x-directory"})

    def _beside(self, bucket: str, key: str, path: Path) -> dict[str, str]:
        if not path.is_file():
            raise no_such_key(bucket, key)
        return self._headers.get(bucket, key, path.stat())
