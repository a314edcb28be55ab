"""From a change in the daemon to a message in the browser, and what a browser that waits costs.

Run: ``python -m tests.benchmarks.events [changes]``. Targets: 100 ms in the median up to the page,
of which this is the server's part; a connected browser that nothing happens to costs nothing.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from ..daemon import ROLE, Studio, serving
from ..lab.jupyter import TOKEN, serving_lab
from .idle import pss
from .jobs import cpu

WATCH = 30.0  # seconds


async def listen(url: str) -> Any:
    headers = {"Authorization": f"token {TOKEN}"}
    socket = await websocket_connect(HTTPRequest(url, headers=headers))
    assert json.loads(await socket.read_message())["type"] == "hello"
    return socket


async def latency(studio: Studio, url: str, browsers: int, changes: int) -> None:
    """Milliseconds from the transition's own stamp, before its commit, to each browser."""
    sockets = [await listen(url) for _ in range(browsers)]
    client = studio.client("sagemaker")
    taken = []
    for number in range(changes):
        name = f"model-{browsers}-{number}"
        asked = asyncio.to_thread(
            client.create_model, ModelName=name, ExecutionRoleArn=ROLE,
            PrimaryContainer={"Image": "image:1"},
        )  # fmt: skip
        work = asyncio.create_task(asked)
        for socket in sockets:
            message: dict[str, Any] = {}
            while message.get("name") != name:
                message = json.loads(await socket.read_message())
            taken.append((time.time() - message["at"]) * 1000)
        await work
    taken.sort()
    median, late = statistics.median(taken), taken[int(0.95 * len(taken))]
    print(f"{browsers:>4} browsers: p50 {median:5.1f} ms, p95 {late:5.1f} ms of {len(taken)}")
    for socket in sockets:
        socket.close()


async def idling(studio: Studio, url: str, server: int, browsers: int) -> None:
    """Shares of a core that the daemon and the Jupyter server take while nothing happens."""
    sockets = [await listen(url) for _ in range(browsers)]
    daemon = (studio.home.daemon() or {})["pid"]
    await asyncio.sleep(5)
    before = {pid: cpu([pid]) for pid in (daemon, server)}
    await asyncio.sleep(WATCH)
    shares = [100 * (cpu([pid]) - before[pid]) / WATCH for pid in (daemon, server)]
    print(
        f"{browsers:>4} browsers that wait: daemon {shares[0]:.2f} %, Jupyter {shares[1]:.2f} % "
        f"of a core; {pss(daemon):.1f} and {pss(server):.1f} MB"
    )
    for socket in sockets:
        socket.close()


def main() -> None:
    changes = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        root, own = folder / "root", folder / "jupyter"
        root.mkdir()
        own.mkdir()
        with serving(folder) as studio, serving_lab(studio.home.root, root, own) as lab:
            assert lab.process is not None
            url = f"{lab.url.replace('http', 'ws', 1)}/studio/events"
            for browsers in (1, 20):
                asyncio.run(latency(studio, url, browsers, changes))
            for browsers in (0, 1, 50):
                asyncio.run(idling(studio, url, lab.process.pid, browsers))


if __name__ == "__main__":
    main()
