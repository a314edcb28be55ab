"""A body on its way into the folder: beside its place until it is whole, then there at once."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping

from ..errors import AwsError
from ..files import Draft
from .payload import Payload


class Upload:
    """Takes the body of an object or of a part. Its methods block; call them from a thread, one at
    a time.

    Args:
        draft: makes the file for it, when there is something to write.
        payload: decodes and checks the body.
        content_md5: the request's ``Content-MD5``, or ``""``.
    """

    def __init__(self, draft: Callable[[], Draft], payload: Payload, content_md5: str) -> None:
        self._make = draft
        self._draft: Draft | None = None
        self._payload = payload
        self._content_md5 = content_md5
        self._md5 = hashlib.md5(usedforsecurity=False)

    @property
    def md5(self) -> str:
        """Of the content that has arrived, in hex."""
        return self._md5.hexdigest()

    @property
    def checksums(self) -> Mapping[str, str]:
        """``x-amz-checksum-…`` headers of the content, as sent; complete after ``finish``."""
        return self._payload.checksums

    def absorb(self, data: bytes) -> None:
        """Takes bytes of the body.

        Raises:
            AwsError: the body is not what was declared.
            OSError: the disk is full.
        """
        self._write(self._payload.feed(data))

    def finish(self) -> Draft:
        """Takes the end of the body, and compares it with what was declared and signed.

        Returns:
            The content on disk, which takes its place when it is published.

        Raises:
            AwsError: it is something else.
            OSError: the disk is full.
        """
        self._write(self._payload.end())
        ours = base64.b64encode(self._md5.digest()).decode()
        if self._content_md5 not in ("", ours):
            raise AwsError(
                f"Content-MD5 is {self._content_md5[:40]!r}; the content's is {ours!r}",
                code="BadDigest",
                status=400,
            )
        draft = self._open()
        draft.seal()
        return draft

    def abort(self) -> None:
        """Forgets the upload; what was in its place stays. After it was published, nothing."""
        if self._draft is not None:
            self._draft.discard()

    def _write(self, content: bytes) -> None:
        if content:
            self._md5.update(content)
            self._open().file.write(content)

    def _open(self) -> Draft:
        if self._draft is None:
            self._draft = self._make()
        return self._draft
