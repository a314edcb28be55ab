"""The S3 door: what one endpoint needs to serve S3 beside the other services.

It tells S3's requests apart, checks who signed them, and answers from the folder; uploads in parts
are streamed through to the S3 server behind it.
"""

from __future__ import annotations

import contextlib
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tornado.routing import Rule

from ..errors import AwsError
from ..wire.service import Audit, Credentials
from ..wire.throttle import Throttle
from .access import Access, S3Matcher
from .folder import FolderObjects
from .handler import Handler
from .headers import ObjectHeaders
from .operations import Operations

_MAX_UPLOADS = 10_000


class S3Door:
    """Everything that requests share.

    Args:
        objects: the folder of buckets.
        address: the S3 server's unix socket.
        headers: what is kept beside objects.
        credentials: finds a key by its id and session token.
        account: twelve digits; other owners are refused.
        public_urls: where clients may believe the server to be.
        clock: epoch seconds.
        audit: told of each authenticated operation: caller, ``s3``, operation, ``OK`` or a code.
    """

    def __init__(
        self,
        objects: FolderObjects,
        address: Path,
        headers: ObjectHeaders,
        credentials: Credentials,
        *,
        account: str,
        public_urls: Iterable[str] = (),
        clock: Callable[[], float] = time.time,
        audit: Audit | None = None,
    ) -> None:
        self.objects = objects
        self.address = address
        self.headers = headers
        self.account = account
        self.operations = Operations(objects, headers)
        self.access = Access(credentials, public_urls, clock)
        self.audit = audit
        self.throttle = Throttle()
        self._uploads: OrderedDict[str, dict[str, str]] = OrderedDict()
        self._writing: set[tuple[str, str]] = set()

    @property
    def rule(self) -> Rule:
        """For the handlers of a tornado application, before those of other services."""
        return Rule(S3Matcher(), Handler, {"door": self})

    def forget_uploads(self) -> None:
        """Uploads in parts have ended with the S3 server: call it when that was started again."""
        self._uploads.clear()

    def begin_upload(self, upload: str, headers: dict[str, str]) -> None:
        """Keeps the headers of an upload in parts until it is completed."""
        self._uploads[upload] = headers
        if len(self._uploads) > _MAX_UPLOADS:
            self._uploads.popitem(last=False)

    def end_upload(self, upload: str) -> dict[str, str]:
        return self._uploads.pop(upload, {})

    @contextlib.contextmanager
    def writing(self, bucket: str, key: str) -> Iterator[None]:
        """Lets one conditional write of a key at a time go on, as S3 does.

        Raises:
            AwsError: ``ConditionalRequestConflict``.
        """
        place = (bucket, key)
        if place in self._writing:
            raise AwsError(
                f"another conditional write of s3://{bucket}/{key} is under way; try again",
                code="ConditionalRequestConflict",
                status=409,
            )
        self._writing.add(place)
        try:
            yield
        finally:
            self._writing.discard(place)
