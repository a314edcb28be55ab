"""An API server in a thread, and boto3 clients for it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from studio_ext.wire import Service, make_app

ACCOUNT = "123456789012"
REGION = "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/studio"


@dataclass(frozen=True)
class Key:
    """A credential as the wire wants it."""

    access_key: str = "AKIDTEST"
    secret_key: str = "c2VjcmV0LWtleS1mb3ItdGVzdHM"
    session_token: str | None = None
    arn: str = f"arn:aws:sts::{ACCOUNT}:assumed-role/studio/tests"


KEY = Key()


def keys(access_key: str, token: str | None) -> Key | None:
    return KEY if access_key == KEY.access_key else None


@dataclass
class Simple:
    """A service from a dictionary of operations."""

    name: str
    table: dict[str, Any] = field(default_factory=dict)

    def operations(self) -> dict[str, Any]:
        return self.table


@dataclass
class Server:
    port: int
    audited: list[tuple[str, str, str]]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, service: str, *, key: Key = KEY, region: str = REGION, **more: Any) -> Any:
        config = Config(
            retries={"total_max_attempts": 1}, parameter_validation=more.pop("validate", True)
        )
        return boto3.client(
            service, region_name=region, endpoint_url=more.pop("url", self.url), config=config,
            aws_access_key_id=key.access_key, aws_secret_access_key=key.secret_key,
            aws_session_token=key.session_token, **more,
        )  # fmt: skip


@contextmanager
def serving(services: Iterable[Service], **options: Any) -> Iterator[Server]:
    """Serve ``services`` on a free port until the block ends."""
    audited: list[tuple[str, str, str]] = []

    def audit(caller: Any, service: str, operation: str, outcome: str) -> None:
        audited.append((service, operation, outcome))

    options = {"credentials": keys, "account": ACCOUNT, "audit": audit, **options}
    sockets = bind_sockets(0, "127.0.0.1")
    ready, loops = threading.Event(), []
    stop = asyncio.Event()

    async def run() -> None:
        http = HTTPServer(make_app(services, **options), decompress_request=False)
        http.add_sockets(sockets)
        loops.append(asyncio.get_running_loop())
        ready.set()
        await stop.wait()
        http.stop()
        await http.close_all_connections()

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    assert ready.wait(30)
    try:
        yield Server(sockets[0].getsockname()[1], audited)
    finally:
        loops[0].call_soon_threadsafe(stop.set)
        thread.join(30)
        assert not thread.is_alive()
