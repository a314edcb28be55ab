from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from studio_ext.bucket.door import S3Door
from studio_ext.bucket.folder import FolderObjects
from studio_ext.bucket.headers import ObjectHeaders
from studio_ext.identity.authority import Authority
from studio_ext.identity.environment import Endpoint
from studio_ext.identity.keys import ACCOUNT, Keys
from studio_ext.identity.sdk import EndpointTable, write_settings
from studio_ext.neighbours import services
from studio_ext.store import Store
from studio_ext.wire import make_app


class Studio:
    """Bucket and neighbours on http and https, in a thread."""

    def __init__(self, home: Path) -> None:
        self.keys = Keys(home / "identity")
        self.objects = FolderObjects(home / "s3")
        self.authority = Authority(home / "identity")
        self.store = Store(f"sqlite:///{home}/studio.db")
        self.home = home
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.run(self._start())

    async def _start(self) -> None:
        headers = ObjectHeaders(self.store)
        door = S3Door(self.objects, headers, self.keys.lookup, account=ACCOUNT)
        app = make_app(
            services(self.store, self.keys), self.keys.lookup, account=ACCOUNT,
            extra_handlers=[door.rule],
        )  # fmt: skip
        plain, secure = bind_sockets(0, "127.0.0.1"), bind_sockets(0, "127.0.0.1")
        self._http = HTTPServer(app, decompress_request=False)
        self._http.add_sockets(plain)
        self._https = HTTPServer(
            app, decompress_request=False, ssl_options=self.authority.context()
        )
        self._https.add_sockets(secure)
        tls_port = secure[0].getsockname()[1]
        models = self.home / "identity" / "models"
        EndpointTable(models).install(tls_port)
        self.endpoint = Endpoint(
            f"http://127.0.0.1:{plain[0].getsockname()[1]}",
            tls_port=tls_port,
            bundle=self.authority.bundle(),
            models=models,
            sdk_settings=write_settings(self.home / "identity"),
        )

    def run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def close(self) -> None:
        async def stop() -> None:
            for server in (self._http, self._https):
                server.stop()
                await server.close_all_connections()

        self.run(stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
        self.store.close()


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    studio = Studio(tmp_path_factory.mktemp("home"))
    yield studio
    studio.close()
