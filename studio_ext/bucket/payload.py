"""Bodies of uploads: decoded and checked on their way, without keeping more than a chunk.

The last piece is held back until everything fits; so content that is not what was signed is never
whole.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from ..errors import AwsError

UNSIGNED = "UNSIGNED-PAYLOAD"
STREAMING = "STREAMING-"

_ALGORITHM = "AWS4-HMAC-SHA256"
_EMPTY = hashlib.sha256(b"").hexdigest()
_CHUNK = re.compile(rb"([0-9a-fA-F]{1,16})(?:;chunk-signature=([0-9a-f]{64}))?")
_MAX_LINE = 8192


class Payload(Protocol):
    """A body on its way through.

    Attributes:
        length: bytes of the content, once decoded.
        checksums: ``x-amz-checksum-…`` headers of the content, as sent; complete after ``end``.
    """

    length: int
    checksums: dict[str, str]

    def feed(self, data: bytes) -> bytes:
        """Takes bytes as they come; returns content that may be passed on."""
        ...

    def end(self) -> bytes:
        """Returns the content that was held back.

        Raises:
            AwsError: the body is not what was declared or signed.
        """
        ...


@dataclass(frozen=True, slots=True)
class ChunkSigner:
    """Signs the chunks of a signed stream, each over the signature of the one before."""

    key: bytes
    stamp: str
    scope: str

    @classmethod
    def of(cls, secret: str, day: str, region: str, stamp: str) -> ChunkSigner:
        key = f"AWS4{secret}".encode()
        for part in (day, region, "s3", "aws4_request"):
            key = hmac.digest(key, part.encode(), hashlib.sha256)
        return cls(key, stamp, f"{day}/{region}/s3/aws4_request")

    def sign(self, kind: str, previous: str, *digests: str) -> str:
        lines = (f"{_ALGORITHM}-{kind}", self.stamp, self.scope, previous, *digests)
        return hmac.new(self.key, "\n".join(lines).encode(), hashlib.sha256).hexdigest()


class PlainPayload:
    """A body that is the content.

    Args:
        length: Content-Length.
        sha256: hex digest that was signed; ``None`` when the payload is unsigned.
        headers: of the request, for ``x-amz-checksum-…``.
    """

    def __init__(self, length: int, sha256: str | None, headers: Mapping[str, str]) -> None:
        self.length = length
        self.checksums = checksums(headers)
        self._sha256 = sha256
        self._digest = hashlib.sha256() if sha256 is not None else None
        self._sums = Sums(self.checksums)
        self._held = b""
        self._size = 0

    def feed(self, data: bytes) -> bytes:
        self._size += len(data)
        if self._digest is not None:
            self._digest.update(data)
        self._sums.update(data)
        ready, self._held = self._held, data
        return ready

    def end(self) -> bytes:
        if self._size != self.length:
            raise _incomplete(self._size, self.length)
        if self._digest is not None and self._digest.hexdigest() != self._sha256:
            raise AwsError(
                f"x-amz-content-sha256 is {self._sha256}; the body's is {self._digest.hexdigest()}",
                code="XAmzContentSHA256Mismatch",
                status=400,
            )
        self._sums.compare(self.checksums)
        return self._held


class ChunkedPayload:
    """A body in AWS's chunks (``Content-Encoding: aws-chunked``), with or without trailers.

    Args:
        length: ``x-amz-decoded-content-length``.
        headers: of the request.
        signer: for a signed stream.
        seed: the signature of the request's head, where the chain of signatures begins.
    """

    def __init__(
        self,
        length: int,
        headers: Mapping[str, str],
        *,
        signer: ChunkSigner | None = None,
        seed: str = "",
    ) -> None:
        self.length = length
        self.checksums = checksums(headers)
        promised = headers.get("x-amz-trailer", "").lower().strip()
        self._sums = Sums({**self.checksums, **({promised: ""} if promised else {})})
        self._trailer_named = promised
        self._signer = signer
        self._previous = seed
        self._buffer = bytearray()
        self._left: int | None = None  # of the chunk that is being read; None between chunks
        self._signature = ""
        self._digest = hashlib.sha256()
        self._trailers: list[str] | None = None  # set after the last chunk
        self._done = False
        self._held = b""
        self._size = 0

    def feed(self, data: bytes) -> bytes:
        self._buffer += data
        content = bytearray()
        while self._step(content):
            pass
        if not content:
            return b""
        self._size += len(content)
        if self._size > self.length:
            raise _incomplete(self._size, self.length)
        self._sums.update(content)
        ready, self._held = self._held, bytes(content)
        return ready

    def end(self) -> bytes:
        if not self._done or self._size != self.length:
            raise _incomplete(self._size, self.length)
        if self._trailer_named and self._trailer_named not in self.checksums:
            raise _malformed(f"trailer {self._trailer_named} is announced and missing")
        self._sums.compare(self.checksums)
        return self._held

    def _step(self, content: bytearray) -> bool:
        """Reads one thing from the buffer; ``False`` when more bytes are needed."""
        if self._done:
            if self._buffer:
                raise _malformed("bytes follow the last chunk")
            return False
        if self._left:
            return self._read_content(content)
        line = self._read_line()
        if line is None:
            return False
        if self._trailers is not None:
            self._read_trailer(line)
        elif self._left == 0:
            if line:
                raise _malformed("a chunk is longer than it says")
            self._end_chunk()
        else:
            self._begin_chunk(line)
        return True

    def _read_content(self, content: bytearray) -> bool:
        assert self._left is not None
        if not self._buffer:
            return False
        piece = self._buffer[: self._left]
        del self._buffer[: self._left]
        if self._signer is not None:
            self._digest.update(piece)
        content += piece
        self._left -= len(piece)
        return True

    def _read_line(self) -> bytes | None:
        end = self._buffer.find(b"\r\n")
        if end > _MAX_LINE or (end < 0 and len(self._buffer) > _MAX_LINE):
            raise _malformed(f"a line is longer than {_MAX_LINE} bytes")
        if end < 0:
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line

    def _begin_chunk(self, line: bytes) -> None:
        match = _CHUNK.fullmatch(line)
        if match is None:
            raise _malformed(f"{line[:40]!r} is no chunk header")
        self._signature = (match[2] or b"").decode()
        self._digest = hashlib.sha256()
        size = int(match[1], 16)
        if size == 0:
            self._check_chunk()
            self._trailers = []
        else:
            self._left = size

    def _end_chunk(self) -> None:
        self._check_chunk()
        self._left = None

    def _check_chunk(self) -> None:
        if self._signer is None:
            return
        right = self._signer.sign("PAYLOAD", self._previous, _EMPTY, self._digest.hexdigest())
        self._compare(right, self._signature)
        self._previous = right

    def _read_trailer(self, line: bytes) -> None:
        assert self._trailers is not None
        if not line:
            self._done = True
            return
        name, colon, value = line.decode("latin-1").partition(":")
        name, value = name.strip().lower(), value.strip()
        if not colon:
            raise _malformed(f"{line[:40]!r} is no trailer")
        if name == "x-amz-trailer-signature":
            if self._signer is not None:
                text = "".join(f"{trailer}\n" for trailer in self._trailers).encode()
                digest = hashlib.sha256(text).hexdigest()
                self._compare(self._signer.sign("TRAILER", self._previous, digest), value)
            return
        self._trailers.append(f"{name}:{value}")
        if name.startswith("x-amz-checksum-"):
            self.checksums[name] = value

    def _compare(self, ours: str, theirs: str) -> None:
        if not hmac.compare_digest(ours.encode(), theirs.encode()):
            raise AwsError(
                "the signature of a chunk does not match; check the secret key",
                code="SignatureDoesNotMatch",
                status=403,
            )


class Sums:
    """Checksums over content. Those that Python has not, such as CRC32C, are not compared.

    Args:
        wanted: their headers' names.
    """

    def __init__(self, wanted: Collection[str]) -> None:
        self._crc32 = 0
        self._has_crc32 = "x-amz-checksum-crc32" in wanted
        self._hashes = {
            f"x-amz-checksum-{name}": hashlib.new(name, usedforsecurity=False)
            for name in ("md5", "sha1", "sha256", "sha512")
            if f"x-amz-checksum-{name}" in wanted
        }

    def update(self, data: bytes | bytearray) -> None:
        if self._has_crc32:
            self._crc32 = zlib.crc32(data, self._crc32)
        for each in self._hashes.values():
            each.update(data)

    def compare(self, declared: Mapping[str, str]) -> None:
        """Compares with headers, by name.

        Raises:
            AwsError: ``BadDigest``.
        """
        found = {name: each.digest() for name, each in self._hashes.items()}
        if self._has_crc32:
            found["x-amz-checksum-crc32"] = self._crc32.to_bytes(4, "big")
        for name, digest in found.items():
            ours = base64.b64encode(digest).decode()
            if declared.get(name, ours) != ours:
                raise AwsError(
                    f"{name} is {declared[name]!r}; the content's is {ours!r}",
                    code="BadDigest",
                    status=400,
                )


def checksums(headers: Mapping[str, str]) -> dict[str, str]:
    """The ``x-amz-checksum-…`` headers that hold one."""
    skip = ("x-amz-checksum-mode", "x-amz-checksum-algorithm", "x-amz-checksum-type")
    return {
        name: value
        for name, value in headers.items()
        if name.startswith("x-amz-checksum-") and name not in skip
    }


def _incomplete(found: int, declared: int) -> AwsError:
    return AwsError(
        f"the body has {found} bytes of content; expected {declared} as declared",
        code="IncompleteBody",
        status=400,
    )


def _malformed(message: str) -> AwsError:
    return AwsError(f"aws-chunked body: {message}", code="InvalidChunkError", status=400)
