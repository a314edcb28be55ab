"""S3 through Jupyter: whole objects of any size, and nothing that runs in the browser."""

from __future__ import annotations

import asyncio
import hashlib
import resource
import socket
from urllib.parse import parse_qsl

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPRequest

MB = 1 << 20


@pytest.fixture
def bucket(client) -> str:
    client("s3").create_bucket(Bucket="door")
    return "door"


@pytest.fixture
def s3(jp_fetch, bucket):
    """Any request to ``studio/s3/door/<key>``."""

    async def ask(method: str, key: str = "", query: str = "", **options):
        options.setdefault("headers", {})
        options.setdefault("allow_nonstandard_methods", True)
        return await jp_fetch(
            f"studio/s3/{bucket}/{key}" if key else f"studio/s3/{bucket}", method=method,
            params=dict(parse_qsl(query, keep_blank_values=True)), raise_error=False, **options,
        )  # fmt: skip

    return ask


@pytest.fixture
def raw(jp_serverapp, jp_fetch, http_server_port, jp_auth_header):
    """A request as bytes, as no honest client would send it; the answer as bytes."""

    async def send(head: str, body: bytes = b"", more: bool = True) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", http_server_port[-1])
        method, path = head.split(" ")
        token = jp_auth_header["Authorization"]
        writer.write(
            f"{method} {jp_serverapp.base_url}{path} HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: {token}\r\nContent-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n".encode("latin-1")
            + body
        )
        answer = await asyncio.wait_for(reader.read(), 60)
        writer.close()
        return answer

    return send


async def test_an_object_goes_in_and_out(s3, client) -> None:
    made = await s3("PUT", "a b/c+d~é.csv", body=b"1,2\n", headers={"Content-Type": "text/csv"})
    assert made.code == 200
    kept = client("s3").get_object(Bucket="door", Key="a b/c+d~é.csv")
    assert (kept["Body"].read(), kept["ContentType"]) == (b"1,2\n", "text/csv")
    got = await s3("GET", "a b/c+d~é.csv")
    assert (got.body, got.headers["Content-Type"]) == (b"1,2\n", "text/csv")
    assert got.headers["ETag"] == kept["ETag"]
    head = await s3("HEAD", "a b/c+d~é.csv")
    assert (head.code, head.headers["Content-Length"], head.body) == (200, "4", b"")
    assert head.headers["ETag"] == kept["ETag"]
    assert (await s3("DELETE", "a b/c+d~é.csv")).code == 204
    assert (await s3("GET", "a b/c+d~é.csv")).code == 404


async def test_ranges_and_conditions(s3, client) -> None:
    client("s3").put_object(Bucket="door", Key="r", Body=b"0123456789")
    part = await s3("GET", "r", headers={"Range": "bytes=2-4"})
    assert (part.code, part.body) == (206, b"234")
    assert part.headers["Content-Range"] == "bytes 2-4/10"
    same = await s3("GET", "r", headers={"If-None-Match": part.headers["ETag"]})
    assert (same.code, same.body) == (304, b"")
    there = await s3("PUT", "r", body=b"x", headers={"If-None-Match": "*"})
    assert there.code == 412


async def test_lists_and_buckets(s3, jp_fetch, jp_serverapp, client) -> None:
    token = jp_serverapp.identity_provider.token  # as links to downloads have it
    client("s3").put_object(Bucket="door", Key="l/one", Body=b"1")
    found = await s3("GET", query=f"list-type=2&prefix=l%2F&delimiter=%2F&token={token}")
    assert b"<Key>l/one</Key>" in found.body
    assert (await s3("GET", "")).code == 200
    for path in ("studio/s3", "studio/s3/"):
        assert b"<Name>door</Name>" in (await jp_fetch(path)).body


async def test_parts(s3, client) -> None:
    from xml.etree import ElementTree

    made = await s3("POST", "big", "uploads", body=b"")
    upload = ElementTree.fromstring(made.body).find("{*}UploadId").text
    etags = []
    for number in (1, 2):
        query = f"partNumber={number}&uploadId={upload}"
        sent = await s3("PUT", "big", query, body=bytes([number]) * (5 * MB))
        etags.append(sent.headers["ETag"])
    parts = "".join(
        f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"
        for number, etag in enumerate(etags, 1)
    )
    document = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
    assert (await s3("POST", "big", f"uploadId={upload}", body=document)).code == 200
    assert client("s3").head_object(Bucket="door", Key="big")["ContentLength"] == 10 * MB


