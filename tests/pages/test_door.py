"""The daemon's own paths: who may, and what a listener gets."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from studio_ext.pages import door as module

from ..daemon import Studio, notebook, request
from ..wire.signing import signed

EVENTS = "/studio/events"


@contextmanager
def get(
    studio: Studio, path: str, *, service: str = "studio", method: str = "GET", **more: Any
) -> Iterator[http.client.HTTPResponse]:
    headers = signed(studio.url + path, method=method, key=studio.key, service=service, **more)
    connection = http.client.HTTPConnection(studio.url.removeprefix("http://"), timeout=60)
    connection.request(method, path, headers=headers)
    response = connection.getresponse()
    yield response
    connection.close()
    response.close()


def messages(response: http.client.HTTPResponse) -> Iterator[dict[str, Any]]:
    while line := response.readline():
        if line.strip():
            yield json.loads(line)


def test_a_listener_hears_a_job_from_its_creation_to_its_end(served: Studio) -> None:
    bucket = "feed-job"
    served.client("s3").create_bucket(Bucket=bucket)
    code = served.put(bucket, "a.ipynb", notebook("print(1)", "x = 2", "print(3)"))
    with get(served, EVENTS) as response:
        assert response.headers["Content-Type"] == "application/x-ndjson"
        heard = messages(response)
        hello = next(heard)
        assert hello["type"] == "hello"
        assert hello["cores"] == 4
        served.client("sagemaker").create_training_job(**request("heard", code, bucket))
        found = []
        for message in heard:
            found.append(message)
            if message["type"] == "load" and message["busy"] == 0:
                break
        ours = [each for each in found if each.get("name") == "heard"]
    assert ours[0] | {"at": 0, "seq": 0} == {
        "type": "change", "kind": "TrainingJob", "region": "us-east-1", "name": "heard",
        "key": "heard", "action": "created", "status": "InProgress", "message": "", "at": 0,
        "seq": 0,
    }  # fmt: skip
    kinds = {each["type"] for each in found}
    assert kinds >= {"change", "progress", "news", "load"}
    cells = [(each["cell"], each["of"]) for each in ours if each["type"] == "progress"]
    assert cells[0] == (0, 0)
    assert cells[-1][0] > 0
    assert cells == sorted(cells)
    assert any(each.get("status") == "Completed" for each in ours)
    assert [each["busy"] for each in found if each["type"] == "load"] == [1, 0]
    seqs = [each["seq"] for each in found if each["type"] == "change"]
    assert seqs == sorted(seqs)


def test_once_is_the_hello_alone(served: Studio) -> None:
    with get(served, f"{EVENTS}?once") as response:
        (hello,) = messages(response)
    assert hello["type"] == "hello"


def test_what_was_signed_for_another_service_is_refused(served: Studio) -> None:
    with get(served, EVENTS, service="sagemaker") as response:
        assert response.status == 403
        assert "expected 'studio'" in json.loads(response.read())["message"]


def test_nobody_without_a_signature(served: Studio) -> None:
    connection = http.client.HTTPConnection(served.url.removeprefix("http://"), timeout=60)
    connection.request("GET", EVENTS)
    response = connection.getresponse()
    assert response.status == 403
    assert json.loads(response.read())["__type"] == "MissingAuthenticationTokenException"
    connection.close()


def test_it_is_in_the_audit_log(served: Studio) -> None:
    with get(served, f"{EVENTS}?once") as response:
        response.read()
    last = json.loads(served.home.audit.read_text().splitlines()[-1])
    assert (last["service"], last["operation"], last["outcome"]) == ("studio", "Events", "OK")


def test_a_beat_tells_that_we_are_there() -> None:
    assert module.BEAT < 30, "proxies and the extension give up on silence"
