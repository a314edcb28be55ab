"""The few XML documents that the door writes and reads itself."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from ..errors import AwsError

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_MAX_TAGS = 10


def error(code: str, message: str, resource: str, request_id: str) -> bytes:
    """An error as S3 words it."""
    return (
        f"{_HEAD}<Error><Code>{_text(code)}</Code><Message>{_text(message)}</Message>"
        f"<Resource>{_text(resource)}</Resource><RequestId>{request_id}</RequestId></Error>"
    ).encode()


def read_error(body: bytes) -> tuple[str, str]:
    """Code and message of an error document; empty strings for what it lacks."""
    return field(body, "Code"), field(body, "Message")


def field(body: bytes, name: str) -> str:
    """The text of the first element of this name, ``""`` without one."""
    try:
        for element in ElementTree.fromstring(body).iter():
            if element.tag.rpartition("}")[2] == name:
                return element.text or ""
    except ElementTree.ParseError:
        pass
    return ""


def document(root: str, *parts: str) -> bytes:
    """A document of S3's; the parts are XML already."""
    return f'{_HEAD}<{root} xmlns="{_NAMESPACE}">{"".join(parts)}</{root}>'.encode()


def element(name: str, text: str | int | bool) -> str:
    shown = str(text).lower() if isinstance(text, bool) else str(text)
    return f"<{name}>{_text(shown)}</{name}>"


def stamp(seconds: float) -> str:
    """A time as documents have it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def copied(root: str, etag: str, modified: float) -> bytes:
    """The answer to CopyObject (``CopyObjectResult``) and UploadPartCopy (``CopyPartResult``)."""
    return document(root, element("ETag", etag), element("LastModified", stamp(modified)))


def tagging(header: str) -> bytes:
    """Tags as a document, from their form as a header (``a=b&c=d``)."""
    tags = "".join(
        f"<Tag>{element('Key', key)}{element('Value', value)}</Tag>"
        for key, value in parse_qsl(header, keep_blank_values=True)
    )
    return document("Tagging", f"<TagSet>{tags}</TagSet>")


def read_tagging(body: bytes) -> str:
    """Tags as a header, from a document.

    Raises:
        AwsError: ``MalformedXML``, ``InvalidTag``.
    """
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise AwsError("expected XML without declarations", code="MalformedXML", status=400)
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError as problem:
        raise AwsError(f"the body is no XML: {problem}", code="MalformedXML", status=400) from None
    tags: dict[str, str] = {}
    for tag in root.iter():
        if tag.tag.rpartition("}")[2] == "Tag":
            found = {child.tag.rpartition("}")[2]: child.text or "" for child in tag}
            key, value = found.get("Key", ""), found.get("Value", "")
            if not 0 < len(key) <= 128 or len(value) > 256 or key in tags:
                raise AwsError(
                    f"tag {key[:128]!r}: expected a key of 1 to 128 letters, once, and a value of "
                    "at most 256",
                    code="InvalidTag",
                    status=400,
                )
            tags[key] = value
    if len(tags) > _MAX_TAGS:
        raise AwsError(
            f"{len(tags)} tags; expected at most {_MAX_TAGS}", code="BadRequest", status=400
        )
    return urlencode(tags)


def _text(text: str) -> str:
    """Escaped, without the characters that XML cannot hold."""
    return escape(re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text))
