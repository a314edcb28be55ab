from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from studio_ext.bucket.s3 import S3Objects
from studio_ext.errors import AwsError, ValidationException


@pytest.fixture
def objects(s3: Any) -> S3Objects:
    return S3Objects(s3, patience=5)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(b"content")
    return path


def test_publish_list_fetch_delete(
    objects: S3Objects, bucket: str, source: Path, tmp_path: Path
) -> None:
    for key in ("a/1", "a/2", "ab", "b"):
        objects.publish(source, bucket, key)
    assert [item.key for item in objects.list(bucket, "a")] == ["a/1", "a/2", "ab"]
    found = objects.find(bucket, "a/1")
    assert found is not None
    assert (found.size, str(found)) == (7, f"s3://{bucket}/a/1")
    objects.fetch(found, tmp_path / "deep" / "1")
    assert (tmp_path / "deep/1").read_bytes() == b"content"
    assert objects.delete(bucket, "b")
    assert not objects.delete(bucket, "b")
    assert objects.delete_prefix(bucket, "a/") == 2
    assert [item.key for item in objects.list(bucket)] == ["ab"]


def test_move(objects: S3Objects, bucket: str, source: Path) -> None:
    objects.publish(source, bucket, "x", move=True)
    assert not source.exists()
    assert objects.exists(bucket, "x")


def test_buckets(objects: S3Objects) -> None:
    for _ in range(2):
        objects.create_bucket("through-s3")
    assert objects.has_bucket("through-s3")
    assert "through-s3" in objects.buckets()
    assert not objects.has_bucket("not-there")


def test_missing_things_are_named(
    objects: S3Objects, bucket: str, source: Path, tmp_path: Path
) -> None:
    stored = objects.publish(source, bucket, "x")
    objects.delete(bucket, "x")
    assert objects.find(bucket, "x") is None
    for call in (
        lambda: objects.fetch(stored, tmp_path / "out"),
        lambda: list(objects.list("not-there")),
        lambda: objects.find("not-there", "x"),
        lambda: objects.publish(source, "not-there", "x"),
    ):
        with pytest.raises(AwsError, match="aws s3") as caught:
            call()
        assert caught.value.code in ("NoSuchKey", "NoSuchBucket")
    assert not (tmp_path / "out").exists()


def test_names_are_checked_before_s3_is_asked(
    objects: S3Objects, bucket: str, source: Path
) -> None:
    with pytest.raises(ValidationException):
        objects.publish(source, bucket, "../x")
    with pytest.raises(ValidationException):
        objects.delete_prefix(bucket, "")


def test_a_server_that_is_away_is_waited_for(served: Any, bucket: str, source: Path) -> None:
    (listener,) = bind_sockets(0, "127.0.0.1")
    address = listener.getsockname()
    listener.close()
    root = served.keys.root
    client = boto3.client(
        "s3", endpoint_url=f"http://127.0.0.1:{address[1]}", region_name="us-east-1",
        aws_access_key_id=root.access_key, aws_secret_access_key=root.secret_key,
        config=Config(retries={"total_max_attempts": 1}),
    )  # fmt: skip

    async def listen() -> HTTPServer:
        server = HTTPServer(served.app, decompress_request=False)
        server.listen(address[1], "127.0.0.1")
        return server

    servers: list[HTTPServer] = []
    back = threading.Timer(0.7, lambda: servers.append(served.run(listen())))
    back.start()
    began = time.monotonic()
    S3Objects(client, patience=20).publish(source, bucket, "x")
    assert time.monotonic() - began > 0.5
    assert served.objects.exists(bucket, "x")
    client.close()

    async def close() -> None:
        servers[0].stop()
        await servers[0].close_all_connections()

    back.join()
    served.run(close())


def test_patience_ends(tmp_path: Path) -> None:
    once = Config(retries={"total_max_attempts": 1})
    client = boto3.client(
        "s3", endpoint_url="http://127.0.0.1:9", region_name="us-east-1",
        aws_access_key_id="a", aws_secret_access_key="b", config=once,
    )  # fmt: skip
    with pytest.raises(AwsError, match="does not answer") as caught:
        S3Objects(client, patience=0.3).has_bucket("data")
    assert caught.value.status == 503
