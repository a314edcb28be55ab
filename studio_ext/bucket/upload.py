"""An object on its way into the folder: beside its place until it is whole, then there at once."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import tempfile
from typing import BinaryIO

from ..errors import AwsError
from ..files import sync_directory
from .folder import FolderObjects, temporary_prefix
from .payload import Payload


class Upload:
    """Takes the body of a PutObject. Its methods block; call them from a thread, one at a time.

    Args:
        payload: decodes and checks the body.
        content_md5: the request's ``Content-MD5``, or ``""``.
    """

    def __init__(
        self, objects: FolderObjects, bucket: str, key: str, payload: Payload, content_md5: str
    ) -> None:
        self._objects = objects
        self._bucket, self._key = bucket, key
        self._payload = payload
        self._content_md5 = content_md5
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._file: BinaryIO | None = None
        self._name: str | None = None

    def absorb(self, data: bytes) -> None:
        """Takes bytes of the body.

        Raises:
            AwsError: the body is not what was declared.
            OSError: the disk is full.
        """
        self._write(self._payload.feed(data))

    def finish(self) -> None:
        """Takes the end of the body, and compares it with what was declared and signed.

        Raises:
            AwsError: it is something else.
        """
        self._write(self._payload.end())
        if self._content_md5 and self._content_md5 != base64.b64encode(self._md5.digest()).decode():
            raise AwsError(
                f"Content-MD5 is {self._content_md5[:40]!r}; the content's is "
                f"{base64.b64encode(self._md5.digest()).decode()!r}",
                code="BadDigest",
                status=400,
            )

    def publish(self) -> str:
        """Makes the whole upload the object, on disk, and returns its ETag."""
        file = self._open()
        file.flush()
        os.fsync(file.fileno())
        file.close()
        assert self._name is not None
        target = self._objects.make_room(self._bucket, self._key)
        os.replace(self._name, target)
        self._name = None
        sync_directory(target.parent)
        return f'"{self._md5.hexdigest()}"'

    def abort(self) -> None:
        """Forgets the upload; an older object stays. After ``publish`` it does nothing."""
        if self._file is not None:
            self._file.close()
        if self._name is not None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._name)
            self._name = None

    def _write(self, content: bytes) -> None:
        if content:
            self._md5.update(content)
            self._open().write(content)

    def _open(self) -> BinaryIO:
        if self._file is None:
            # In the bucket's own folder: on its file system, and no folder of the key is made
            # for an upload that may fail.
            folder = self._objects.path(self._bucket, "")
            descriptor, self._name = tempfile.mkstemp(prefix=temporary_prefix(), dir=folder)
            self._file = os.fdopen(descriptor, "wb")
        return self._file
