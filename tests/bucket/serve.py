"""The door in a process of its own, to be killed: ``serve.py HOME PORT`` prints when it serves."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from studio_ext.bucket.door import S3Door
from studio_ext.bucket.folder import FolderObjects
from studio_ext.bucket.headers import ObjectHeaders
from studio_ext.identity.keys import ACCOUNT, Keys
from studio_ext.store import Store
from studio_ext.wire import make_app


async def main(home: Path, port: int) -> None:
    keys, store = Keys(home / "identity"), Store(f"sqlite:///{home}/studio.db")
    door = S3Door(
        FolderObjects(home / "s3"), ObjectHeaders(store), keys.lookup, account=ACCOUNT
    )  # fmt: skip
    door.uploads.sweep()
    app = make_app([], keys.lookup, account=ACCOUNT, extra_handlers=[door.rule])
    sockets = bind_sockets(port, "127.0.0.1")
    HTTPServer(app, decompress_request=False).add_sockets(sockets)
    print(sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