@pytest.mark.parametrize(
    ("key", "kind"),
    [("x.html", "text/html"), ("x.svg", "image/svg+xml"), ("x.js", "text/javascript"),
     ("x.xhtml", "application/xhtml+xml"), ("x", "text/html; charset=utf-7")],
)  # fmt: skip
async def test_nothing_runs_in_the_browser(s3, client, key, kind) -> None:
    client("s3").put_object(
        Bucket="door", Key=key, Body=b"<script>alert(1)</script>", ContentType=kind,
        CacheControl="public", ContentDisposition="inline",
    )  # fmt: skip
    for query in ("", "response-content-disposition=inline&response-content-type=text/html"):
        got = await s3("GET", key, query)
        assert got.code == 200
        policy = [each.strip() for each in got.headers["Content-Security-Policy"].split(";")]
        assert "sandbox" in policy, "and nothing that it allows"
        assert "default-src 'none'" in policy
        assert got.headers["X-Content-Type-Options"] == "nosniff"
        assert got.headers["Content-Disposition"].startswith("attachment;")
        assert got.headers.get_list("Content-Disposition") != ["inline"]
        assert got.headers["Cache-Control"] == "private, no-cache"


async def test_a_name_cannot_add_a_header(s3, client) -> None:
    key = 'a";x=\u2028<b>%0d%0aSet-Cookie: a=b'
    client("s3").put_object(Bucket="door", Key=key, Body=b"1")
    got = await s3("GET", key)
    assert got.code == 200
    assert not any(each.startswith("a=") for each in got.headers.get_list("Set-Cookie"))
    assert "<b>" not in got.headers["Content-Disposition"]


@pytest.mark.parametrize(
    "path",
    ["studio/s3/../../../etc/passwd", "studio/s3/%2e%2e/%2e%2e/etc/passwd",
     "studio/s3/door/..%2f..%2fidentity%2fkeys.json", "studio/s3/door/%00",
     "studio/s3/%2fetc/passwd", "studio/s3/..%2f..%2fstudio%2fevents", "studio/s3/door/\xff",
     f"studio/s3/door/{'x' * 3000}", f"studio/s3/{'b' * 3000}/x", "studio/s3/door/a/../../../b"],
)  # fmt: skip
async def test_no_path_leads_out(raw, bucket, path) -> None:
    answer = await raw(f"GET {path}")
    status = int(answer.split(b" ", 2)[1])
    assert 400 <= status < 500, answer[:300]
    assert b"root:" not in answer
    assert b"secret_key" not in answer


async def test_jupyters_secrets_stay_in_jupyter(s3, home, jp_serverapp) -> None:
    headers = {"Cookie": "a=b", "X-Amz-Security-Token": "stolen", "X-Amz-Date": "19990101T000000Z"}
    assert (await s3("PUT", "plain", body=b"1", headers=headers)).code == 200
    token = jp_serverapp.identity_provider.token
    assert token not in home.audit.read_text()


async def test_errors_are_s3s_words(s3, jp_fetch) -> None:
    missing = await s3("GET", "<none>")
    assert missing.code == 404
    assert b"<Code>NoSuchKey</Code>" in missing.body
    assert "sandbox" in missing.headers["Content-Security-Policy"]
    nowhere = await jp_fetch("studio/s3/no-such-bucket/x", raise_error=False)
    assert b"NoSuchBucket" in nowhere.body


async def test_a_large_object_is_never_in_memory(
    jp_fetch, jp_auth_header, jp_serverapp, http_server_port, bucket
) -> None:
    size, piece = 300, b"x" * MB

    async def produce(write) -> None:
        for _ in range(size):
            await write(piece)

    digest = hashlib.md5(piece * size).hexdigest()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    url = f"http://localhost:{http_server_port[-1]}{jp_serverapp.base_url}studio/s3/door/large"
    answer = await AsyncHTTPClient().fetch(
        HTTPRequest(
            url, method="PUT", body_producer=produce, request_timeout=200,
            headers={**jp_auth_header, "Content-Length": str(size * MB)},
        ),
    )  # fmt: skip
    assert answer.headers["ETag"] == f'"{digest}"'
    got = 0

    def take(chunk: bytes) -> None:
        nonlocal got
        got += len(chunk)

    await AsyncHTTPClient(force_instance=True, max_body_size=1 << 40).fetch(
        HTTPRequest(url, headers=jp_auth_header, streaming_callback=take, request_timeout=200)
    )
    assert got == size * MB
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown < 100, f"{grown:.0f} MB for an object of {size} MB"


async def test_an_upload_that_breaks_off_leaves_nothing(
    jp_fetch, jp_auth_header, jp_serverapp, http_server_port, client, bucket
) -> None:
    with socket.create_connection(("127.0.0.1", http_server_port[-1])) as stream:
        stream.sendall(
            f"PUT {jp_serverapp.base_url}studio/s3/door/half HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: {jp_auth_header['Authorization']}\r\n"
            f"Content-Length: {10 * MB}\r\n\r\n".encode()
            + b"x" * 100_000
        )
        await asyncio.sleep(0.3)
    await asyncio.sleep(0.3)
    listed = client("s3").list_objects_v2(Bucket="door", Prefix="half")
    assert listed["KeyCount"] == 0
