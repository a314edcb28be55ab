"""One S3 request on its way through the door."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tornado.httputil import HTTPHeaders
from tornado.iostream import StreamClosedError
from tornado.web import RequestHandler, stream_request_body

from ..errors import AwsError
from ..wire.dispatch import new_request_id
from ..wire.service import Caller, Head
from . import xml
from .access import MAX_UPLOAD, Signed, body_of
from .copies import CopiedPart
from .folder import no_such_bucket, no_such_key
from .headers import ETAG, kept
from .operations import Ask
from .payload import Payload
from .reading import Reading, matches, precondition_failed
from .request import S3Request
from .upload import Upload
from .upstream import Exchange, Truncated

if TYPE_CHECKING:
    from .door import S3Door

_BODY_SECONDS = 24 * 3600.0
_MAX_DOCUMENT = 4 << 20  # bytes of a body that we read ourselves; a thousand keys fit
_PIECE = 1 << 20  # bytes of an object that are read at once

# What clients are told of the S3 server's answer.
_PASSED_BACK = ("Content-Type", "ETag")


class _AsSent(HTTPHeaders):
    """Headers whose metadata names stay in lower case: clients read them with their case."""

    def get_all(self) -> Iterator[tuple[str, str]]:
        for name, value in super().get_all():
            yield (name.lower() if name.startswith("X-Amz-Meta-") else name), value


@stream_request_body
class Handler(RequestHandler):
    """Checks the head, takes the body as it comes, and answers.

    The door stores plain uploads (:class:`~.upload.Upload`) and knows most answers
    (:class:`~.operations.Operations`); uploads in parts go through to the S3 server, while they
    are still arriving.
    """

    def initialize(self, door: S3Door) -> None:
        self._door = door
        self._request_id = new_request_id()
        self._signed: Signed | None = None
        self._asked: S3Request | None = None
        self._payload: Payload | None = None
        self._exchange: Exchange | None = None
        self._upload: Upload | None = None
        self._arrived = bytearray()
        self._document = bytearray()
        self._passes = False
        self._answered = False
        self._conditional = False
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
            head.method, self._local_path(), head.query, head.headers, self._virtual_bucket()
        )
        self._payload = body_of(head, signed)
        if asked.operation == "PutObject" and not asked.is_folder:
            md5 = head.headers.get("content-md5", "")
            self._upload = Upload(door.objects, asked.bucket, asked.key, self._payload, md5)
        elif asked.operation != "UploadPartCopy":
            self._passes = door.operations.find(asked) is None
        owner = head.headers.get("x-amz-expected-bucket-owner", door.account)
        if owner != door.account:
            raise AwsError(
                f"bucket {asked.bucket!r} belongs to account {door.account}, not to {owner}",
                code="AccessDenied",
                status=403,
            )
        if asked.key:
            self._path = door.objects.path(asked.bucket, asked.key)
        if asked.writes and not asked.is_folder:
            door.objects.clear_way(asked.bucket, asked.key)
            kept(head.headers)
            if {"if-match", "if-none-match"} & head.headers.keys():
                self._conditional = True
                self._locks.enter_context(door.writing(asked.bucket, asked.key))
                self._check_conditions(asked)

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
        ready = await asyncio.to_thread(self._payload.feed, data)
        if ready:
            await self._pass_on(ready)

    async def _pass_on(self, content: bytes) -> None:
        if self._passes:
            if self._exchange is None:
                self._exchange = await self._open()
            await self._exchange.write(content)
            return
        self._document += content
        if len(self._document) > _MAX_DOCUMENT:
            raise AwsError(f"a body of more than {_MAX_DOCUMENT} bytes; expected a document",
                           code="MaxMessageLengthExceeded", status=400)  # fmt: skip

    def on_connection_close(self) -> None:
        self._abort()
        self._locks.close()

    def on_finish(self) -> None:
        self._abort()  # nothing, when all went well
        self._locks.close()

    def _abort(self) -> None:
        """Breaks an upload off; it leaves nothing visible."""
        if self._exchange is not None:
            self._exchange.abort()
        if self._upload is not None:
            self._upload.abort()

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
        if self._upload is not None:
            answer = await asyncio.to_thread(self._put_object, self._upload, asked)
            self._say(200, answer, b"")
            return
        await self._take()
        rest = self._payload.end()
        if self._conditional:  # once more, now that the upload is about to count
            self._check_conditions(asked)
        if rest:
            await self._pass_on(rest)
        if self._passes:
            await self._hand_back(self._exchange or await self._open())
            return
        if asked.operation == "UploadPartCopy":
            part = CopiedPart.of(door.objects, self._head.headers)
            etag = await part.send(door.address, asked.target)
            body = xml.copied("CopyPartResult", etag, part.modified)
            self._say(200, {"Content-Type": "application/xml"}, body)
            return
        own = door.operations.find(asked)
        assert own is not None
        region = self._signed.claim.region
        ask = Ask(asked, self._head.headers, bytes(self._document), region)
        found = await asyncio.to_thread(own, ask)
        if isinstance(found, Reading):
            await self._send_object(found, asked)
        else:
            self._say(found.status, found.headers, found.body)

    def _put_object(self, upload: Upload, asked: S3Request) -> dict[str, str]:
        """Stores what has arrived. Returns headers to answer."""
        assert self._payload is not None
        upload.absorb(bytes(self._arrived))
        upload.finish()
        if self._conditional:  # once more, now that the upload is about to count
            self._check_conditions(asked)
        etag = upload.publish()
        sums = self._payload.checksums
        beside = kept(self._head.headers) | sums | {ETAG: etag}
        self._door.headers.put(asked.bucket, asked.key, self._path, beside)
        return {"ETag": etag, **sums}

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
                    raise Truncated
                left -= len(piece)
                self.write(piece)
                await self.flush()

    async def _guard(self, step: Awaitable[None]) -> None:
        """Runs a step; an error becomes the answer, and an upload under way is broken off."""
        try:
            await step
        except (AwsError, OSError) as error:
            self._abort()
            if isinstance(error, StreamClosedError):  # the client has gone
                self._break_off()
            elif isinstance(error, AwsError):
                await self._refuse(error)
            else:
                text = f"{error.strerror or error}; see: studio doctor"
                await self._refuse(AwsError(text, code="InternalError", status=500))
        except Truncated:
            self._break_off()

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
        self.clear()
        self._say(error.status, {"Content-Type": "application/xml"}, body, code)
        length = self._head.headers.get("content-length", "0")
        if "expect" in self._head.headers or not length.isdigit() or int(length) > _MAX_DOCUMENT:
            self.set_header("Connection", "close")
            with contextlib.suppress(StreamClosedError):
                await self.finish()

    def _say(self, status: int, headers: Mapping[str, str], body: bytes, code: str = "OK") -> None:
        self._answered = True
        self.set_status(status)
        for name, value in {"x-amz-request-id": self._request_id, **headers}.items():
            self.set_header(name, value)
        if body and self.request.method != "HEAD":
            self.write(body)
        self._tell(code)

    def _tell(self, outcome: str) -> None:
        if self._door.audit is not None and self._signed is not None:
            claim, arn = self._signed.claim, self._signed.credential.arn
            caller = Caller(claim.access_key, arn, self._door.account, claim.region)
            operation = self._asked.operation if self._asked else "Unknown"
            self._door.audit(caller, "s3", operation, outcome)

    # Through to the S3 server and back

    async def _open(self) -> Exchange:
        assert self._asked is not None
        assert self._payload is not None
        headers = {}
        if "content-md5" in self._head.headers:
            headers["content-md5"] = self._head.headers["content-md5"]
        if self._head.method in ("PUT", "POST"):
            headers["content-length"] = str(self._payload.length)
        address, method = self._door.address, self._head.method
        self._exchange = await Exchange.open(address, method, self._asked.target, headers)
        return self._exchange

    async def _hand_back(self, exchange: Exchange) -> None:
        status, answer, body = 0, HTTPHeaders(), bytearray()

        async def on_head(code: int, headers: HTTPHeaders) -> None:
            nonlocal status, answer
            status, answer = code, headers

        async def on_data(chunk: bytes) -> None:
            body.extend(chunk)

        await exchange.answer(on_head, on_data)
        if status >= 400:
            raise self._in_our_words(status, bytes(body))
        found = {name: answer[name] for name in _PASSED_BACK if name in answer}
        await asyncio.to_thread(self._settle, bytes(body))
        self._say(status, found, bytes(body))

    def _settle(self, body: bytes) -> None:
        """Keeps what belongs beside an object that the S3 server stored, or forgets it."""
        asked, door = self._asked, self._door
        assert asked is not None
        match asked.operation:
            case "CreateMultipartUpload":
                door.begin_upload(xml.field(body, "UploadId"), kept(self._head.headers))
            case "CompleteMultipartUpload":
                beside = door.end_upload(asked.query["uploadId"])
                beside |= {ETAG: xml.field(body, "ETag")}
                door.headers.put(asked.bucket, asked.key, self._path, beside)
            case "AbortMultipartUpload":
                door.end_upload(asked.query["uploadId"])

    def _in_our_words(self, status: int, body: bytes) -> AwsError:
        """The S3 server's error, with a message that says what to do."""
        assert self._asked is not None
        code, message = xml.read_error(body)
        bucket, key = self._asked.bucket, self._asked.key
        if status == 404 and bucket and not self._door.objects.has_bucket(bucket):
            return no_such_bucket(bucket)
        if code == "NoSuchKey":
            return no_such_key(bucket, key)
        return AwsError(message or code or f"the S3 server answered {status}",
                        code=code or "InternalError", status=status)  # fmt: skip

    def _check_conditions(self, asked: S3Request) -> None:
        """If-None-Match: * and If-Match on a write, which the S3 server ignores."""
        unless, wanted = (self._head.headers.get(n) for n in ("if-none-match", "if-match"))
        etag = self._door.operations.etag(asked.bucket, asked.key)
        if unless is not None and unless != "*":
            raise AwsError(f"If-None-Match {unless!r}; expected '*'",
                           code="NotImplemented", status=501)  # fmt: skip
        if unless is not None and etag is not None:
            raise precondition_failed("if-none-match")
        if wanted is not None:
            if etag is None:
                raise no_such_key(asked.bucket, asked.key)
            if not matches(wanted, etag):
                raise precondition_failed("if-match")

    # Where the request was meant to go

    def _local_path(self) -> str:
        """The path without the prefix of a public URL."""
        for prefix in self._door.access.prefixes:
            if self._head.path.startswith(prefix + "/"):
                return self._head.path[len(prefix) :]
        return self._head.path

    def _virtual_bucket(self) -> str:
        """The bucket in a host name such as ``data.localhost``, as some clients address it."""
        host = self._head.headers.get("host", "").partition(":")[0].lower()
        return host.removesuffix(".localhost") if host.endswith(".localhost") else ""
