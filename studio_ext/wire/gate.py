"""Who may pass: everything about a request that can be refused before its body is read."""

from __future__ import annotations

import hashlib
import hmac
import time
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .faults import (
    InvalidSignature,
    RequestTooLarge,
    SerializationException,
    UnrecognizedClient,
)
from .service import Caller, Credential, Credentials, Head
from .sigv4 import Claim, Verifier, read_claim

BODY_LIMIT = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Pass:
    """A claim by a known key, fresh, of a size we take; the signature is still to be checked."""

    claim: Claim
    credential: Credential
    head: Head


class Gate:
    """Admits requests.

    Args:
        credentials: finds a key by its id and session token, None when it is not ours.
        account: twelve digits.
        public_urls: where clients may believe this server to be.
        clock: epoch seconds.
        limit: bytes of a body, as sent and decompressed.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        account: str,
        public_urls: Iterable[str] = (),
        clock: Callable[[], float] = time.time,
        limit: int = BODY_LIMIT,
    ) -> None:
        self._credentials = credentials
        self._account = account
        self._verifier = Verifier(public_urls, clock)
        self.limit = limit

    def admit(self, head: Head) -> Pass:
        """Look at a request before its body.

        Raises:
            MissingToken, IncompleteSignature, InvalidSignature, UnrecognizedClient,
            RequestTooLarge, SerializationException: why not.
        """
        claim = read_claim(head)
        credential = self._credentials(claim.access_key, claim.token)
        if credential is None or not _same_token(credential.session_token, claim.token):
            raise UnrecognizedClient(claim.access_key)
        self._verifier.check_age(claim)
        length = head.headers.get("content-length", "0")
        if not (length.isascii() and length.isdecimal()):
            raise SerializationException(f"Content-Length is {length[:40]!r}; expected a number")
        if len(length) > 15 or int(length) > self.limit:
            raise RequestTooLarge(self.limit)
        encoding = head.headers.get("content-encoding", "identity").lower()
        if encoding not in ("gzip", "identity", ""):
            raise SerializationException(
                f"Content-Encoding is {encoding[:40]!r}; expected gzip or none"
            )
        return Pass(claim, credential, head)

    def enter(self, passed: Pass, body: bytes) -> tuple[Caller, Head, bytes]:
        """Check the signature over the whole request.

        Returns:
            Who signed; the request's head with its path as this server names it, free of a
            public URL's prefix; the body, decompressed.

        Raises:
            InvalidSignature, RequestTooLarge, SerializationException: why not.
        """
        claim, head = passed.claim, passed.head
        digest = hashlib.sha256(body).hexdigest()
        declared = head.headers.get("x-amz-content-sha256", digest)
        if not hmac.compare_digest(declared.encode(), digest.encode()):
            raise InvalidSignature(
                f"x-amz-content-sha256 is {declared[:64]!r}; the body's SHA-256 is {digest}"
            )
        self._verifier.verify(claim, passed.credential.secret_key, head, digest)
        if head.headers.get("content-encoding", "").lower() == "gzip":
            body = _inflate(body, self.limit)
        caller = Caller(claim.access_key, passed.credential.arn, self._account, claim.region)
        return caller, self._local(head), body

    def _local(self, head: Head) -> Head:
        for prefix in self._verifier.prefixes:
            if head.path == prefix or head.path.startswith(prefix + "/"):
                return Head(head.method, head.path[len(prefix) :] or "/", head.query, head.headers)
        return head


def _same_token(ours: str | None, theirs: str | None) -> bool:
    if ours is None or theirs is None:
        return ours is theirs
    return hmac.compare_digest(ours.encode(), theirs.encode(errors="replace"))


def _inflate(body: bytes, limit: int) -> bytes:
    """Gunzip, but never to more than ``limit`` bytes."""
    inflater = zlib.decompressobj(wbits=31)
    try:
        plain = inflater.decompress(body, limit + 1)
    except zlib.error as error:
        raise SerializationException(f"the body is not valid gzip: {error}") from None
    if len(plain) > limit:
        raise RequestTooLarge(limit)
    if not inflater.eof or inflater.unused_data:
        raise SerializationException("the body is not one whole gzip member")
    return plain
