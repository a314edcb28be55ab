"""Who signed an S3 request, and how its body is to be checked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tornado.httputil import HTTPServerRequest
from tornado.routing import Matcher

from ..errors import AwsError
from ..wire.faults import (
    IncompleteSignature,
    InvalidSignature,
    MissingToken,
    UnrecognizedClient,
)
from ..wire.service import Credential, Credentials, Head
from ..wire.sigv4 import Claim, Verifier, read_claim
from .links import read_link, verify_link
from .payload import STREAMING, UNSIGNED, ChunkedPayload, ChunkSigner, Payload, PlainPayload

MAX_UPLOAD = 5 << 40  # bytes; S3's largest object

_HEX = re.compile(r"[0-9a-f]{64}")
_SCOPE = re.compile(r"/s3/aws4_request")
_VERSION_2 = "AWS "
_OLD_LINK = re.compile(r"(^|&)AWSAccessKeyId=")
_CODES: tuple[tuple[type[AwsError], str], ...] = (
    (MissingToken, "AccessDenied"),
    (IncompleteSignature, "AuthorizationHeaderMalformed"),
    (UnrecognizedClient, "InvalidAccessKeyId"),
    (InvalidSignature, "SignatureDoesNotMatch"),
)


class S3Matcher(Matcher):
    """Tells S3's requests from those of other services on the same port: by what they signed."""

    def match(self, request: HTTPServerRequest) -> dict[str, str] | None:
        authorization = request.headers.get("Authorization", "")
        query = request.query
        scoped = _SCOPE.search(authorization) or "%2Fs3%2Faws4_request" in query
        signed = scoped or "/s3/aws4_request" in query or _OLD_LINK.search(query)
        return {} if signed or authorization.startswith(_VERSION_2) else None


@dataclass(frozen=True, slots=True)
class Signed:
    """A request that was signed rightly, up to its body.

    Attributes:
        payload_hash: ``x-amz-content-sha256``, or what stands for it.
    """

    claim: Claim
    credential: Credential
    payload_hash: str


class Access:
    """Checks signatures of S3 requests.

    Args:
        credentials: finds a key by its id and session token.
        public_urls: where clients may believe the server to be.
        clock: epoch seconds.
    """

    def __init__(
        self,
        credentials: Credentials,
        public_urls: Iterable[str],
        clock: Callable[[], float],
    ) -> None:
        self._credentials = credentials
        self._verifier = Verifier(public_urls, clock)
        self._clock = clock

    @property
    def prefixes(self) -> list[str]:
        """Path prefixes of the public URLs."""
        return self._verifier.prefixes

    def verify(self, head: Head) -> Signed:
        """Believes the request, up to its body.

        Raises:
            AwsError: with S3's code.
        """
        if head.headers.get("authorization", "").startswith(_VERSION_2):
            raise AwsError(
                "signature version 2 is taken in links only; sign with version 4: "
                "aws configure set default.s3.signature_version s3v4",
                code="InvalidRequest",
                status=400,
            )
        is_old = bool(_OLD_LINK.search(head.query))
        try:
            claim = read_link(head) if is_old else read_claim(head)
            credential = self._credentials(claim.access_key, claim.token)
            if credential is None or (credential.session_token or None) != (claim.token or None):
                raise UnrecognizedClient(claim.access_key)
            secret = credential.secret_key
            if is_old:
                verify_link(claim, secret, head, virtual_bucket(head), self.prefixes, self._clock)
                return Signed(claim, credential, UNSIGNED)
            self._verifier.check_age(claim)
            payload_hash = _payload_hash(head, claim)
            self._verifier.verify(claim, secret, _as_signed(head), payload_hash)
        except AwsError as error:
            raise _in_s3s_words(error) from None
        return Signed(claim, credential, payload_hash)


def body_of(head: Head, signed: Signed, *, checksums: bool = True) -> Payload:
    """How the request's body is decoded and checked.

    Args:
        checksums: those in the head are the body's.

    Raises:
        AwsError: ``MissingContentLength``, ``EntityTooLarge``, or a hash that means nothing.
    """
    stream = signed.payload_hash.startswith(STREAMING)
    name = "x-amz-decoded-content-length" if stream else "content-length"
    text = head.headers.get(name, "" if "transfer-encoding" in head.headers or stream else "0")
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise AwsError(f"{name} is {text[:40]!r}; expected a number of bytes",
                       code="MissingContentLength", status=411)  # fmt: skip
    length = int(text)
    if length > MAX_UPLOAD:
        raise AwsError(f"{length} bytes; expected at most {MAX_UPLOAD}",
                       code="EntityTooLarge", status=400)  # fmt: skip
    headers = {
        name: value
        for name, value in head.headers.items()
        if checksums or not name.startswith("x-amz-checksum-")
    }
    if not stream:
        digest = None if signed.payload_hash == UNSIGNED else signed.payload_hash
        return PlainPayload(length, digest, headers)
    signer = None
    if "AWS4-HMAC-SHA256" in signed.payload_hash:
        claim = signed.claim
        signer = ChunkSigner.of(signed.credential.secret_key, claim.day, claim.region, claim.stamp)
    return ChunkedPayload(length, headers, signer=signer, seed=signed.claim.signature)


def _as_signed(head: Head) -> Head:
    """With header values as UTF-8, which clients sign; tornado reads them as Latin-1."""
    headers = {
        name: value.encode("latin-1", "replace").decode(errors="surrogateescape")
        for name, value in head.headers.items()
    }
    return Head(head.method, head.path, head.query, headers)


def _payload_hash(head: Head, claim: Claim) -> str:
    if claim.lasts is not None:  # a link is made before its body
        return UNSIGNED
    text = head.headers.get("x-amz-content-sha256", "")
    known = (
        UNSIGNED,
        f"{STREAMING}UNSIGNED-PAYLOAD-TRAILER",
        f"{STREAMING}AWS4-HMAC-SHA256-PAYLOAD",
        f"{STREAMING}AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
    )
    if text not in known and not _HEX.fullmatch(text):
        raise AwsError(
            f"x-amz-content-sha256 is {text[:80]!r}; expected a SHA-256 in hex, or one of "
            f"{', '.join(known)}",
            code="InvalidArgument" if text else "MissingSecurityHeader",
            status=400,
        )
    return text


def virtual_bucket(head: Head) -> str:
    """The bucket in a host name such as ``data.localhost``, as some clients address it."""
    host = head.headers.get("host", "").partition(":")[0].lower()
    return host.removesuffix(".localhost") if host.endswith(".localhost") else ""


def _in_s3s_words(error: AwsError) -> AwsError:
    for kind, code in _CODES:
        if isinstance(error, kind):
            if "expired" in error.message or "not yet current" in error.message:
                code = "RequestTimeTooSkewed" if "not yet" in error.message else "AccessDenied"
            return AwsError(error.message, code=code, status=error.status)
    return error
