"""The few XML documents that the door writes and reads itself."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from ..errors import AwsError
from .request import MAX_PARTS, part_number

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_MAX_TAGS = 10
_MAX_DELETED = 1000


def error(code: str, message: str, resource: str, request_id: str) -> bytes:
    """An error as S3 words it."""
    return (
        DECLARATION
        + (
            f"<Error><Code>{_text(code)}</Code><Message>{_text(message)}</Message>"
            f"<Resource>{_text(resource)}</Resource><RequestId>{request_id}</RequestId></Error>"
        ).encode()
    )


def document(root: str, *parts: str) -> bytes:
    """A document of S3's; the parts are XML already."""
    return DECLARATION + f'<{root} xmlns="{_NAMESPACE}">{"".join(parts)}</{root}>'.encode()


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


def read_delete(body: bytes) -> tuple[list[str], bool]:
    """Keys to delete, and whether only errors are to be told.

    Raises:
        AwsError: ``MalformedXML``.
    """
    root = _parsed(body)
    keys = [found for each in root.iter() if _name(each) == "Object" for found in _keys(each)]
    if not 0 < len(keys) <= _MAX_DELETED:
        raise AwsError(f"{len(keys)} keys to delete; expected 1 to {_MAX_DELETED}",
                       code="MalformedXML", status=400)  # fmt: skip
    quiet = any(_name(each) == "Quiet" and each.text == "true" for each in root.iter())
    return keys, quiet


def _keys(item: ElementTree.Element) -> list[str]:
    return [each.text or "" for each in item if _name(each) == "Key"]


def read_parts(body: bytes) -> list[tuple[int, str]]:
    """Number and ETag, without its quotes, of each part to complete an upload with.

    Raises:
        AwsError: ``MalformedXML``, ``InvalidArgument``.
    """
    found = [
        {_name(child): (child.text or "").strip() for child in each}
        for each in _parsed(body).iter()
        if _name(each) == "Part"
    ]
    if not 0 < len(found) <= MAX_PARTS:
        raise AwsError(f"{len(found)} parts; expected 1 to {MAX_PARTS}",
                       code="MalformedXML", status=400)  # fmt: skip
    return [
        (part_number(part.get("PartNumber", "")), part.get("ETag", "").strip('"')) for part in found
    ]


def read_tagging(body: bytes) -> str:
    """Tags as a header, from a document.

    Raises:
        AwsError: ``MalformedXML``, ``InvalidTag``.
    """
    root = _parsed(body)
    tags: dict[str, str] = {}
    for tag in root.iter():
        if _name(tag) == "Tag":
            found = {_name(child): child.text or "" for child in tag}
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


def _parsed(body: bytes) -> ElementTree.Element:
    # In UTF-16 a declaration would look otherwise.
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body or b"\0" in body:
        raise AwsError(
            "expected XML in UTF-8 without declarations", code="MalformedXML", status=400
        )
    try:
        return ElementTree.fromstring(body)
    except ElementTree.ParseError as problem:
        raise AwsError(f"the body is no XML: {problem}", code="MalformedXML", status=400) from None


def _name(found: ElementTree.Element) -> str:
    """An element's name without its namespace."""
    return found.tag.rpartition("}")[2]


def _text(text: str) -> str:
    """Escaped, without the characters that XML cannot hold."""
    return escape(re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text))
