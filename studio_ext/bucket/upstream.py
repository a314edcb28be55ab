"""One request to the S3 server behind the door, streamed in both directions."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from tornado.http1connection import HTTP1Connection, HTTP1ConnectionParameters
from tornado.httputil import (
    HTTPHeaders,
    HTTPMessageDelegate,
    RequestStartLine,
    ResponseStartLine,
)
from tornado.iostream import IOStream, StreamClosedError

from ..errors import AwsError

PATIENCE = 8.0  # seconds in which a server that died is running again
_CHUNK = 256 * 1024
_ENDLESS = 1 << 62

OnHead = Callable[[int, HTTPHeaders], Awaitable[None]]
OnData = Callable[[bytes], Awaitable[None]]


class Exchange:
    """A request under way. ``write`` its body, then ``answer``; ``abort`` at any time."""

    def __init__(self, stream: IOStream, connection: HTTP1Connection) -> None:
        self._stream = stream
        self._connection = connection

    @classmethod
    async def open(
        cls, address: Path, method: str, target: str, headers: Mapping[str, str]
    ) -> Exchange:
        """Connects, waiting a little for a server that is being started again, and sends the head.

        Raises:
            AwsError: ``ServiceUnavailable``, which clients retry.
        """
        stream = await _connect(address)
        parameters = HTTP1ConnectionParameters(chunk_size=_CHUNK, max_body_size=_ENDLESS)
        connection = HTTP1Connection(stream, True, parameters)
        head = HTTPHeaders({"Host": "bucket", **headers})
        connection.write_headers(RequestStartLine(method, target, "HTTP/1.1"), head)
        return cls(stream, connection)

    async def write(self, data: bytes) -> None:
        """Sends a piece of the body; returns when the server has room for more."""
        # A server that refuses early closes its end; what it said is for ``answer`` to find.
        with contextlib.suppress(StreamClosedError):
            await self._connection.write(data)

    async def answer(self, on_head: OnHead, on_data: OnData) -> None:
        """Ends the body, and hands on the answer as it comes.

        Raises:
            AwsError: ``ServiceUnavailable``, when there is no answer.
            Truncated: when it breaks off after its head.
        """
        with contextlib.suppress(StreamClosedError):
            self._connection.finish()
        reader = _Reader(self._stream, on_head, on_data)
        try:
            # It raises when the stream was closed before, which ``reader`` tells better.
            with contextlib.suppress(StreamClosedError):
                await self._connection.read_response(reader)
        finally:
            self._stream.close()
        if reader.failure is not None:
            raise reader.failure
        if not reader.began:
            raise _unavailable()
        if not reader.whole:
            raise Truncated

    def abort(self) -> None:
        """Breaks off; an upload leaves nothing visible."""
        self._stream.close()


class Truncated(Exception):
    """The answer broke off after its head was passed on."""


class _Reader(HTTPMessageDelegate):
    def __init__(self, stream: IOStream, on_head: OnHead, on_data: OnData) -> None:
        self._stream = stream
        self._on_head = on_head
        self._on_data = on_data
        self.began = False
        self.whole = False
        self.failure: BaseException | None = None

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        assert isinstance(start_line, ResponseStartLine)
        if start_line.code < 200:
            return None
        self.began = True
        return self._guarded(lambda: self._on_head(start_line.code, headers))

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        return self._guarded(lambda: self._on_data(chunk))

    def finish(self) -> None:
        self.whole = True

    def on_connection_close(self) -> None:
        """The stream's end; ``whole`` says whether it came too early."""

    async def _guarded(self, step: Callable[[], Awaitable[None]]) -> None:
        """Keeps what a callback raises from tornado, which would only log it; then no more runs."""
        if self.failure is not None:
            return
        try:
            await step()
        except Exception as error:
            self.failure = error
            self._stream.close()


async def _connect(address: Path) -> IOStream:
    deadline = time.monotonic() + PATIENCE
    while True:
        stream = IOStream(socket.socket(socket.AF_UNIX), max_buffer_size=64 << 20)
        try:
            await stream.connect(str(address))
            return stream
        except (OSError, StreamClosedError):
            stream.close()
            if time.monotonic() > deadline:
                raise _unavailable() from None
        await asyncio.sleep(0.02)


def _unavailable() -> AwsError:
    return AwsError(
        "the S3 server behind Studio does not answer; try again, and see: studio doctor",
        code="ServiceUnavailable",
        status=503,
    )
