"""One S3 request on its way through the door."""

from __future__ import annotations

import asyncio
import contextlib
import email.utils
from collections.abc import Awaitable, Callable, Iterator, Mapping
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
from .headers import TAGS, copied, kept, shown
from .payload import Payload
from .request import S3Request, copy_source
from .upstream import Exchange, Truncated

if TYPE_CHECKING:
    from .door import S3Door

_BODY_SECONDS = 24 * 3600.0
_MAX_DOCUMENT = 1 << 20  # bytes of a body that we read ourselves

# What the S3 server is told of a request's headers; the rest is our business.
_PASSED_ON = (
    "content-md5", "if-modified-since", "if-none-match", "range", "x-amz-copy-source-if-match",
    "x-amz-copy-source-if-modified-since", "x-amz-copy-source-if-none-match",
    "x-amz-copy-source-if-unmodified-since",
)  # fmt: skip
# What clients are told of its answer.
_PASSED_BACK = (
    "Accept-Ranges", "Content-Length", "Content-Range", "Content-Type", "ETag", "Last-Modified",
)  # fmt: skip


class _AsSent(HTTPHeaders):
    """Headers whose metadata names stay in lower case: clients read them with their case."""

    def get_all(self) -> Iterator[tuple[str, str]]:
        for name, value in super().get_all():
            yield (name.lower() if name.startswith("X-Amz-Meta-") else name), value


