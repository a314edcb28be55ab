"""The daemon's own paths, for its door in Jupyter: ``/studio/<what>``, signed like all others."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from typing import Any

from tornado.ioloop import PeriodicCallback
from tornado.iostream import StreamClosedError
from tornado.web import RequestHandler

from ..errors import AwsError
from ..wire.dispatch import new_request_id, with_id
from ..wire.faults import InvalidSignature
from ..wire.gate import Gate
from ..wire.protocols import JsonCodec
from ..wire.service import Audit, Caller, Credentials, Head
from ..wire.throttle import Throttle
from . import model
from .disk import Disk
from .feed import Feed
from .mailbox import Mailbox

SERVICE = "studio"
"""What requests are signed for."""

BEAT = 10.0
"""Seconds between empty lines, so that a listener hears that we are still there."""


class PagesDoor:
    """What the handlers share.

    Args:
        feed, disk: what is told.
        roles: the ARNs of the roles that there are.
        credentials: finds a key by its id and session token.
        account: twelve digits.
        public_urls: where clients may believe the server to be.
        audit: told of each authenticated request.
    """

    def __init__(
        self,
        feed: Feed,
        disk: Disk,
        roles: Callable[[], list[str]],
        credentials: Credentials,
        audit: Audit,
        *,
        account: str,
        public_urls: Iterable[str] = (),
    ) -> None:
        self.feed, self.disk, self.roles = feed, disk, roles
        self.gate = Gate(credentials, account=account, public_urls=public_urls, limit=0)
        self.throttle = Throttle()
        self.audit = audit

    @property
    def rules(self) -> list[Any]:
        """For the handlers of a tornado application, before those of AWS's services."""
        pages = {"events": Events, "disk": Usage, "model": Model}
        return [(f"/studio/{name}", page, {"door": self}) for name, page in pages.items()]


class Page(RequestHandler):
    """A GET that was signed for ``studio``; nothing else gets beyond ``prepare``."""

    operation = ""
    """Its name in the audit log."""

    def initialize(self, door: PagesDoor) -> None:
        self._door = door

    def set_default_headers(self) -> None:
        self.clear_header("Server")

    async def prepare(self) -> None:
        path, _, query = (self.request.uri or "").partition("?")
        headers = {name.lower(): value for name, value in self.request.headers.items()}
        head = Head(self.request.method or "", path, query, headers)
        try:
            caller = self._admit(head)
        except AwsError as error:
            if error.status == 403:
                await asyncio.sleep(self._door.throttle.penalty(self.request.remote_ip or ""))
            self.refuse(error)
        else:
            self._door.audit(caller, SERVICE, self.operation, "OK")

    def _admit(self, head: Head) -> Caller:
        passed = self._door.gate.admit(head)
        if passed.claim.service != SERVICE:
            raise InvalidSignature(
                f"signed for service {passed.claim.service!r}; expected {SERVICE!r}"
            )
        caller, _, _ = self._door.gate.enter(passed, b"")
        return caller

    def refuse(self, error: AwsError) -> None:
        """Answer in AWS's JSON shape."""
        request_id = new_request_id()
        response = with_id(JsonCodec("1.1").fault(error, request_id), request_id)
        self.set_status(response.status)
        for name, value in response.headers.items():
            self.set_header(name, value)
        self.finish(response.body)


class Events(Page):
    """The feed, a message a line, until the listener goes; with ``?once`` only its hello."""

    operation = "Events"

    _mailbox: Mailbox | None = None

    async def get(self) -> None:
        feed = self._door.feed
        self.set_header("Content-Type", "application/x-ndjson")
        if self.request.query == "once":
            self.finish(feed.hello())
            return
        with feed.listening() as mailbox, contextlib.suppress(StreamClosedError):
            self._mailbox = mailbox
            beat = PeriodicCallback(lambda: mailbox.put("\n"), BEAT * 1000)
            beat.start()
            try:
                async for lines in mailbox:
                    self.write("".join(lines) or feed.hello())
                    await self.flush()
            finally:
                beat.stop()

    def on_connection_close(self) -> None:
        if self._mailbox is not None:
            self._mailbox.close()


class Usage(Page):
    """What lies on the disk."""

    operation = "Disk"

    async def get(self) -> None:
        self.finish(await self._door.disk.usage())


class Model(Page):
    """What the sidebar and its forms are made from."""

    operation = "Model"

    async def get(self) -> None:
        operation = self.get_query_argument("operation", None)
        try:
            if operation is not None:
                self.finish(await asyncio.to_thread(model.form, operation))
            elif self.get_query_argument("algorithms", None):
                self.finish({**model.catalogue(), "roles": self._door.roles()})
            else:
                self.finish(model.console_model())
        except AwsError as error:
            self.refuse(error)
