"""One S3 request on its way through the door."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Coroutine, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tornado.httputil import HTTPHeaders
from tornado.iostream import StreamClosedError
from tornado.web import RequestHandler, stream_request_body

from ..errors import AwsError
from ..wire.dispatch import new_request_id
from ..wire.service import Caller, Head
from . import xml
from .access import MAX_UPLOAD, Signed, body_of, virtual_bucket
from .answer import XML, Answer, Ask
from .conditions import has_conditions
from .headers import kept
from .payload import Payload
from .reading import Reading
from .request import S3Request
from .upload import Upload

if TYPE_CHECKING:
    from .door import S3Door

_BODY_SECONDS = 24 * 3600.0
_MAX_DOCUMENT = 4 << 20  # bytes of a body that we read ourselves; ten thousand parts fit
_PIECE = 1 << 20  # bytes of an object that are read at once
_PATIENCE = 10.0  # seconds without a sign of life after which clients may ask again


class _AsSent(HTTPHeaders):
    """Headers whose metadata names stay in lower case: clients read them with their case."""

    def get_all(self) -> Iterator[tuple[str, str]]:
        for name, value in super().get_all():
            yield (name.lower() if name.startswith("X-Amz-Meta-") else name), value


@stream_request_body
class Handler(RequestHandler):
    """Checks the head, takes the body as it comes, and answers.

    Objects and parts are stored while they arrive (:class:`~.upload.Upload`); what else there is to
    know, :class:`~.operations.Operations` knows.
    """

    def initialize(self, door: S3Door) -> None:
        self._door = door
        self._request_id = new_request_id()
        self._signed: Signed | None = None
        self._asked: S3Request | None = None
        self._payload: Payload | None = None
        self._upload: Upload | None = None
        self._arrived = bytearray()
        self._document = bytearray()
        self._answered = False
        self._begun = False  # whether the head of an answer is out before what it will be is known
        self._working = False
        self._left = False
        self._locks = contextlib.ExitStack()

    def set_default_headers(self) -> None:
        for name in ("Server", "Content-Type"):
            self.clear_header(name)

    def clear(self) -> None:
        super().clear()
        headers = _AsSent()
        for name, value in self._headers.get_all():
            headers[name] = value
        self._headers = headers

    def compute_etag(self) -> str | None:
        return None  # the object's is its own

    def check_etag_header(self) -> bool:
        return False

    # The way in

    async def prepare(self) -> None:
        connection: Any = self.request.connection
        connection.set_max_body_size(2 * MAX_UPLOAD)
        connection.set_body_timeout(_BODY_SECONDS)
        path, _, query = (self.request.uri or "").partition("?")
        headers = {name.lower(): value for name, value in self.request.headers.items()}
        self._head = Head(self.request.method or "", path, query, headers)
        await self._guard(self._admit())

    async def _admit(self) -> None:
        head, door = self._head, self._door
        try:
            signed = self._signed = door.access.verify(head)
        except AwsError as error:
            if error.status == 403:
                await asyncio.sleep(door.throttle.penalty(self.request.remote_ip or ""))
            raise
        asked = self._asked = S3Request.parse(
            head.method, self._local_path(), head.query, head.headers, virtual_bucket(head)
        )
        owner = head.headers.get("x-amz-expected-bucket-owner", door.account)
        if owner != door.account:
            raise AwsError(
                f"bucket {asked.bucket!r} belongs to account {door.account}, not to {owner}",
                code="AccessDenied",
                status=403,
            )
        if asked.key:
            door.objects.path(asked.bucket, asked.key)
        if asked.writes and not asked.is_folder:
            door.objects.clear_way(asked.bucket, asked.key)
            kept(head.headers)
            if has_conditions(head.headers):
                self._locks.enter_context(door.writing(asked.bucket, asked.key))
                door.operations.check(asked, head.headers)
        whole = asked.operation == "CompleteMultipartUpload"  # declares the object's checksums
        self._payload = body_of(head, signed, checksums=not whole)
        md5 = head.headers.get("content-md5", "")
        self._upload = door.operations.receive(asked, self._payload, md5)

    async def data_received(self, chunk: bytes) -> None:
        if self._answered:
            return
        self._arrived += chunk
        if len(self._arrived) >= _PIECE:
            await self._guard(self._take())

    async def _take(self) -> None:
        """Works on what has arrived, in a thread: other requests go on meanwhile."""
        data, self._arrived = bytes(self._arrived), bytearray()
        if self._upload is not None:
            await asyncio.to_thread(self._upload.absorb, data)
            return
        assert self._payload is not None
        self._read(await asyncio.to_thread(self._payload.feed, data))

    def _read(self, content: bytes) -> None:
        self._document += content
        if len(self._document) > _MAX_DOCUMENT:
            raise AwsError(f"a body of more than {_MAX_DOCUMENT} bytes; expected a document",
                           code="MaxMessageLengthExceeded", status=400)  # fmt: skip

    def on_connection_close(self) -> None:
        self._left = True
        if not self._working:
            self._let_go()

    def on_finish(self) -> None:
        self._let_go()  # of nothing, when all went well

    def _let_go(self) -> None:
        """Breaks an upload off; it leaves nothing visible."""
        if self._upload is not None:
            self._upload.abort()
        self._locks.close()

    # The way out

    async def _serve(self) -> None:
        if not self._answered:
            await self._guard(self._operate())
        if not self._finished:
            with contextlib.suppress(StreamClosedError):
                await self.finish()

    get = put = post = delete = head = patch = options = _serve

    async def _operate(self) -> None:
        asked, door = self._asked, self._door
        assert asked is not None
        assert self._payload is not None
        assert self._signed is not None
        if self._upload is None:
            if self._arrived:
                await self._take()
            self._read(self._payload.end())
        ask = Ask(asked, self._head.headers, bytes(self._document), self._signed.claim.region)
        found: Answer | Reading
        if self._upload is not None:
            found = await asyncio.to_thread(self._keep, self._upload, ask)
        elif asked.operation == "CompleteMultipartUpload":
            found = await self._show_life(self._end_upload(ask))
        elif asked.operation == "AbortMultipartUpload":
            found = await self._end_upload(ask)
        else:
            found = await asyncio.to_thread(door.operations.find(asked), ask)
        if isinstance(found, Reading):
            await self._send_object(found, asked)
        else:
            self._say(found.status, found.headers, found.body)

    def _keep(self, upload: Upload, ask: Ask) -> Answer:
        upload.absorb(bytes(self._arrived))
        return self._door.operations.keep(ask, upload)

    async def _end_upload(self, ask: Ask) -> Answer | Reading:
        async with self._door.ending(ask.request.query["uploadId"]):
            return await asyncio.to_thread(self._door.operations.find(ask.request), ask)

    async def _show_life(self, work: Coroutine[Any, Any, Answer | Reading]) -> Answer | Reading:
        """Waits for what may take minutes, and sends a space now and then: a client that hears
        nothing asks again, and would be told that the upload has ended.
        """
        task = asyncio.create_task(work)
        while not (await asyncio.wait([task], timeout=_PATIENCE))[0]:
            if not self._begun:
                self._begun = True
                self._write_head(200, XML)
                self.write(xml.DECLARATION)
            self.write(" ")
            with contextlib.suppress(StreamClosedError):  # the client has gone; the work goes on
                await self.flush()
        return task.result()

    async def _send_object(self, reading: Reading, asked: S3Request) -> None:
        with reading.file as file:
            headers = reading.headers(asked.key, self._head.headers, asked.query)
            self._say(reading.status, headers, b"")
            if self.request.method == "HEAD" or reading.status == 304:
                return
            file.seek(reading.start)
            left = reading.length
            while left:
                piece = await asyncio.to_thread(file.read, min(_PIECE, left))
                if not piece:  # somebody cut the file short
                    self._break_off()
                    return
                left -= len(piece)
                self.write(piece)
                await self.flush()

    async def _guard(self, step: Awaitable[None]) -> None:
        """Runs a step; an error becomes the answer, and an upload under way is broken off."""
        self._working = True
        try:
            await step
        except (AwsError, OSError) as error:
            self._let_go()
            if isinstance(error, StreamClosedError):  # the client has gone
                self._break_off()
            elif isinstance(error, AwsError):
                await self._refuse(error)
            else:
                text = f"{error.strerror or error}; see: studio doctor"
                await self._refuse(AwsError(text, code="InternalError", status=500))
        finally:
            self._working = False
            if self._left:  # while a thread had the upload
                self._let_go()

    def _break_off(self) -> None:
        """Closes the connection, so that nobody takes for whole what is not."""
        self._answered = True
        connection: Any = self.request.connection
        connection.close()

    async def _refuse(self, error: AwsError) -> None:
        """Answers with an error; what is left of the body is thrown away."""
        if self._answered:  # part of an answer is out
            self._break_off()
            return
        code = "InternalError" if error.code == "InternalFailure" else error.code
        body = xml.error(code, error.message, self._head.path, self._request_id)
        if not self._begun:
            self.clear()
        self._say(error.status, XML, body, code)
        length = self._head.headers.get("content-length", "0")
        if "expect" in self._head.headers or not length.isdigit() or int(length) > _MAX_DOCUMENT:
            self.set_header("Connection", "close")
            with contextlib.suppress(StreamClosedError):
                await self.finish()

    def _say(self, status: int, headers: Mapping[str, str], body: bytes, code: str = "OK") -> None:
        self._answered = True
        if self._begun:  # with 200; clients of S3 look for an error in its body
            self.write(body.removeprefix(xml.DECLARATION))
        else:
            self._write_head(status, headers)
            if body and self.request.method != "HEAD":
                self.write(body)
        self._tell(code)

    def _write_head(self, status: int, headers: Mapping[str, str]) -> None:
        self.set_status(status)
        for name, value in {"x-amz-request-id": self._request_id, **headers}.items():
            self.set_header(name, value)

    def _tell(self, outcome: str) -> None:
        if self._door.audit is not None and self._signed is not None:
            claim, arn = self._signed.claim, self._signed.credential.arn
            caller = Caller(claim.access_key, arn, self._door.account, claim.region)
            operation = self._asked.operation if self._asked else "Unknown"
            self._door.audit(caller, "s3", operation, outcome)

    # Where the request was meant to go

    def _local_path(self) -> str:
        """The path without the prefix of a public URL."""
        for prefix in self._door.access.prefixes:
            if self._head.path.startswith(prefix + "/"):
                return self._head.path[len(prefix) :]
        return self._head.path
