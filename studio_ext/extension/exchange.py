"""One HTTP request to the daemon, streamed in both directions."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Awaitable, Callable, Mapping

from tornado.http1connection import HTTP1Connection, HTTP1ConnectionParameters
from tornado.httputil import (
    HTTPHeaders,
    HTTPMessageDelegate,
    RequestStartLine,
    ResponseStartLine,
)
from tornado.iostream import IOStream, StreamClosedError

from ..errors import StudioError

_PIECE = 256 * 1024
_ENDLESS = 1 << 62

OnHead = Callable[[int, HTTPHeaders], Awaitable[None]]
OnData = Callable[[bytes], Awaitable[None]]


class Unreachable(StudioError):
    """The daemon does not answer, or stopped answering."""

    def __init__(self) -> None:
        super().__init__("Studio's daemon does not answer; try again, and see: studio status")


class Exchange:
    """A request under way. ``write`` its body, then ``answer``; ``abort`` at any time.

    Whoever writes or is handed data waits until the other side has taken it, so neither body is
    ever in memory as a whole.
    """

    def __init__(self, stream: IOStream, connection: HTTP1Connection) -> None:
        self._stream, self._connection = stream, connection

    @classmethod
    async def open(
        cls, host: str, port: int, method: str, target: str, headers: Mapping[str, str]
    ) -> Exchange:
        """Connect and send the head.

        Args:
            target: path and query, percent-encoded.
            headers: all of them; a request with a body needs its Content-Length.

        Raises:
            Unreachable: nobody listens there.
        """
        stream = IOStream(socket.socket(), max_buffer_size=64 << 20)
        try:
            await stream.connect((host, port))
        except (OSError, StreamClosedError):
            stream.close()
            raise Unreachable from None
        stream.set_nodelay(True)
        parameters = HTTP1ConnectionParameters(chunk_size=_PIECE, max_body_size=_ENDLESS)
        connection = HTTP1Connection(stream, True, parameters)
        connection.write_headers(RequestStartLine(method, target, "HTTP/1.1"), HTTPHeaders(headers))
        return cls(stream, connection)

    async def write(self, data: bytes) -> None:
        """Send a piece of the body; returns when there is room for more."""
        # Who refuses early closes this end; what was said is for ``answer`` to find.
        with contextlib.suppress(StreamClosedError):
            await self._connection.write(data)

    async def answer(self, on_head: OnHead, on_data: OnData) -> None:
        """End the body, and hand on the answer as it comes.

        Raises:
            Unreachable: there is no answer, or it broke off.
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
        if not reader.whole:
            raise Unreachable

    def abort(self) -> None:
        """Break off; of an upload nothing is kept."""
        self._stream.close()


class _Reader(HTTPMessageDelegate):
    def __init__(self, stream: IOStream, on_head: OnHead, on_data: OnData) -> None:
        self._stream, self._on_head, self._on_data = stream, on_head, on_data
        self.whole = False
        self.failure: Exception | None = None

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        assert isinstance(start_line, ResponseStartLine)
        if start_line.code < 200:
            return None
        return self._guarded(lambda: self._on_head(start_line.code, headers))

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        return self._guarded(lambda: self._on_data(chunk))

    def finish(self) -> None:
        self.whole = True

    def on_connection_close(self) -> None:
        """The stream's end; ``whole`` says whether it came too early."""

    async def _guarded(self, step: Callable[[], Awaitable[None]]) -> None:
        """Keeps what a callback raises from tornado, which would only log it; then no more run."""
        if self.failure is not None:
            return
        try:
            await step()
        except Exception as error:
            self.failure = error
            self._stream.close()
