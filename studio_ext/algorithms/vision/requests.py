"""Inference requests that are one image."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from studio_ext.formats.channel import ContentType
from studio_ext.formats.errors import UnsupportedContentType
from studio_ext.formats.image_recordio import Part


def image_of(body: bytes, content_type: str | None, accepts: Sequence[str]) -> Part:
    """The request's image, to be decoded by whoever knows its mode.

    Raises:
        UnsupportedContentType: for HTTP 415.
    """
    if ContentType.parse(content_type or accepts[0]).name not in accepts:
        raise UnsupportedContentType(
            f"content type '{content_type}' is not supported; expected one of {', '.join(accepts)}"
        )
    return Part(Path(), "the request", joined=body)
