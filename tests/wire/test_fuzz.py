"""No request makes the API fail: whatever comes in, a client's error or an answer goes out.

``STUDIO_FUZZ`` is the number of requests in total, 20,000 if unset.
"""

from __future__ import annotations

import http.client
import itertools
import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings, strategies as st

from studio_ext import awsmodel
from studio_ext.kinds.registry import SageMakerService, records
from studio_ext.store import Store
from studio_ext.wire import Caller, Head, Response
from studio_ext.wire.dispatch import Dispatcher
from studio_ext.wire.throttle import Throttle

from ..conformance.generic import unbuilt
from ..serving import ACCOUNT, KEY, REGION, Server, Simple, serving
from .signing import signed
from .strategies import HOSTILE, requests

TOTAL = int(os.environ.get("STUDIO_FUZZ", "20000"))
REACHED: Counter[bool] = Counter()  # requests from the model, by whether a kind saw them
UNREACHED = ("SerializationException", "UnknownOperationException")
CALLER = Caller(KEY.access_key, KEY.arn, ACCOUNT, REGION)
JSON = {"content-type": "application/x-amz-json-1.1"}
OPERATIONS = sorted(awsmodel.load("sagemaker").operations)


def examples(share: float) -> settings:
    return settings(
        max_examples=max(10, int(TOTAL * share)),
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(scope="module")
def services() -> Iterator[list[Any]]:
    fast = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=fast) as home:
        store = Store(f"sqlite:///{Path(home) / 'studio.db'}")
        ticks = itertools.count(1_800_000_000)
        groups = [*records(store), *unbuilt(store, lambda: float(next(ticks)))]
        yield [
            SageMakerService(store, groups),
            Simple("sts", {"GetCallerIdentity": lambda params, caller: {"Arn": caller.arn}}),
            Simple("iam", {"SimulatePrincipalPolicy": _echo, "GetRole": _echo}),
            Simple("cloudwatch", {"GetMetricStatistics": _echo, "PutMetricData": _echo}),
            Simple("sagemaker-runtime", {"InvokeEndpoint": lambda params, caller: {"Body": b""}}),
            Simple("sagemaker-metrics", {"BatchPutMetrics": _echo}),
        ]
        store.close()


def _echo(params: dict[str, Any], caller: Caller) -> dict[str, Any]:
    return {}


@pytest.fixture(scope="module")
def dispatcher(services: list[Any]) -> Dispatcher:
    return Dispatcher(services, lambda *_: None)


def respond(dispatcher: Dispatcher, scope: str, head: Head, body: bytes) -> Response:
    """Run the dispatcher; none of these operations waits for anything."""
    answer = dispatcher.respond(CALLER, scope, head, body)
    try:
        answer.send(None)
    except StopIteration as done:
        response: Response = done.value
    assert response.status < 500, (head, body, response)
    assert response.headers["x-amzn-RequestId"]
    return response


@examples(0.6)
@given(
    st.sampled_from(OPERATIONS).flatmap(
        lambda name: st.tuples(st.just(name), requests(awsmodel.load("sagemaker").operations[name]))
    )
)
def test_requests_from_the_model(dispatcher: Dispatcher, drawn: tuple[str, Any]) -> None:
    name, params = drawn
    head = Head("POST", "/", "", {**JSON, "x-amz-target": f"SageMaker.{name}"})
    response = respond(dispatcher, "sagemaker", head, json.dumps(params).encode())
    answer = json.loads(response.body or b"{}")
    said = answer.get("message", "")
    REACHED[answer.get("__type") not in UNREACHED and "validation error" not in said] += 1


def test_some_of_them_were_right() -> None:
    """A fuzz that never gets past validation would find nothing behind it."""
    assert REACHED[True] > 0.25 * REACHED.total(), REACHED


