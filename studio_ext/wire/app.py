"""The doors: a tornado application in front of gate and dispatcher."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tornado.httputil import HTTPHeaders
from tornado.web import Application, RequestHandler, stream_request_body

from ..errors import AwsError
from .dispatch import Dispatcher, codec_of, new_request_id, with_id
from .faults import MethodNotAllowed, RequestTooLarge, SerializationException
from .gate import BODY_LIMIT, Gate, Pass
from .protocols import RestCodec
from .service import Audit, Caller, Credentials, Head, Response, Service
from .throttle import Throttle

# A client sends its whole body before it looks at the answer, and a connection closed under it
# would lose the answer; so the body of a refused request is read up to this and thrown away.
DRAIN_LIMIT = 512 * 1024 * 1024
BODY_TIMEOUT = 120.0


def make_app(
    services: Iterable[Service],
    credentials: Credentials,
    *,
    account: str,
    public_urls: Iterable[str] = (),
    clock: Callable[[], float] = time.time,
    audit: Audit | None = None,
    extra_handlers: Sequence[Any] = (),
    token_key: bytes | None = None,
    limit: int = BODY_LIMIT,
    throttle: Throttle | None = None,
) -> Application:
    """The API of ``services`` as a tornado application.

    Serve it with ``HTTPServer(app, decompress_request=False)``: signatures are over the bytes
    as sent.

    Args:
        credentials: finds a key by its id and session token.
        account: twelve digits.
        public_urls: where clients may believe this server to be, with path prefix, if proxies
            stand in front.
        clock: epoch seconds.
        audit: told of each authenticated action.
        extra_handlers: tornado handlers that come before the API.
        token_key: seals page tokens across restarts; a random one otherwise.
        limit: bytes of a request's body.
        throttle: holds back the answers to refused signatures.
    """
    gate = Gate(credentials, account=account, public_urls=public_urls, clock=clock, limit=limit)
    dispatcher = Dispatcher(services, audit or _no_audit, token_key)
    shared = {"gate": gate, "dispatcher": dispatcher, "throttle": throttle or Throttle()}
    return Application([*extra_handlers, (r".*", Door, shared)], log_function=_no_log)


def _no_audit(caller: Caller, service: str, operation: str, outcome: str) -> None:
    """The default: nobody listens."""


def _no_log(handler: RequestHandler) -> None:
    """The audit says what was done; an access log would say it twice."""


@stream_request_body
class Door(RequestHandler):
    """One request on its way in and out."""

    def initialize(self, gate: Gate, dispatcher: Dispatcher, throttle: Throttle) -> None:
        self._gate, self._dispatcher, self._throttle = gate, dispatcher, throttle
        self._passed: Pass | None = None
        self._chunks: list[bytes] = []
        self._size = 0

    def set_default_headers(self) -> None:
        self.clear_header("Server")

    async def prepare(self) -> None:
        connection: Any = self.request.connection
        connection.set_max_body_size(DRAIN_LIMIT)
        connection.set_body_timeout(BODY_TIMEOUT)
        self._head = _head(self.request.method or "", self.request.uri or "", self.request.headers)
        try:
            if self._head.method not in ("GET", "POST", "PUT", "DELETE", "PATCH"):
                raise MethodNotAllowed(f"{self._head.method[:20]} is not used by AWS's protocols")
            self._passed = self._gate.admit(self._head)
        except AwsError as error:
            await self._refuse(error)

    async def data_received(self, chunk: bytes) -> None:
        if self._passed is None:
            return
        self._size += len(chunk)
        if self._size > self._gate.limit:  # chunked, so nobody could tell before
            self._passed = None
            self._chunks.clear()
            await self._refuse(RequestTooLarge(self._gate.limit))
        else:
            self._chunks.append(chunk)

    async def post(self) -> None:
        if self._passed is None:  # answered; now that the body is read the connection may go on
            self._end()
            return
        body = b"".join(self._chunks)
        try:
            caller, head, body = self._gate.enter(self._passed, body)
        except AwsError as error:
            await self._refuse(error)
            self._end()
            return
        scope = self._passed.claim.service
        self._send(await self._dispatcher.respond(caller, scope, head, body))
        self.finish()

    get = put = delete = patch = head = options = post

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """tornado's own refusals (a method nobody knows) and our bugs, in AWS's shape."""
        request_id = new_request_id()
        error: AwsError = SerializationException(
            "the request is not valid HTTP", status=status_code
        )
        if status_code >= 500:
            error = AwsError("Studio failed on this request; its log says why", status=status_code)
        self._send(with_id(RestCodec().fault(error, request_id), request_id))
        self._end()

    async def _refuse(self, error: AwsError) -> None:
        """Answer now; the body, if any is still to come, is read and thrown away."""
        if error.status == 403:
            await asyncio.sleep(self._throttle.penalty(self.request.remote_ip or ""))
        request_id = new_request_id()
        self._send(with_id(codec_of(self._head).fault(error, request_id), request_id))
        length = self._head.headers.get("content-length", "0")
        endless = not length.isdecimal() or len(length) > 12 or int(length) > DRAIN_LIMIT
        if endless or "expect" in self._head.headers:
            self.set_header("Connection", "close")
            self.finish()
        else:
            await self.flush()

    def _end(self) -> None:
        if not self._finished:
            self.finish()

    def _send(self, response: Response) -> None:
        self.set_status(response.status)
        for name, value in response.headers.items():
            self.set_header(name, value)
        self.set_header("Content-Length", str(len(response.body)))
        if self.request.method != "HEAD":
            self.write(response.body)


def _head(method: str, uri: str, headers: HTTPHeaders) -> Head:
    path, _, query = uri.partition("?")
    return Head(method, path, query, {name.lower(): value for name, value in headers.items()})
