"""``s3://bucket/key``, checked before it becomes a path."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import ValidationException
from ..files import TEMPORARY

RESERVED = TEMPORARY
"""Names that start so are uploads in flight: hidden, and refused as keys."""

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
_MAX_KEY = 1024  # bytes of UTF-8, as S3
_MAX_SEGMENT = 255  # bytes, a file name's limit


@dataclass(frozen=True, slots=True)
class S3Uri:
    """A bucket and a key, a key prefix, or ``""`` for the whole bucket."""

    bucket: str
    key: str = ""

    @classmethod
    def parse(cls, text: str) -> S3Uri:
        """Reads ``s3://bucket`` or ``s3://bucket/prefix``.

        Raises:
            ValidationException: names the text and the part of it that is wrong.
        """
        if not text.startswith("s3://"):
            raise ValidationException(f"{text!r} is not an S3 URI: expected s3://bucket/prefix")
        bucket, _, key = text.removeprefix("s3://").partition("/")
        try:
            check_bucket(bucket)
            check_prefix(key)
        except ValidationException as error:
            raise ValidationException(
                f"{text!r} is not a usable S3 URI: {error.message}", code=error.code
            ) from None
        return cls(bucket, key)

    def join(self, *parts: str) -> S3Uri:
        """The URI below this one; empty parts and doubled slashes vanish."""
        pieces = [piece.strip("/") for piece in (self.key, *parts)]
        key = "/".join(piece for piece in pieces if piece)
        check_prefix(key)
        return S3Uri(self.bucket, key)

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}" if self.key else f"s3://{self.bucket}"


def check_bucket(name: str) -> str:
    """Returns the name when it follows S3's naming rules, which also make it a safe folder name."""
    if not _BUCKET.fullmatch(name) or ".." in name or _ADDRESS.fullmatch(name):
        raise ValidationException(
            f"bucket name {name!r}: expected 3 to 63 lower-case letters, digits, dots or hyphens, "
            "beginning and ending with a letter or digit, and no IP address",
            code="InvalidBucketName",
        )
    return name


def check_key(key: str) -> str:
    """Returns the key when it can name a file inside its bucket, and nothing outside it."""
    if not key or key.endswith("/"):
        raise _bad_key(key, "expected the name of an object, not of a folder")
    return check_prefix(key)


def check_prefix(prefix: str) -> str:
    """Like :func:`check_key`, but empty prefixes and a last slash are allowed."""
    if len(encode(prefix)) > _MAX_KEY:
        raise _bad_key(prefix[:80] + "…", f"expected at most {_MAX_KEY} bytes")
    if any(ord(character) < 32 or ord(character) == 127 for character in prefix):
        raise _bad_key(prefix, "expected no control characters")
    segments = prefix.removesuffix("/").split("/") if prefix else []
    for segment in segments:
        if segment in ("", ".", ".."):
            raise _bad_key(prefix, "expected no empty, '.' or '..' part between slashes")
        if segment.startswith(RESERVED):
            raise _bad_key(prefix, f"names that start with {RESERVED} are uploads in flight")
        if len(encode(segment)) > _MAX_SEGMENT:
            raise _bad_key(prefix, f"expected at most {_MAX_SEGMENT} bytes between slashes")
    return prefix


def encode(text: str) -> bytes:
    """UTF-8, the order in which S3 lists; lone surrogates are refused by name."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise _bad_key(text, "expected valid Unicode") from None


def _bad_key(key: str, expected: str) -> ValidationException:
    return ValidationException(f"key {key!r}: {expected}", code="InvalidArgument")
