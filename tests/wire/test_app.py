"""The doors over real sockets: what is refused, when, and that the client sees it."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from studio_ext.errors import ResourceNotFound
from studio_ext.wire.throttle import Throttle

from ..serving import KEY, Key, Server, Simple, serving
from .signing import signed

TARGET = {"X-Amz-Target": "SageMaker.DescribeModel", "Content-Type": "application/x-amz-json-1.1"}
LIMIT = 100_000


def describe(params: dict[str, Any], caller: Any) -> dict[str, Any]:
    if params["ModelName"] == "bug":
        raise RuntimeError("the secret is in the traceback")
    if params["ModelName"] == "none":
        raise ResourceNotFound("Could not find model 'none'")
    return {"ModelName": params["ModelName"], "ModelArn": caller.arn, "Unknown": 1}


async def later(params: dict[str, Any], caller: Any) -> dict[str, Any]:
    return {"Models": []}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    operations = {"DescribeModel": describe, "ListModels": later}
    public = ("http://hub.example/user/alice/studio",)
    with serving(
        [Simple("sagemaker", operations)], throttle=Throttle(0), limit=LIMIT, public_urls=public
    ) as found:
        yield found


def send(
    server: Server, body: bytes, headers: dict[str, str], *, method: str = "POST", path: str = "/"
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request(method, path, body=body, headers=headers)
    response = connection.getresponse()
    answer = response.read()
    connection.close()
    return response.status, dict(response.getheaders()), answer


BODY = b'{"ModelName":"a"}'


def test_an_answer(server: Server) -> None:
    status, headers, body = send(server, BODY, signed(server.url + "/", BODY, TARGET))
    assert status == 200
    assert json.loads(body) == {"ModelName": "a", "ModelArn": KEY.arn}
    assert headers["X-Amzn-Requestid"]
    assert "Server" not in headers
    assert server.audited[-1] == ("sagemaker", "DescribeModel", "OK")


def test_operations_may_wait(server: Server) -> None:
    assert server.client("sagemaker").list_models()["Models"] == []


def test_errors_are_audited_and_typed(server: Server) -> None:
    with pytest.raises(ClientError) as error:
        server.client("sagemaker").describe_model(ModelName="none")
    assert error.value.response["Error"]["Code"] == "ResourceNotFound"
    assert server.audited[-1] == ("sagemaker", "DescribeModel", "ResourceNotFound")


def test_what_is_not_built_says_so(server: Server) -> None:
    with pytest.raises(ClientError, match="CreateModel of sagemaker is not built") as error:
        server.client("sagemaker", validate=False).create_model(ModelName="a")
    assert error.value.response["Error"]["Code"] == "UnknownOperationException"
    assert server.audited[-1] == ("sagemaker", "CreateModel", "UnknownOperationException")


def test_a_bug_leaks_nothing(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ClientError) as error:
        server.client("sagemaker").describe_model(ModelName="bug")
    found = error.value.response
    assert found["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert found["Error"]["Code"] == "InternalFailure"
    assert "secret" not in str(found)
    assert "the secret is in the traceback" in caplog.text
    assert found["ResponseMetadata"]["RequestId"] in caplog.text


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"])
@pytest.mark.parametrize("path", ["/", "/endpoints/a/invocations", "/x?Action=GetCallerIdentity"])
def test_every_route_refuses_without_credentials(server: Server, method: str, path: str) -> None:
    before = len(server.audited)
    status, _, body = send(server, b"", {}, method=method, path=path)
    assert status == (405 if method in ("OPTIONS", "BREW") else 403)
    assert b"Exception" in body
    assert len(server.audited) == before


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (Key(access_key="AKIDNOBODY"), "UnrecognizedClientException"),
        (Key(secret_key="wrong"), "InvalidSignatureException"),
        (Key(session_token="made up"), "UnrecognizedClientException"),
    ],
)
def test_wrong_keys(server: Server, key: Key, code: str) -> None:
    before = len(server.audited)
    with pytest.raises(ClientError) as error:
        server.client("sagemaker", key=key).describe_model(ModelName="a")
    assert error.value.response["Error"]["Code"] == code
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert len(server.audited) == before


def test_gzip(server: Server) -> None:
    body = gzip.compress(BODY)
    headers = signed(server.url + "/", body, {**TARGET, "Content-Encoding": "gzip"})
    assert send(server, body, headers)[0] == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [(gzip.compress(b" " * 50_000_000), 413), (b"not gzip", 400), (gzip.compress(BODY)[:-4], 400)],
    ids=["bomb", "garbage", "cut"],
)
def test_bad_gzip(server: Server, body: bytes, status: int) -> None:
    headers = signed(server.url + "/", body, {**TARGET, "Content-Encoding": "gzip"})
    assert send(server, body, headers)[0] == status


def test_a_large_body_is_refused_and_the_client_hears_it(server: Server) -> None:
    with pytest.raises(ClientError) as error:
        server.client("sagemaker").describe_model(ModelName="a" * 5_000_000)
    assert error.value.response["Error"]["Code"] == "RequestEntityTooLargeException"
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413
    # The connection is of use afterwards.
    assert server.client("sagemaker").describe_model(ModelName="a")["ModelName"] == "a"


def raw(server: Server, text: bytes) -> bytes:
    """Send exactly these bytes and read what comes before the server closes or falls silent."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(text)
        found = b""
        try:
            while chunk := connection.recv(65536):
                found += chunk
        except TimeoutError:
            pass
        return found


