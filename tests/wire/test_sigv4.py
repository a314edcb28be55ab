"""Signatures: botocore's verify, everybody else's do not, proxies or not."""

from __future__ import annotations

import calendar
import hashlib
import time
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings, strategies as st

from studio_ext.errors import AwsError
from studio_ext.wire.faults import IncompleteSignature, InvalidSignature, MissingToken
from studio_ext.wire.service import Head
from studio_ext.wire.sigv4 import Verifier, read_claim, sign

from ..serving import KEY, REGION
from .signing import signed

BODY = b'{"ModelName":"a"}'
HASH = hashlib.sha256(BODY).hexdigest()


def head_of(
    url: str = "http://localhost:8443/",
    *,
    host: str | None = None,
    path: str | None = None,
    **more: Any,
) -> Head:
    parts = urlsplit(url)
    headers = {k.lower(): v for k, v in signed(url, BODY, **more).items()}
    headers["host"] = host or parts.netloc
    return Head("POST", path or parts.path or "/", parts.query, headers)


def verify(
    head: Head, *public: str, secret: str = KEY.secret_key, now: float | None = None
) -> None:
    verifier = Verifier(public, (lambda: now) if now is not None else time.time)
    claim = read_claim(head)
    verifier.check_age(claim)
    verifier.verify(claim, secret, head, HASH)


PATHS = st.text("aZ09-_.~/%é +:@", max_size=20).map(
    lambda text: "/" + text.replace("%", "%25").replace(" ", "%20").replace("é", "%C3%A9")
)
PAIRS = st.lists(
    st.tuples(st.text("abAB-_.~", min_size=1, max_size=4), st.text("xy09-", max_size=4))
)


@settings(max_examples=300, deadline=None)
@given(PATHS, PAIRS)
def test_what_botocore_signs_verifies(path: str, pairs: list[tuple[str, str]]) -> None:
    query = "&".join(f"{name}={value}" for name, value in pairs)
    verify(head_of(f"http://localhost{path}" + (f"?{query}" if query else "")))


def test_a_header_with_odd_spaces_verifies() -> None:
    verify(head_of(headers={"X-Amz-Target": "SageMaker.ListModels", "X-Odd": "  a   b "}))


def test_a_session_token_is_part_of_it() -> None:
    temporary = replace(KEY, session_token="token")
    head = head_of(key=temporary)
    assert read_claim(head).token == "token"
    verify(head)


