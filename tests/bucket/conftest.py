from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from studio_ext.bucket.door import S3Door
from studio_ext.bucket.folder import FolderObjects
from studio_ext.bucket.headers import ObjectHeaders
from studio_ext.identity.keys import ACCOUNT, Credential, Keys
from studio_ext.store import Store
from studio_ext.wire import make_app


class Served:
    """A bucket behind its door, in a thread of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.alive: set[str] = set()
        self.keys = Keys(home / "identity", alive=self.alive.__contains__)
        self.objects = FolderObjects(home / "s3")
        self.audited: list[tuple[str, str, str]] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.run(self._start())

    async def _start(self, port: int = 0) -> None:
        self.store = Store(f"sqlite:///{self.home}/studio.db")
        self.door = S3Door(
            self.objects, ObjectHeaders(self.store), self.keys.lookup, account=ACCOUNT,
            public_urls=["https://hub.example/user/a/studio"],
            audit=lambda caller, service, operation, code:
                self.audited.append((service, operation, code)),
        )  # fmt: skip
        self.door.uploads.sweep()
        self.app = app = make_app(
            [], self.keys.lookup, account=ACCOUNT, extra_handlers=[self.door.rule]
        )
        self._http = HTTPServer(app, decompress_request=False)
        sockets = bind_sockets(port, "127.0.0.1")
        self._http.add_sockets(sockets)
        self.port = sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    async def _stop(self) -> None:
        self._http.stop()
        await self._http.close_all_connections()
        self.store.close()

    def restart(self) -> None:
        """Ends the door and opens another on the same port, over the same folder."""
        self.run(self._stop())
        self.run(self._start(self.port))

    def run(self, work: Any) -> Any:
        future: Future[Any] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result(30)

    def client(self, credential: Credential | None = None, **config: Any) -> Any:
        credential = credential or self.keys.root
        settings: dict[str, Any] = {"retries": {"max_attempts": 0}, "connect_timeout": 5, **config}
        return boto3.session.Session().client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=credential.access_key,
            aws_secret_access_key=credential.secret_key,
            aws_session_token=credential.session_token,
            config=Config(**settings),
        )

    def close(self) -> None:
        self.run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = Served(tmp_path_factory.mktemp("home"))
    yield served
    served.close()


@pytest.fixture
def s3(served: Served) -> Iterator[Any]:
    client = served.client()
    yield client
    client.close()


@pytest.fixture
def bucket(served: Served, request: pytest.FixtureRequest) -> str:
    """A new bucket for each test."""
    name = f"b{abs(hash(request.node.nodeid)):x}"
    served.objects.create_bucket(name)
    return name