def request(server: Server, body: bytes, *lines: str) -> bytes:
    headers = signed(server.url + "/", body, TARGET)
    fields = [f"{name}: {value}" for name, value in headers.items()]
    host = f"Host: 127.0.0.1:{server.port}"
    return "\r\n".join(["POST / HTTP/1.1", host, *fields, *lines, "", ""]).encode()


def test_refused_before_the_body_comes(server: Server) -> None:
    start = time.perf_counter()
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(request(server, b"", "Content-Length: 100000000"))
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 403 ")
    assert time.perf_counter() - start < 4


def test_a_client_that_asks_first_is_told_not_to_send(server: Server) -> None:
    asked = request(server, b"", "Content-Length: 100000000", "Expect: 100-continue")
    answer = raw(server, asked)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"100 Continue" not in answer


def test_chunks(server: Server) -> None:
    def chunked(body: bytes) -> bytes:
        return f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"

    lines = ("Transfer-Encoding: chunked", "Connection: close")
    assert raw(server, request(server, BODY, *lines) + chunked(BODY)).startswith(b"HTTP/1.1 200 ")
    large = b" " * (LIMIT + 1)
    answer = raw(server, request(server, large, *lines) + chunked(large))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("length", ["-1", "abc", "99999999999999999999", "1, 2"])
def test_content_lengths_that_are_none(server: Server, length: str) -> None:
    answer = raw(server, request(server, b"", f"Content-Length: {length}", "Connection: close"))
    assert answer.startswith((b"HTTP/1.1 4", b""))
    assert not answer.startswith(b"HTTP/1.1 5")
    assert server.client("sagemaker").describe_model(ModelName="a")["ModelName"] == "a"


def test_a_body_that_was_swapped(server: Server) -> None:
    headers = signed(server.url + "/", BODY, TARGET)
    status, _, answer = send(server, BODY.replace(b"a", b"b"), headers)
    assert status == 403
    assert b"InvalidSignatureException" in answer


def test_a_declared_hash_must_be_the_bodys(server: Server) -> None:
    wrong = {**TARGET, "X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}
    status, _, answer = send(server, BODY, signed(server.url + "/", BODY, wrong))
    assert status == 403
    assert b"x-amz-content-sha256" in answer


@pytest.mark.parametrize("path", ["/user/alice/studio/", "/"], ids=["kept", "stripped"])
def test_behind_jupyterhubs_proxy(server: Server, path: str) -> None:
    headers = signed("http://hub.example/user/alice/studio/", BODY, TARGET)
    assert send(server, BODY, {**headers, "Host": "127.0.0.1:5"}, path=path)[0] == 200


def test_guessing_is_slowed_but_right_keys_are_not() -> None:
    with serving([Simple("sagemaker", {"DescribeModel": describe})]) as server:
        walls = []
        for _ in range(14):
            start = time.perf_counter()
            assert send(server, b"", {})[0] == 403
            walls.append(time.perf_counter() - start)
        assert walls[-1] > 0.15
        start = time.perf_counter()
        assert send(server, BODY, signed(server.url + "/", BODY, TARGET))[0] == 200
        assert time.perf_counter() - start < walls[-1]


def test_a_bug_in_the_gate_leaks_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def broken(access_key: str, token: str | None) -> None:
        raise RuntimeError("the secret is in the traceback")

    with serving([Simple("sagemaker", {})], credentials=broken) as server:
        status, _, body = send(server, BODY, signed(server.url + "/", BODY, TARGET))
    assert status == 500
    assert json.loads(body)["__type"] == "InternalFailure"
    assert b"secret" not in body
    assert "the secret is in the traceback" in caplog.text