@pytest.mark.parametrize(
    "change",
    [
        {"secret": "wrong"},
        {"path": "/other"},
        {"method": "PUT"},
        {"query": "a=b"},
        {"body": b"other"},
        {"header": ("x-amz-target", "SageMaker.DeleteModel")},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_change_on_the_way_is_seen(change: dict[str, Any]) -> None:
    head = head_of(headers={"X-Amz-Target": "SageMaker.DescribeModel"})
    headers = dict(head.headers)
    if "header" in change:
        headers[change["header"][0]] = change["header"][1]
    changed = Head(
        change.get("method", head.method), change.get("path", head.path),
        change.get("query", head.query), headers,
    )  # fmt: skip
    digest = hashlib.sha256(change.get("body", BODY)).hexdigest()
    with pytest.raises(InvalidSignature, match="does not match"):
        Verifier().verify(read_claim(head), change.get("secret", KEY.secret_key), changed, digest)


def test_an_amz_header_added_on_the_way_is_refused() -> None:
    head = head_of()
    added = Head(head.method, head.path, head.query, {**head.headers, "x-amz-target": "X.Y"})
    with pytest.raises(InvalidSignature, match="must be signed: x-amz-target"):
        verify(added)


def test_old_and_future_signatures_are_refused() -> None:
    head, now = head_of(), time.time()
    verify(head, now=now + 290)
    verify(head, now=now - 290)
    with pytest.raises(InvalidSignature, match="expired"):
        verify(head, now=now + 310)
    with pytest.raises(InvalidSignature, match="future"):
        verify(head, now=now - 310)


def test_behind_an_nginx_that_drops_the_port() -> None:
    head = head_of("http://studio.example:8443/", host="studio.example")
    with pytest.raises(InvalidSignature, match="public URL"):
        verify(head)
    verify(head, "http://studio.example:8443")


def test_behind_a_proxy_that_adds_a_port() -> None:
    verify(head_of("https://studio.example/", host="studio.example:443"))


@pytest.mark.parametrize("kept", [True, False], ids=["prefix kept", "prefix stripped"])
def test_behind_jupyterhub(kept: bool) -> None:
    public = "https://hub.example/user/alice/studio"
    head = head_of(f"{public}/", host="127.0.0.1:41923", path=None if kept else "/")
    with pytest.raises(InvalidSignature):
        verify(head)
    verify(head, public)
    verify(head, "https://other.example", public + "/")


def test_a_presigned_link() -> None:
    link = signed("http://localhost/a?b=c", b"", method="GET", presigned=True)["url"]
    parts = urlsplit(link)
    head = Head("GET", parts.path, parts.query, {"host": "localhost"})
    claim, empty = read_claim(head), hashlib.sha256(b"").hexdigest()
    assert claim.lasts == 3600
    Verifier().check_age(claim)
    Verifier().verify(claim, KEY.secret_key, head, empty)
    with pytest.raises(InvalidSignature, match="expired"):
        Verifier(clock=lambda: time.time() + 3700).check_age(claim)
    other = Head("GET", "/b", parts.query, {"host": "localhost"})
    with pytest.raises(InvalidSignature):
        Verifier().verify(claim, KEY.secret_key, other, empty)


SCOPE = "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/sagemaker/aws4_request"
REST = f", SignedHeaders=host, Signature={'0' * 64}"


@pytest.mark.parametrize(
    ("authorization", "date", "error"),
    [
        ("", "", MissingToken),
        ("Bearer x", "", MissingToken),
        ("AWS4-HMAC-SHA256", "", IncompleteSignature),
        (SCOPE, "20260101T000000Z", IncompleteSignature),
        (f"{SCOPE}, SignedHeaders=host, Signature=xyz", "20260101T000000Z", IncompleteSignature),
        (SCOPE + REST, "", IncompleteSignature),
        (SCOPE + REST, "20260102T000000Z", IncompleteSignature),
        (SCOPE.replace("/us-east-1", "") + f", SignedHeaders=host, Signature={'0' * 64}",
         "20260101T000000Z", IncompleteSignature),
    ],
)  # fmt: skip
def test_malformed_claims(authorization: str, date: str, error: type[AwsError]) -> None:
    headers = {"authorization": authorization, "x-amz-date": date, "host": "a"}
    with pytest.raises(error):
        read_claim(Head("POST", "/", "", headers))


def test_a_date_that_does_not_exist() -> None:
    head = Head(
        "POST", "/", "",
        {"authorization": SCOPE.replace("20260101", "20261301")
         + f", SignedHeaders=host, Signature={'0' * 64}", "x-amz-date": "20261301T000000Z"},
    )  # fmt: skip
    with pytest.raises(IncompleteSignature):
        Verifier().check_age(read_claim(head))


@settings(max_examples=100, deadline=None)
@given(PATHS, PAIRS)
def test_we_sign_as_botocore_does(path: str, pairs: list[tuple[str, str]]) -> None:
    query = "&".join(f"{name}={value}" for name, value in pairs)
    url = f"http://localhost{path}" + (f"?{query}" if query else "")
    theirs = head_of(url)
    now = calendar.timegm(time.strptime(theirs.headers["x-amz-date"], "%Y%m%dT%H%M%SZ"))
    ours = sign(
        Head("POST", path, query, {"host": "localhost"}), KEY,
        service="sagemaker", region=REGION, payload_hash=HASH, now=now,
    )  # fmt: skip
    assert ours["authorization"] == theirs.headers["authorization"]


@pytest.mark.parametrize("service", ["sagemaker", "s3", "studio"])
@pytest.mark.parametrize("token", [None, "a-session"])
def test_what_we_sign_verifies(service: str, token: str | None) -> None:
    headers = {"host": "localhost:8443", "content-type": "text/csv", "x-amz-meta-a": " b  c "}
    head = Head("PUT", "/bucket/a//../b%20c+d~", "partNumber=1&uploadId=%2Fx", headers)
    signed_headers = sign(
        head, replace(KEY, session_token=token),
        service=service, region="eu-west-1", payload_hash=HASH,
    )  # fmt: skip
    assert ("x-amz-content-sha256" in signed_headers) == (service == "s3")
    assert signed_headers.get("x-amz-security-token") == token
    whole = replace(head, headers=signed_headers)
    verify(whole)
    changed = {**signed_headers, "x-amz-meta-a": "d"}
    with pytest.raises(InvalidSignature):
        verify(replace(whole, headers=changed))
