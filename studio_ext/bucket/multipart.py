"""What S3 offers for uploads in parts."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from typing import BinaryIO
from urllib.parse import quote

from ..errors import AwsError
from ..files import Draft
from . import xml
from .answer import XML, Answer, Ask, Operation
from .copies import CopySource
from .files import copy_into
from .folder import FolderObjects
from .headers import ETAG, ObjectHeaders, kept
from .listing import list_parts, list_uploads
from .parts import PartsUpload, PartsUploads
from .payload import Sums, checksums
from .request import S3Request, part_number
from .upload import Upload

_PIECE = 8 << 20
_SIZE = "x-amz-mp-object-size"


class Multipart:
    """Operations on uploads in parts, and on the parts.

    Args:
        place: makes a draft that is sealed the object that a request names, with what is kept
            beside it.
    """

    def __init__(
        self,
        objects: FolderObjects,
        headers: ObjectHeaders,
        uploads: PartsUploads,
        place: Callable[[Ask, Draft, Mapping[str, str]], None],
    ) -> None:
        self._objects = objects
        self._headers = headers
        self._uploads = uploads
        self._place = place
        self.named: Mapping[str, Operation] = {
            "CreateMultipartUpload": self._create,
            "UploadPartCopy": self._copy_part,
            "CompleteMultipartUpload": self._complete,
            "AbortMultipartUpload": self._abort,
            "ListParts": self._list_parts,
            "ListMultipartUploads": self._list_uploads,
        }

    def find(self, request: S3Request) -> PartsUpload:
        """The upload that a request names.

        Raises:
            AwsError: ``NoSuchUpload``.
        """
        return self._uploads.find(request.bucket, request.key, request.query["uploadId"])

    def keep_part(self, ask: Ask, upload: Upload) -> Answer:
        """Makes a body that has arrived a part."""
        number = part_number(ask.request.query.get("partNumber", ""))
        draft = upload.finish()
        self._uploads.keep(self.find(ask.request), number, draft, upload.md5)
        return Answer(200, {"ETag": f'"{upload.md5}"', **upload.checksums})

    def _create(self, ask: Ask) -> Answer:
        bucket, key = ask.request.bucket, ask.request.key
        upload = self._uploads.begin(bucket, key, kept(ask.headers))
        parts = {"Bucket": bucket, "Key": key, "UploadId": upload.id}
        return Answer(200, XML, xml.document("InitiateMultipartUploadResult", *_elements(parts)))

    def _copy_part(self, ask: Ask) -> Answer:
        number = part_number(ask.request.query.get("partNumber", ""))
        upload = self.find(ask.request)
        source = CopySource.open(self._objects, self._headers, ask.headers)
        with source.file, self._uploads.draft(upload) as draft:
            md5 = _copy_and_hash(source.file, draft.file, source.start, source.length)
            draft.seal()
            modified = os.fstat(draft.file.fileno()).st_mtime
            self._uploads.keep(upload, number, draft, md5)
        return Answer(200, XML, xml.copied("CopyPartResult", f'"{md5}"', modified))

    def _complete(self, ask: Ask) -> Answer:
        bucket, key = ask.request.bucket, ask.request.key
        upload = self.find(ask.request)
        wanted = xml.read_parts(ask.document)
        # What Complete declares is of the whole object. A sum of the parts' sums (`…-12`) tells
        # nothing new: each part was compared when it came.
        declared = {n: sum for n, sum in checksums(ask.headers).items() if "-" not in sum}
        with self._objects.draft(bucket) as draft:
            etag = self._uploads.join(upload, wanted, draft.file)
            _compare(draft.file, declared, ask.headers.get(_SIZE))
            draft.seal()
            beside = {**upload.headers, **declared, ETAG: etag}
            self._place(ask, draft, beside)
        self._uploads.end(upload)  # last: whoever is killed before can be asked the same again
        parts = {"Location": quote(f"/{bucket}/{key}"), "Bucket": bucket, "Key": key, "ETag": etag}
        return Answer(200, XML, xml.document("CompleteMultipartUploadResult", *_elements(parts)))

    def _abort(self, ask: Ask) -> Answer:
        self._uploads.end(self.find(ask.request))
        return Answer(204, {})

    def _list_parts(self, ask: Ask) -> Answer:
        upload = self.find(ask.request)
        return Answer(200, XML, list_parts(self._uploads, upload, ask.request.query))

    def _list_uploads(self, ask: Ask) -> Answer:
        self._objects.path(ask.request.bucket, "")
        return Answer(200, XML, list_uploads(self._uploads, ask.request.bucket, ask.request.query))


def _elements(named: Mapping[str, str]) -> list[str]:
    return [xml.element(name, text) for name, text in named.items()]


def _copy_and_hash(source: BinaryIO, target: BinaryIO, start: int, length: int) -> str:
    """Copies bytes into an empty file; returns the MD5, in hex, of what is in it then.

    Raises:
        AwsError: ``PreconditionFailed``, when the source was cut short.
    """
    md5 = hashlib.md5(usedforsecurity=False)
    done = 0
    while done < length:
        count = copy_into(source, target, start + done, min(_PIECE, length - done))
        if not count:
            raise AwsError("the source was cut short while it was copied; try again",
                           code="PreconditionFailed", status=412)  # fmt: skip
        md5.update(os.pread(target.fileno(), count, done))
        done += count
    return md5.hexdigest()


def _compare(file: BinaryIO, declared: Mapping[str, str], size: str | None) -> None:
    """Compares an object with what was declared of it.

    Raises:
        AwsError: ``InvalidRequest``, ``BadDigest``.
    """
    found = os.fstat(file.fileno()).st_size
    if size is not None and size != str(found):
        raise AwsError(f"{_SIZE} is {size[:40]}; the parts have {found} bytes",
                       code="InvalidRequest", status=400)  # fmt: skip
    if declared:
        sums = Sums(declared)
        file.seek(0)
        while piece := file.read(_PIECE):
            sums.update(piece)
        sums.compare(declared)