RAW = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=100).map(lambda text: text.encode(errors="surrogatepass")),
    st.sampled_from(
        [
            b"[" * 50_000, b'{"a":' * 50_000, b"1" * 10_000, b'{"a":1,"a":2}', b"NaN", b"null",
            b'{"TrainingJobName":1e999}', b'{"MaxResults":' + b"9" * 5000 + b"}", b"\xff\xfe",
            b'{"ModelName":"\\ud800"}', b"\xbf" * 5000, b"\x9f" * 5000, b"\xdb" + b"\xff" * 8,
            b"\x1b" + b"\xff" * 8, b"\xc1\xf9\x7e\x00", b"\xbf\x61a\x01\x61a\x02\xff",
        ]
    ),
    HOSTILE.map(lambda value: json.dumps(value).encode()),
)  # fmt: skip


@examples(0.15)
@given(st.sampled_from(OPERATIONS), RAW)
def test_bodies_that_are_no_json(dispatcher: Dispatcher, name: str, body: bytes) -> None:
    head = Head("POST", "/", "", {**JSON, "x-amz-target": f"SageMaker.{name}"})
    respond(dispatcher, "sagemaker", head, body)


FIELD = st.sampled_from(
    [
        "RoleName", "ActionNames.member.1", "ActionNames", "PolicySourceArn", "a.b.c",
        "ContextEntries.member.1.ContextKeyName", "ContextEntries.member.x", "MaxItems", "Marker",
        "ContextEntries.member.1.ContextKeyValues.member.1", ".", "..", "ActionNames.member",
    ]
)  # fmt: skip


@examples(0.08)
@given(
    st.sampled_from(["SimulatePrincipalPolicy", "GetRole", "GetCallerIdentity", "", "Nope"]),
    st.lists(st.tuples(FIELD, st.text(max_size=12)), max_size=5),
    RAW,
    st.booleans(),
)
def test_forms(
    dispatcher: Dispatcher, action: str, fields: list[tuple[str, str]], raw: bytes, mixed: bool
) -> None:
    head = Head("POST", "/", "", {"content-type": "application/x-www-form-urlencoded"})
    text = "&".join(f"{name}={value}" for name, value in [("Action", action), *fields])
    body = text.encode(errors="surrogatepass") + (b"&" + raw if mixed else b"")
    for scope in ("iam", "sts"):
        respond(dispatcher, scope, head, body)


@examples(0.07)
@given(st.sampled_from(["GetMetricStatistics", "PutMetricData", "Nope", ""]), RAW)
def test_cbor(dispatcher: Dispatcher, name: str, body: bytes) -> None:
    path = f"/service/GraniteServiceVersion20100801/operation/{name}"
    head = Head("POST", path, "", {"smithy-protocol": "rpc-v2-cbor"})
    respond(dispatcher, "monitoring", head, body)


@examples(0.07)
@given(
    st.sampled_from(["/endpoints/a/invocations", "/BatchPutMetrics", "/", "//", "/%ff", "/%2e%2e"]),
    st.text("ab=&%/?{}", max_size=12),
    st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    RAW,
)
def test_rest(dispatcher: Dispatcher, path: str, query: str, method: str, body: bytes) -> None:
    respond(dispatcher, "sagemaker", Head(method, path, query, {}), body)


@pytest.fixture(scope="module")
def server(services: list[Any]) -> Iterator[Server]:
    with serving(services, throttle=Throttle(0)) as found:
        yield found


@examples(0.03)
@given(
    st.sampled_from(OPERATIONS),
    RAW,
    st.dictionaries(
        st.sampled_from(
            ["X-Amz-Date", "Authorization", "Content-Encoding", "X-Amz-Target", "Host"]
        ),
        st.text("aZ0;=/,: é", max_size=30),
        max_size=2,
    ),
    st.booleans(),
)
def test_over_the_socket(
    server: Server, name: str, body: bytes, spoil: dict[str, str], sign: bool
) -> None:
    target = {"X-Amz-Target": f"SageMaker.{name}", "Content-Type": "application/x-amz-json-1.1"}
    headers = signed(server.url, body, target) if sign else target
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    try:
        connection.request(
            "POST", "/", body=body,
            headers={**headers, **{k: v.encode().decode("latin-1") for k, v in spoil.items()}},
        )  # fmt: skip
        response = connection.getresponse()
        response.read()
        assert 200 <= response.status < 500
    except ConnectionError:
        # tornado hangs up on a Host that is none, before any of our code sees the request.
        assert "Host" in spoil
    finally:
        connection.close()
