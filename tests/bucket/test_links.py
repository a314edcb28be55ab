"""Links as boto3 makes them by itself: signed with version 2."""

from __future__ import annotations

import contextlib
import urllib.request
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

Link = Callable[..., str]


def fetch(url: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Any:
    """Status and body; sent as it is, since urllib adds a Content-Type, which would be signed."""
    parts = urlsplit(url)
    with contextlib.closing(HTTPConnection(parts.netloc, timeout=10)) as connection:
        connection.request(method, f"{parts.path}?{parts.query}", body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()


@pytest.fixture
def link(s3: Any, bucket: str) -> Link:
    def make(operation: str = "get_object", **more: Any) -> str:
        seconds = more.pop("ExpiresIn", 3600)
        params = {"Bucket": bucket, "Key": "a b/ü", **more}
        return str(s3.generate_presigned_url(operation, Params=params, ExpiresIn=seconds))

    return make


def test_links_read_and_write(s3: Any, bucket: str, link: Link) -> None:
    assert "AWSAccessKeyId=" in link()
    assert fetch(link("put_object"), "PUT", b"new")[0] == 200
    assert fetch(link()) == (200, b"new")
    assert fetch(link("head_object"), "HEAD")[0] == 200


def test_what_narrows_the_answer_is_signed(s3: Any, bucket: str, link: Link) -> None:
    s3.put_object(Bucket=bucket, Key="a b/ü", Body=b"x")
    with urllib.request.urlopen(link(ResponseContentType="text/x; charset=utf-8")) as answer:
        assert answer.headers["Content-Type"] == "text/x; charset=utf-8"
    forged = link(ResponseContentType="text/x").replace("text%2Fx", "text%2Fhtml")
    assert fetch(forged)[0] == 403


def test_content_types_and_metadata_are_signed(s3: Any, bucket: str, link: Link) -> None:
    made = link("put_object", ContentType="text/csv", Metadata={"team": "x"})
    headers = {"Content-Type": "text/csv", "x-amz-meta-team": "x"}
    assert fetch(made, "PUT", b"1", **headers)[0] == 200
    found = s3.head_object(Bucket=bucket, Key="a b/ü")
    assert (found["ContentType"], found["Metadata"]) == ("text/csv", {"team": "x"})
    assert fetch(made, "PUT", b"1", **{**headers, "x-amz-meta-team": "y"})[0] == 403


def test_a_link_is_for_one_thing(s3: Any, bucket: str, link: Link) -> None:
    s3.put_object(Bucket=bucket, Key="a b/ü", Body=b"x")
    s3.put_object(Bucket=bucket, Key="other", Body=b"secret")
    for changed in (
        link().replace("a%20b", "other"), link().replace("Expires=1", "Expires=2"),
        link().replace("Signature=", "Signature=x"), link().replace("Expires=", "Expires=x"),
        link().replace("AWSAccessKeyId=", "AWSAccessKeyId=AKIANOBODY"),
        link(ExpiresIn=-10),
    ):  # fmt: skip
        assert fetch(changed)[0] in (400, 403)
    assert fetch(link(), "DELETE")[0] == 403
    assert fetch(link(), "PUT", b"1")[0] == 403


def test_links_of_a_job_end_with_it(served: Any, bucket: str, s3: Any) -> None:
    s3.put_object(Bucket=bucket, Key="x", Body=b"x")
    served.alive.add("8")
    client = served.client(served.keys.temporary(session="train", attempt="8"))
    made = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "x"})
    assert fetch(made) == (200, b"x")
    served.alive.discard("8")
    assert fetch(made)[0] == 403
