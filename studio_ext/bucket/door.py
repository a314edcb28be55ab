"""The S3 door: what one endpoint needs to serve S3 beside the other services.

It tells S3's requests apart, checks who signed them, and answers from the folder of buckets.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from weakref import WeakValueDictionary

from tornado.routing import Rule

from ..errors import AwsError
from ..wire.service import Audit, Credentials
from ..wire.throttle import Throttle
from .access import Access, S3Matcher
from .folder import FolderObjects
from .handler import Handler
from .headers import ObjectHeaders
from .operations import Operations
from .parts import PartsUploads


class S3Door:
    """Everything that requests share.

    Args:
        objects: the folder of buckets.
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
        headers: ObjectHeaders,
        credentials: Credentials,
        *,
        account: str,
        public_urls: Iterable[str] = (),
        clock: Callable[[], float] = time.time,
        audit: Audit | None = None,
    ) -> None:
        self.objects = objects
        self.headers = headers
        self.uploads = PartsUploads(objects)
        self.account = account
        self.operations = Operations(objects, headers, self.uploads)
        self.access = Access(credentials, public_urls, clock)
        self.audit = audit
        self.throttle = Throttle()
        self._writing: set[tuple[str, str]] = set()
        self._ending: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @property
    def rule(self) -> Rule:
        """For the handlers of a tornado application, before those of other services."""
        return Rule(S3Matcher(), Handler, {"door": self})

    def ending(self, upload: str) -> asyncio.Lock:
        """Lets one at a time complete or abort an upload in parts; the next finds what is left."""
        return self._ending.setdefault(upload, asyncio.Lock())

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