@stream_request_body
class Handler(RequestHandler):
    """Checks the head, streams the body, and hands back the answer."""

    def initialize(self, door: S3Door) -> None:
        self._door = door
        self._request_id = new_request_id()
        self._signed: Signed | None = None
        self._asked: S3Request | None = None
        self._payload: Payload | None = None
        self._exchange: Exchange | None = None
        self._document = bytearray()
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
                await self._check_conditions()

    async def data_received(self, chunk: bytes) -> None:
        if not self._answered:
            await self._guard(self._take(chunk))

    async def _take(self, chunk: bytes) -> None:
        assert self._payload is not None
        ready = self._payload.feed(chunk)
        if ready:
            await self._pass_on(ready)

    async def _pass_on(self, content: bytes) -> None:
        if self._own_operation() is None:
            if self._exchange is None:
                self._exchange = await self._open()
            await self._exchange.write(content)
            return
        self._document += content
        if len(self._document) > _MAX_DOCUMENT:
            raise AwsError(f"a body of more than {_MAX_DOCUMENT} bytes; expected a document",
                           code="MaxMessageLengthExceeded", status=400)  # fmt: skip

    def on_connection_close(self) -> None:
        if self._exchange is not None:
            self._exchange.abort()
        self._locks.close()

    def on_finish(self) -> None:
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
        assert self._payload is not None
        rest = self._payload.end()
        if self._conditional:  # once more, now that the upload is about to count
            await self._check_conditions()
        own = self._own_operation()
        if rest:
            await self._pass_on(rest)
        if own is not None:
            await own()
            return
        if self._exchange is None:
            self._exchange = await self._open()
        await self._hand_back(self._exchange)

    def _own_operation(self) -> Callable[[], Awaitable[None]] | None:
        """The operation when we answer it ourselves; ``None`` when the S3 server does."""
        assert self._asked is not None
        if self._asked.is_folder:
            return self._folder
        return {
            "CreateBucket": self._create_bucket,
            "HeadBucket": self._head_bucket,
            "GetObjectTagging": self._get_tags,
            "PutObjectTagging": self._put_tags,
            "DeleteObjectTagging": self._put_tags,
            "UploadPartCopy": self._copy_part,
        }.get(self._asked.operation)

    async def _guard(self, step: Awaitable[None]) -> None:
        """Runs a step; an error becomes the answer, and an upload under way is broken off."""
        try:
            await step
        except (AwsError, OSError) as error:
            if self._exchange is not None:
                self._exchange.abort()
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
        headers = {n: self._head.headers[n] for n in _PASSED_ON if n in self._head.headers}
        if self._head.method in ("PUT", "POST"):
            headers["content-length"] = str(self._payload.length)
            headers.pop("if-none-match", None)
        if self._asked.operation == "CopyObject":
            bucket, key = copy_source(self._head.headers)
            self._door.objects.path(bucket, key)
            headers["x-amz-copy-source"] = S3Request("CopyObject", bucket, key).target
            # Copying onto itself is allowed only to change what is kept beside the object.
            headers["x-amz-metadata-directive"] = "REPLACE"
        return await Exchange.open(
            self._door.address, self._head.method, self._asked.target, headers
        )

    async def _hand_back(self, exchange: Exchange) -> None:
        status, answer, body = 0, HTTPHeaders(), bytearray()
        streams = self._asked is not None and self._asked.operation in ("GetObject", "HeadObject")

        async def on_head(code: int, headers: HTTPHeaders) -> None:
            nonlocal status, answer
            status, answer = code, headers
            if streams and code < 400:
                self._begin_object(code, headers)

        async def on_data(chunk: bytes) -> None:
            if streams and status < 400:
                self.write(chunk)
                await self.flush()
            else:
                body.extend(chunk)

        await exchange.answer(on_head, on_data)
        if status >= 400:
            raise self._in_our_words(status, bytes(body))
        if not streams:
            found = {name: answer[name] for name in _PASSED_BACK if name in answer}
            found.pop("Content-Length", None)
            found |= await asyncio.to_thread(self._settle, bytes(body))
            if self._asked is not None and self._asked.operation == "ListObjects":
                body = bytearray(xml.listing(bytes(body), second="list-type" in self._asked.query))
            self._say(status, found, bytes(body))

    def _begin_object(self, status: int, answer: HTTPHeaders) -> None:
        """The head of an object's answer: what is kept beside it, under the given conditions."""
        assert self._asked is not None
        self._check_unchanged(answer)
        part = "Content-Range" in answer
        found = {name: answer[name] for name in _PASSED_BACK if name in answer}
        asks = self._head.headers.get("x-amz-checksum-mode", "").upper() == "ENABLED"
        beside = self._door.headers.get(self._asked.bucket, self._asked.key, self._path)
        for name, value in shown(
            beside, self._asked.query, checksums=asks and not part and status == 200
        ).items():
            found["Content-Type" if name == "content-type" else name] = value
        self._say(206 if part and status == 200 else status, found, b"")

    def _check_unchanged(self, answer: HTTPHeaders) -> None:
        """If-Match and If-Unmodified-Since, which the S3 server ignores."""
        wanted = self._head.headers.get("if-match")
        if wanted is not None:
            if wanted != "*" and answer.get("ETag", "") not in _etags(wanted):
                raise _precondition("If-Match")
            return
        since = self._head.headers.get("if-unmodified-since")
        if since is not None and "Last-Modified" in answer:
            with contextlib.suppress(ValueError):
                limit = email.utils.parsedate_to_datetime(since)
                if email.utils.parsedate_to_datetime(answer["Last-Modified"]) > limit:
                    raise _precondition("If-Unmodified-Since")

    def _settle(self, body: bytes) -> dict[str, str]:
        """Keeps what belongs beside an object that was just stored. Returns headers to answer."""
        asked, door, headers = self._asked, self._door, self._head.headers
        assert asked is not None
        assert self._payload is not None
        match asked.operation:
            case "PutObject":
                sums = self._payload.checksums
                door.headers.put(asked.bucket, asked.key, self._path, kept(headers) | sums)
                return sums
            case "CopyObject":
                bucket, key = copy_source(headers)
                beside = door.headers.get(bucket, key, door.objects.path(bucket, key))
                door.headers.put(asked.bucket, asked.key, self._path, copied(beside, headers))
            case "CreateMultipartUpload":
                door.begin_upload(xml.field(body, "UploadId"), kept(headers))
            case "CompleteMultipartUpload":
                beside = door.end_upload(asked.query["uploadId"])
                door.headers.put(asked.bucket, asked.key, self._path, beside)
            case "AbortMultipartUpload":
                door.end_upload(asked.query["uploadId"])
            case "DeleteObject":
                door.headers.drop(asked.bucket, asked.key)
        return {}

    def _in_our_words(self, status: int, body: bytes) -> AwsError:
        """The S3 server's error, with a message that says what to do."""
        assert self._asked is not None
        code, message = xml.read_error(body)
        bucket, key = self._asked.bucket, self._asked.key
        if status == 404 and bucket and not self._door.objects.has_bucket(bucket):
            return no_such_bucket(bucket)
        if code == "NoSuchKey" or (status == 404 and not code and key):
            if self._asked.operation == "CopyObject":
                bucket, key = copy_source(self._head.headers)
            return no_such_key(bucket, key)
        return AwsError(message or code or f"the S3 server answered {status}",
                        code=code or "InternalError", status=status)  # fmt: skip

    # Conditions on writes

    async def _check_conditions(self) -> None:
        """If-None-Match: * and If-Match on a write, which the S3 server ignores."""
        assert self._asked is not None
        unless, wanted = (self._head.headers.get(n) for n in ("if-none-match", "if-match"))
        exists = self._path.is_file()
        if unless is not None and unless != "*":
            raise AwsError(f"If-None-Match {unless!r}; expected '*'",
                           code="NotImplemented", status=501)  # fmt: skip
        if unless is not None and exists:
            raise _precondition("If-None-Match")
        if wanted is not None:
            if not exists:
                raise no_such_key(self._asked.bucket, self._asked.key)
            target = S3Request("HeadObject", self._asked.bucket, self._asked.key).target
            if (await self._door.etag(target) or "") not in _etags(wanted):
                raise _precondition("If-Match")

    # Operations that we answer ourselves

    async def _create_bucket(self) -> None:
        assert self._asked is not None
        self._door.objects.create_bucket(self._asked.bucket)
        self._say(200, {"Location": f"/{self._asked.bucket}"}, b"")

    async def _head_bucket(self) -> None:
        assert self._asked is not None
        assert self._signed is not None
        if not self._door.objects.has_bucket(self._asked.bucket):
            raise no_such_bucket(self._asked.bucket)
        self._say(200, {"x-amz-bucket-region": self._signed.claim.region}, b"")

    async def _folder(self) -> None:
        """A key with a last slash marks a folder, and here folders are folders."""
        assert self._asked is not None
        bucket, key = self._asked.bucket, self._asked.key
        match self._asked.operation:
            case "PutObject":
                if self._document:
                    raise AwsError(f"s3://{bucket}/{key}/ marks a folder; expected no content",
                                   code="InvalidArgument", status=400)  # fmt: skip
                self._door.objects.clear_way(bucket, f"{key}/-")
                self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            case "GetObject" | "HeadObject":
                if not self._path.is_dir():
                    raise no_such_key(bucket, f"{key}/")
            case "DeleteObject":
                with contextlib.suppress(OSError):  # not empty, or not there: S3 says nothing
                    self._path.rmdir()
                self._say(204, {}, b"")
                return
            case operation:
                raise AwsError(f"{operation} of the folder s3://{bucket}/{key}/ is not offered",
                               code="NotImplemented", status=501)  # fmt: skip
        etag = '"d41d8cd98f00b204e9800998ecf8427e"'  # of nothing
        self._say(200, {"ETag": etag, "Content-Type": "application/x-directory"}, b"")

    def _beside(self) -> dict[str, str]:
        assert self._asked is not None
        if not self._path.is_file():
            raise no_such_key(self._asked.bucket, self._asked.key)
        return self._door.headers.get(self._asked.bucket, self._asked.key, self._path)

    async def _get_tags(self) -> None:
        document = xml.tagging(self._beside().get(TAGS, ""))
        self._say(200, {"Content-Type": "application/xml"}, document)

    async def _put_tags(self) -> None:
        assert self._asked is not None
        beside = self._beside()
        delete = self._head.method == "DELETE"
        beside[TAGS] = "" if delete else xml.read_tagging(bytes(self._document))
        if not beside[TAGS]:
            del beside[TAGS]
        bucket, key = self._asked.bucket, self._asked.key
        await asyncio.to_thread(self._door.headers.put, bucket, key, self._path, beside)
        self._say(204 if delete else 200, {}, b"")

    async def _copy_part(self) -> None:
        assert self._asked is not None
        part = CopiedPart.of(self._door.objects, self._head.headers)
        etag = await part.send(self._door.address, self._asked.target)
        self._say(200, {"Content-Type": "application/xml"}, xml.copy_part(etag, part.modified))

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


def _etags(header: str) -> list[str]:
    tags = [tag.strip().removeprefix("W/") for tag in header.split(",")]
    return [tag if tag.startswith('"') else f'"{tag}"' for tag in tags]


def _precondition(name: str) -> AwsError:
    return AwsError(
        f"at least one of the preconditions did not hold: {name}",
        code="PreconditionFailed",
        status=412,
    )
