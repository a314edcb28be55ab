"""``studio/s3/<bucket>/<key>``: S3, signed here for who is signed in to Jupyter.

Bodies are streamed in both directions. Objects are hostile: whatever one claims to be, the browser
is told to save it, and not to run it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from jupyter_server.auth.decorator import authorized
from jupyter_server.auth.utils import HTTP_METHOD_TO_AUTH_ACTION
from tornado import web
from tornado.httputil import HTTPHeaders
from tornado.iostream import StreamClosedError

from .base import StudioHandler, reaching, said
from .exchange import Exchange, Unreachable

LARGEST = 5 << 40  # bytes; S3's largest object
PATIENCE = 24 * 3600.0  # seconds that a body may take
UNSIGNED = "UNSIGNED-PAYLOAD"

ASKED = frozenset(
    ("content-type", "content-length", "content-md5", "content-encoding", "content-language",
     "range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since")
)  # fmt: skip
ANSWERED = frozenset(
    ("content-type", "content-length", "content-encoding", "content-language", "content-range",
     "accept-ranges", "etag", "last-modified")
)  # fmt: skip
OURS = frozenset(("x-amz-date", "x-amz-content-sha256", "x-amz-security-token"))
JUPYTERS = ("token", "_xsrf")


def _verb() -> Callable[..., Awaitable[None] | None]:
    """A method of the handler. Each needs its own: ``authorized`` keeps the first one's action."""

    @web.authenticated
    @authorized
    async def serve(self: S3Handler, path: str | None) -> None:
        await self.serve()

    return serve


@web.stream_request_body
class S3Handler(StudioHandler):
    """One request. Who may is settled before its body is read."""

    _exchange: Exchange | None = None

    get, head, put, post, delete = (_verb() for _ in range(5))

    @property
    def content_security_policy(self) -> str:
        return f"{super().content_security_policy}; default-src 'none'; sandbox"

    def compute_etag(self) -> str | None:
        return None  # the object's is its own

    def check_etag_header(self) -> bool:
        return False

    async def prepare(self) -> None:
        connection: Any = self.request.connection
        connection.set_max_body_size(LARGEST)
        connection.set_body_timeout(PATIENCE)
        await super().prepare()
        if self._finished:
            return
        method = self.request.method or ""
        await self.permit(HTTP_METHOD_TO_AUTH_ACTION[method])
        self.check_xsrf_cookie()  # of a GET too: no other site may embed what is in a bucket
        with reaching():
            self._exchange = await self.upstream.open(
                method,
                self._target(),
                service="s3",
                headers=self._asked(),
                payload_hash=UNSIGNED,
            )

    async def data_received(self, chunk: bytes) -> None:
        if self._exchange is not None:
            await self._exchange.write(chunk)

    def on_connection_close(self) -> None:
        if self._exchange is not None:
            self._exchange.abort()

    async def serve(self) -> None:
        """Answer, now that the body has been passed on."""
        assert self._exchange is not None
        try:
            with contextlib.suppress(StreamClosedError):  # the browser has gone
                await self._exchange.answer(self._begin, self._send)
                await self.finish()
        except Unreachable:
            if not self._headers_written:
                raise web.HTTPError(502, f"{Unreachable()}") from None
            # Nobody must take for whole what is not.
            connection: Any = self.request.connection
            connection.close()

    async def _begin(self, status: int, headers: HTTPHeaders) -> None:
        self.set_status(status)
        self.clear_header("Content-Type")
        for name, value in headers.get_all():
            if name.lower() in ANSWERED or name.lower().startswith("x-amz-"):
                self.set_header(name, value)
        self.set_header("Cache-Control", "private, no-cache")
        self.set_attachment_header(self._path.rpartition("/")[2])

    async def _send(self, data: bytes) -> None:
        self.write(data)
        await self.flush()

    @property
    def _path(self) -> str:
        """Bucket and key, decoded."""
        return self.path_args[0] or ""

    def _target(self) -> str:
        """Path and query for the daemon, without what is Jupyter's."""
        parts = self.request.query.split("&") if self.request.query else []
        kept = [part for part in parts if part.partition("=")[0] not in JUPYTERS]
        path = quote(f"/{self._path}", safe="/~")
        return f"{path}?{'&'.join(kept)}" if kept else path

    def _asked(self) -> dict[str, str]:
        named = {name.lower(): value for name, value in self.request.headers.items()}
        return {
            name: value
            for name, value in named.items()
            if name in ASKED or (name.startswith("x-amz-") and name not in OURS)
        }

    def write_error(self, status_code: int, **details: Any) -> None:
        """In S3's shape."""
        code = "AccessDenied" if status_code == 403 else "ServiceUnavailable"
        self.set_header("Content-Type", "application/xml")
        words = escape(said(details, status_code))
        self.finish(f"<Error><Code>{code}</Code><Message>{words}</Message></Error>")
