"""AWS Signature Version 4: who signed a request, whether that is so, and signing one.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from calendar import timegm
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from .faults import IncompleteSignature, InvalidSignature, MissingToken
from .service import Credential, Head

SKEW = 300.0  # seconds a clock may be wrong, either way
LONGEST_LINK = 7 * 86400  # seconds a presigned link may last
ALGORITHM = "AWS4-HMAC-SHA256"

_PART = re.compile(r"\s*(Credential|SignedHeaders|Signature)=([^,\s]+)\s*")
_SCOPE = re.compile(r"([^/]{1,128})/(\d{8})/([A-Za-z0-9-]{1,32})/([A-Za-z0-9-]{1,64})/aws4_request")
_STAMP = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})Z")
_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request says about its signature, not yet believed.

    Attributes:
        access_key: the key's id.
        token: the session token of a temporary key.
        day, region, service: the credential scope.
        signed: the names of the signed headers, lower case.
        signature: 64 hex digits.
        stamp: when it was signed, ``YYYYMMDDTHHMMSSZ``.
        lasts: seconds of a presigned link's life; None when the signature is in the headers.
    """

    access_key: str
    token: str | None
    day: str
    region: str
    service: str
    signed: tuple[str, ...]
    signature: str
    stamp: str
    lasts: int | None = None


def read_claim(head: Head) -> Claim:
    """The claim in the Authorization header, or in the query of a presigned link.

    Raises:
        MissingToken: there is none.
        IncompleteSignature: it is malformed.
    """
    authorization = head.headers.get("authorization", "")
    if authorization.startswith(ALGORITHM):
        pieces = [_PART.fullmatch(one) for one in authorization[len(ALGORITHM) :].split(",")]
        parts = {piece[1]: piece[2] for piece in pieces if piece}
        stamp = head.headers.get("x-amz-date", "")
        token = head.headers.get("x-amz-security-token")
        return _claim(parts, stamp, token, None)
    if "X-Amz-Signature=" in head.query:
        query = dict(parse_qsl(head.query, keep_blank_values=True))
        if query.get("X-Amz-Algorithm") != ALGORITHM:
            raise IncompleteSignature(f"X-Amz-Algorithm must be {ALGORITHM}")
        lasts = query.get("X-Amz-Expires", "")
        if not lasts.isascii() or not lasts.isdigit() or not 1 <= int(lasts[:9]) <= LONGEST_LINK:
            raise IncompleteSignature(
                f"X-Amz-Expires is {lasts[:20]!r}; expected 1 to {LONGEST_LINK} seconds"
            )
        parts = {
            name: query.get(f"X-Amz-{name}", "")
            for name in ("Credential", "SignedHeaders", "Signature")
        }
        stamp = query.get("X-Amz-Date", "")
        return _claim(parts, stamp, query.get("X-Amz-Security-Token"), int(lasts))
    raise MissingToken


def _claim(parts: dict[str, str], stamp: str, token: str | None, lasts: int | None) -> Claim:
    missing = {"Credential", "SignedHeaders", "Signature"} - {k for k, v in parts.items() if v}
    if missing:
        raise IncompleteSignature(f"Authorization lacks {', '.join(sorted(missing))}")
    scope = _SCOPE.fullmatch(parts["Credential"])
    if scope is None:
        raise IncompleteSignature(
            "Credential must be KEY/YYYYMMDD/REGION/SERVICE/aws4_request, "
            f"not {parts['Credential'][:120]!r}"
        )
    if not _HEX.fullmatch(parts["Signature"]):
        raise IncompleteSignature("Signature must be 64 lower-case hexadecimal digits")
    access_key, day, region, service = scope.groups()
    if len(stamp) != 16 or stamp[:8] != day:
        raise IncompleteSignature(
            f"X-Amz-Date is {stamp[:40]!r}; expected YYYYMMDDTHHMMSSZ on the scope's day {day}"
        )
    signed = tuple(parts["SignedHeaders"].split(";"))
    return Claim(access_key, token, day, region, service, signed, parts["Signature"], stamp, lasts)


