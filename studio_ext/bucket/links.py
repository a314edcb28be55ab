"""Presigned links of signature version 2, which boto3 still makes when nobody says otherwise.

Source: "Signing and authenticating REST requests (AWS signature version 2)" of S3's API reference.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import parse_qsl, unquote

from ..wire.faults import IncompleteSignature, InvalidSignature
from ..wire.service import Head
from ..wire.sigv4 import Claim

# Parameters that say what is asked are signed; those that only narrow it (prefix, marker) are not.
_SIGNED = frozenset(
    ("acl", "cors", "delete", "lifecycle", "location", "logging", "notification", "partNumber",
     "policy", "replication", "requestPayment", "tagging", "torrent", "uploadId", "uploads",
     "versionId", "versioning", "versions", "website", "response-cache-control",
     "response-content-disposition", "response-content-encoding", "response-content-language",
     "response-content-type", "response-expires")
)  # fmt: skip


def read_link(head: Head, region: str = "us-east-1") -> Claim:
    """The claim of a link.

    Args:
        region: where such links are from; they do not say.

    Raises:
        IncompleteSignature: it is malformed.
    """
    query = dict(parse_qsl(head.query, keep_blank_values=True, errors="surrogateescape"))
    expires = query.get("Expires", "")
    if not (expires.isascii() and expires.isdigit() and len(expires) < 12):
        raise IncompleteSignature(f"Expires is {expires[:40]!r}; expected epoch seconds")
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(int(expires)))
    return Claim(
        access_key=query["AWSAccessKeyId"],
        token=query.get("x-amz-security-token") or head.headers.get("x-amz-security-token"),
        day=stamp[:8],
        region=region,
        service="s3",
        signed=(),
        signature=query.get("Signature", ""),
        stamp=stamp,
        lasts=0,
    )


def verify_link(
    claim: Claim,
    secret: str,
    head: Head,
    virtual: str,
    prefixes: Iterable[str],
    clock: Callable[[], float],
) -> None:
    """Believe the claim, or not.

    Args:
        virtual: the bucket in the host's name, or ``""``.
        prefixes: of paths, that a proxy may have taken away.

    Raises:
        InvalidSignature: wrong key, changed, or too late.
    """
    pairs = [part.partition("=")[::2] for part in head.query.split("&")]
    query = {unquote(name): unquote(value) for name, value in pairs}
    right = False
    for path in _paths(head.path, virtual, prefixes):
        text = _text(head, query, path, [name for name, _ in pairs])
        digest = hmac.digest(secret.encode(), text.encode(errors="surrogateescape"), hashlib.sha1)
        expected = base64.b64encode(digest)
        right |= hmac.compare_digest(expected, claim.signature.encode(errors="replace"))
    if not right:
        raise InvalidSignature(
            "The request signature we calculated does not match the signature you provided. "
            'Check the secret key (run: eval "$(studio env)").'
        )
    if clock() > int(query["Expires"]):
        raise InvalidSignature(f"the link has expired: it was good until {claim.stamp}")


def _paths(path: str, virtual: str, prefixes: Iterable[str]) -> Iterator[str]:
    """The path as the client may have seen it."""
    yield f"/{virtual}{path}" if virtual else path
    for prefix in prefixes:
        yield prefix + path


def _text(head: Head, query: dict[str, str], path: str, names: list[str]) -> str:
    """What was signed."""
    lower = {name.lower(): value for name, value in query.items()}
    ours = {
        name: value
        for source in (lower, head.headers)  # what is sent counts, so it must be what was signed
        for name, value in source.items()
        if name.startswith("x-amz-")
    }
    asked = sorted({name for name in map(unquote, names) if name in _SIGNED})
    resource = "&".join(f"{name}={query[name]}" if query[name] else name for name in asked)
    return "\n".join(
        [
            head.method,
            head.headers.get("content-md5", lower.get("content-md5", "")),
            head.headers.get("content-type", lower.get("content-type", "")),
            query["Expires"],
            *(f"{name}:{ours[name].strip()}" for name in sorted(ours)),
            f"{path}?{resource}" if resource else path,
        ]
    )
