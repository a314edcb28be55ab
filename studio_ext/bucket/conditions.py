"""Conditions of requests: ``If-Match`` and its like."""

from __future__ import annotations

import contextlib
import email.utils
from collections.abc import Mapping

from ..errors import AwsError
from .folder import no_such_key

_WRITE = ("if-match", "if-none-match")


def has_conditions(headers: Mapping[str, str]) -> bool:
    """Whether a write is to happen under conditions."""
    return any(name in headers for name in _WRITE)


def check_write(headers: Mapping[str, str], bucket: str, key: str, etag: str | None) -> None:
    """If-None-Match: * and If-Match on a write.

    Args:
        etag: of the object that is there now, ``None`` when there is none.

    Raises:
        AwsError: ``PreconditionFailed``, ``NoSuchKey``.
    """
    wanted, unless = (headers.get(name) for name in _WRITE)
    if unless is not None and unless != "*":
        raise AwsError(f"If-None-Match {unless!r}; expected '*'",
                       code="NotImplemented", status=501)  # fmt: skip
    if unless is not None and etag is not None:
        raise precondition_failed("if-none-match")
    if wanted is not None:
        if etag is None:
            raise no_such_key(bucket, key)
        if not matches(wanted, etag):
            raise precondition_failed("if-match")


def is_unchanged(headers: Mapping[str, str], etag: str, modified: float, by: str = "") -> bool:
    """Whether the client has this object already, by its conditions.

    Args:
        by: what the names of the conditions begin with (``x-amz-copy-source-``).

    Raises:
        AwsError: ``PreconditionFailed``.
    """
    wanted, unless = headers.get(f"{by}if-match"), headers.get(f"{by}if-none-match")
    if wanted is not None:
        if not matches(wanted, etag):
            raise precondition_failed(f"{by}if-match")
    elif _seconds(headers.get(f"{by}if-unmodified-since"), float("inf")) < int(modified):
        raise precondition_failed(f"{by}if-unmodified-since")
    if unless is not None:
        return matches(unless, etag)
    return int(modified) <= _seconds(headers.get(f"{by}if-modified-since"), float("-inf"))


def matches(header: str, etag: str) -> bool:
    """Whether an ETag is among those of a condition."""
    tags = [tag.strip().removeprefix("W/").strip('"') for tag in header.split(",")]
    return "*" in tags or etag.strip('"') in tags


def precondition_failed(name: str) -> AwsError:
    return AwsError(
        f"at least one of the preconditions did not hold: {name}",
        code="PreconditionFailed",
        status=412,
    )


def _seconds(text: str | None, otherwise: float) -> float:
    """A date of HTTP in epoch seconds; without one, or with nonsense, ``otherwise``."""
    with contextlib.suppress(ValueError, TypeError):
        if text is not None:
            return email.utils.parsedate_to_datetime(text).timestamp()
    return otherwise