class Verifier:
    """Checks claims.

    Args:
        public_urls: where clients may believe this server to be, such as
            ``https://hub.example/user/alice/studio``. A client signs the host and path that it
            sees; a proxy may change both on the way.
        clock: epoch seconds.
    """

    def __init__(
        self, public_urls: Iterable[str] = (), clock: Callable[[], float] = time.time
    ) -> None:
        self._clock = clock
        self._keys: dict[tuple[str, str, str, str], bytes] = {}
        self._public: list[tuple[str, str]] = []
        for url in public_urls:
            parts = urlsplit(url)
            self._public.append((parts.netloc.lower(), parts.path.rstrip("/")))

    @property
    def prefixes(self) -> list[str]:
        """The path prefixes of the public URLs, longest first."""
        return sorted({prefix for _, prefix in self._public if prefix}, key=len, reverse=True)

    def check_age(self, claim: Claim) -> None:
        """Refuse what was signed too long ago or in the future.

        Raises:
            InvalidSignature: stale.
        """
        age = self._clock() - _seconds(claim.stamp)
        if age < -SKEW:
            raise InvalidSignature(
                f"Signature not yet current: {claim.stamp} is {-age:.0f} s in the future here; "
                "set the clock"
            )
        if age > (SKEW if claim.lasts is None else claim.lasts):
            raise InvalidSignature(
                f"Signature expired: {claim.stamp} is {age:.0f} s ago here; sign again, "
                "and set the clock if it is wrong"
            )

    def verify(self, claim: Claim, secret: str, head: Head, payload_hash: str) -> None:
        """Believe the claim, or not.

        Args:
            payload_hash: SHA-256 of the body in hex, or what stands for it in S3's requests.

        Raises:
            InvalidSignature: wrong key, or the request was changed.
        """
        present = {name for name in head.headers if name.startswith("x-amz-")}
        unsigned = ({"host"} | present) - set(claim.signed)
        if unsigned:
            raise InvalidSignature(f"headers must be signed: {', '.join(sorted(unsigned))}")
        key = self._signing_key(secret, claim)
        right = False
        for host, path in self._seen(head):
            seen = Head(head.method, path, head.query, {**head.headers, "host": host})
            expected = _signature(claim, key, seen, payload_hash)
            right |= hmac.compare_digest(expected, claim.signature)
        if not right:
            raise InvalidSignature(
                "The request signature we calculated does not match the signature you provided. "
                'Check the secret key (run: eval "$(studio env)"); behind a proxy, check that '
                "its public URL is configured."
            )

    def _signing_key(self, secret: str, claim: Claim) -> bytes:
        scope = (secret, claim.day, claim.region, claim.service)
        key = self._keys.get(scope)
        if key is None:
            if len(self._keys) > 256:
                self._keys.clear()
            key = self._keys[scope] = _signing_key(*scope)
        return key

    def _seen(self, head: Head) -> Iterator[tuple[str, str]]:
        """Host and path as the client may have seen them, likeliest first."""
        host = head.headers.get("host", "")
        seen = {(host, head.path): None}
        name, colon, port = host.rpartition(":")
        if colon and port.isdigit():
            seen[name, head.path] = None
        for public, prefix in self._public:
            seen[public, head.path] = None
            seen[public, prefix + head.path] = None
        yield from seen


def sign(
    head: Head,
    credential: Credential,
    *,
    service: str,
    region: str,
    payload_hash: str,
    now: float | None = None,
) -> dict[str, str]:
    """The headers of ``head`` and those that sign it, with names in lower case.

    Args:
        head: with its ``host``. Its ``x-amz-`` headers and Content-Type are signed, others not.
        payload_hash: SHA-256 of the body in hex, or what stands for it in S3's requests.
        now: epoch seconds; the clock's when None.
    """
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    headers = {**head.headers, "x-amz-date": stamp}
    if service == "s3":
        headers["x-amz-content-sha256"] = payload_hash
    if credential.session_token:
        headers["x-amz-security-token"] = credential.session_token
    names = [n for n in headers if n.startswith("x-amz-") or n in ("host", "content-type")]
    claim = Claim(
        credential.access_key, credential.session_token, stamp[:8], region, service,
        tuple(sorted(names)), "", stamp,
    )  # fmt: skip
    key = _signing_key(credential.secret_key, claim.day, region, service)
    signed = Head(head.method, head.path, head.query, headers)
    headers["authorization"] = (
        f"{ALGORITHM} Credential={claim.access_key}/{claim.day}/{region}/{service}/aws4_request, "
        f"SignedHeaders={';'.join(claim.signed)}, "
        f"Signature={_signature(claim, key, signed, payload_hash)}"
    )
    return headers


def _signing_key(secret: str, *scope: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (*scope, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def _signature(claim: Claim, key: bytes, head: Head, payload_hash: str) -> str:
    """The signature that a request has under a key, in the scope of the claim."""
    canonical = "\n".join(
        (
            head.method,
            _canonical_path(head.path, claim.service),
            _canonical_query(head.query, presigned=claim.lasts is not None),
            *(f"{name}:{' '.join(head.headers.get(name, '').split())}" for name in claim.signed),
            "",
            ";".join(claim.signed),
            payload_hash,
        )
    )
    digest = hashlib.sha256(canonical.encode(errors="surrogateescape")).hexdigest()
    scope = f"{claim.day}/{claim.region}/{claim.service}/aws4_request"
    to_sign = f"{ALGORITHM}\n{claim.stamp}\n{scope}\n{digest}"
    return hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()


def _seconds(stamp: str) -> float:
    found = _STAMP.fullmatch(stamp)
    try:
        if found is None:
            raise ValueError
        return float(timegm(tuple(map(int, found.groups()))))
    except ValueError:
        raise IncompleteSignature(f"X-Amz-Date is {stamp!r}; expected YYYYMMDDTHHMMSSZ") from None


def _canonical_path(path: str, service: str) -> str:
    if service == "s3":  # S3 takes keys literally: encoded once, dots and slashes kept
        return quote(unquote(path, errors="surrogateescape"), safe="/~", errors="surrogateescape")
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del kept[-1:]
        elif part and part != ".":
            kept.append(part)
    tail = "/" if path.endswith("/") and kept else ""
    return quote(f"/{'/'.join(kept)}{tail}", safe="/~", errors="surrogateescape")


def _canonical_query(query: str, *, presigned: bool) -> str:
    if not query:
        return ""
    pairs = []
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if part and not (presigned and name == "X-Amz-Signature"):
            pairs.append((_encoded(name), _encoded(value)))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _encoded(text: str) -> str:
    plain = unquote(text, errors="surrogateescape")
    return quote(plain, safe="-_.~", errors="surrogateescape")
