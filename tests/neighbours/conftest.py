from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from studio_ext.identity.keys import ACCOUNT, Credential, Keys
from studio_ext.neighbours import services
from studio_ext.runs.journal import Journal
from studio_ext.store import Store
from studio_ext.wire import make_app

START = 1_800_000_000.0


class Neighbours:
    """The services behind the wire, in a thread."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.keys = Keys(home / "identity")
        self.now = START
        self.store = Store(f"sqlite:///{home}/studio.db", clock=lambda: self.now)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._run(self._start())

    async def _start(self) -> None:
        app = make_app(services(self.store, self.keys), self.keys.lookup, account=ACCOUNT)
        self._http = HTTPServer(app, decompress_request=False)
        sockets = bind_sockets(0, "127.0.0.1")
        self._http.add_sockets(sockets)
        self.url = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"

    def client(
        self, service: str, credential: Credential | None = None, region: str = "us-east-1"
    ) -> Any:
        credential = credential or self.keys.root
        return boto3.session.Session().client(
            service,
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id=credential.access_key,
            aws_secret_access_key=credential.secret_key,
            aws_session_token=credential.session_token,
            config=Config(retries={"total_max_attempts": 1}),
        )

    def job(
        self,
        name: str,
        write: Callable[[Journal, Callable[[float], None]], None],
        metrics: list[dict[str, str]] | None = None,
    ) -> Path:
        """A training job with one attempt; ``write`` gets its journal and a way to set the time."""
        with self.store.write() as transaction:
            resource = transaction.insert(
                "TrainingJob", "us-east-1", name, name=name, arn=f"arn:{name}", body={}
            )
            directory = self.home / "jobs" / name
            directory.mkdir(parents=True)
            transaction.claim(resource, str(directory))
        now = [self.now]

        def at(seconds: float) -> None:
            now[0] = self.now + seconds

        journal = Journal(directory, metrics=metrics or [], clock=lambda: now[0])
        write(journal, at)
        journal.close()
        return directory

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def close(self) -> None:
        async def stop() -> None:
            self._http.stop()
            await self._http.close_all_connections()

        self._run(stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
        self.store.close()


@pytest.fixture
def neighbours(tmp_path: Path) -> Iterator[Neighbours]:
    neighbours = Neighbours(tmp_path)
    yield neighbours
    neighbours.close()
