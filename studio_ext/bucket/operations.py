"""What S3 offers, answered from the folder and the store."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from ..errors import AwsError
from ..files import Draft
from . import xml
from .answer import XML, Answer, Ask, Operation
from .conditions import check_write
from .copies import CopySource
from .files import copy_into
from .folder import FolderObjects, no_such_bucket, no_such_key
from .headers import ETAG, TAGS, ObjectHeaders, copied, etag_of, kept
from .listing import list_buckets, list_objects
from .multipart import Multipart
from .parts import PartsUploads
from .payload import Payload
from .reading import Reading
from .request import S3Request, part_number
from .upload import Upload

_NOTHING = '"d41d8cd98f00b204e9800998ecf8427e"'  # the ETag of an empty object


class Operations:
    """Every operation by its name. Those of Multipart are among them."""

    def __init__(
        self, objects: FolderObjects, headers: ObjectHeaders, uploads: PartsUploads
    ) -> None:
        self._objects = objects
        self._headers = headers
        self._uploads = uploads
        self._multipart = Multipart(objects, headers, uploads, self._place)
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
            **self._multipart.named,
        }

    def find(self, request: S3Request) -> Operation:
        """The operation, for a request whose body is a document or nothing."""
        return self._folder if request.is_folder else self._named[request.operation]

    def receive(self, request: S3Request, payload: Payload, content_md5: str) -> Upload | None:
        """Where the body goes, when it is an object or a part.

        Raises:
            AwsError: ``NoSuchUpload``, ``InvalidArgument``.
        """
        if request.is_folder:
            return None
        if request.operation == "PutObject":
            return Upload(partial(self._objects.draft, request.bucket), payload, content_md5)
        if request.operation == "UploadPart":
            part_number(request.query.get("partNumber", ""))
            draft = partial(self._uploads.draft, self._multipart.find(request))
            return Upload(draft, payload, content_md5)
        return None

    def keep(self, ask: Ask, upload: Upload) -> Answer:
        """Puts a body that has arrived into its place."""
        if ask.request.operation == "UploadPart":
            return self._multipart.keep_part(ask, upload)
        draft, etag = upload.finish(), f'"{upload.md5}"'
        self._place(ask, draft, {**kept(ask.headers), **upload.checksums, ETAG: etag})
        return Answer(200, {"ETag": etag, **upload.checksums})

    def check(self, request: S3Request, headers: Mapping[str, str]) -> None:
        """Refuses a write whose conditions do not hold now; they are looked at again at its end.

        Raises:
            AwsError: ``PreconditionFailed``, ``NoSuchKey``.
        """
        bucket, key = request.bucket, request.key
        etag = self._headers.etag(bucket, key, self._objects.path(bucket, key))
        check_write(headers, bucket, key, etag)

    def _place(self, ask: Ask, draft: Draft, beside: Mapping[str, str]) -> None:
        """Makes a draft that is sealed the object, with what is kept beside it."""
        bucket, key = ask.request.bucket, ask.request.key
        with self._headers.changing(bucket, key):
            self.check(ask.request, ask.headers)
            path = self._objects.publish_draft(draft, bucket, key)
            self._headers.put(bucket, key, path, beside)

    # Buckets

    def _list_buckets(self, ask: Ask) -> Answer:
        return Answer(200, XML, list_buckets(self._objects))

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
        self._uploads.drop_bucket(ask.request.bucket)
        return Answer(204, {})

    def _get_location(self, ask: Ask) -> Answer:
        self._head_bucket(ask)
        return Answer(200, XML, xml.document("LocationConstraint"))

    def _get_versioning(self, ask: Ask) -> Answer:
        self._head_bucket(ask)
        return Answer(200, XML, xml.document("VersioningConfiguration"))

    def _list_objects(self, ask: Ask) -> Answer:
        request = ask.request
        found = list_objects(self._objects, self._headers, request.bucket, request.query)
        return Answer(200, XML, found)

    # Objects

    def _get_object(self, ask: Ask) -> Reading:
        request = ask.request
        return Reading.open(self._objects, self._headers, request.bucket, request.key, ask.headers)

    def _copy_object(self, ask: Ask) -> Answer:
        bucket, key = ask.request.bucket, ask.request.key
        source = CopySource.open(self._objects, self._headers, ask.headers)
        target = self._objects.path(bucket, key)
        beside = copied(source.beside, ask.headers)
        with source.file:
            if source.path != target:
                with self._objects.draft(bucket) as draft:
                    copy_into(source.file, draft.file)
                    draft.seal()
                    self._place(ask, draft, beside)
            elif ask.headers.get("x-amz-metadata-directive", "COPY").upper() == "REPLACE":
                self._headers.put(bucket, key, target, beside)
            else:
                raise AwsError(
                    "an object is copied onto itself only to replace its metadata; "
                    "expected MetadataDirective REPLACE",
                    code="InvalidRequest",
                    status=400,
                )
        status = target.stat()
        etag = etag_of(beside, status.st_size, status.st_mtime_ns)
        return Answer(200, XML, xml.copied("CopyObjectResult", etag, status.st_mtime))

    def _delete_object(self, ask: Ask) -> Answer:
        bucket, key = ask.request.bucket, ask.request.key
        with self._headers.changing(bucket, key):
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
        return Answer(200, XML, xml.document("DeleteResult", *parts))

    def _get_tags(self, ask: Ask) -> Answer:
        bucket, key = ask.request.bucket, ask.request.key
        beside = self._beside(bucket, key, self._objects.path(bucket, key))
        return Answer(200, XML, xml.tagging(beside.get(TAGS, "")))

    def _put_tags(self, ask: Ask) -> Answer:
        bucket, key = ask.request.bucket, ask.request.key
        path = self._objects.path(bucket, key)
        delete = ask.request.operation == "DeleteObjectTagging"
        tags = "" if delete else xml.read_tagging(ask.document)
        with self._headers.changing(bucket, key):
            beside = self._beside(bucket, key, path)
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
