from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from studio_ext.bucket import server as module
from studio_ext.bucket.server import BucketServer, BucketServerError

SCRIPT = """
import asyncio, sys
from pathlib import Path
from studio_ext.bucket.server import BucketServer

async def main():
    home = Path(sys.argv[1])
    server = BucketServer(home / "s3", home / "run" / "s3.sock", home / "log")
    await server.start()
    print(server.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def make(home: Path) -> BucketServer:
    (home / "s3").mkdir(exist_ok=True)
    return BucketServer(home / "s3", home / "run" / "s3.sock", home / "log")


def soon(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 5
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def answers(address: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(address)) == 0


def test_starts_private_and_stops(tmp_path: Path) -> None:
    async def run() -> int:
        server = make(tmp_path)
        await server.start()
        assert answers(server.address)
        assert server.address.parent.stat().st_mode & 0o777 == 0o700
        pid = server.pid
        assert pid is not None
        await server.stop()
        assert server.pid is None
        assert not server.address.exists()
        return pid

    pid = asyncio.run(run())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_killed_it_is_started_again_and_sweeps(tmp_path: Path) -> None:
    async def run() -> None:
        server = make(tmp_path)
        await server.start()
        (tmp_path / "s3" / "data").mkdir()
        left = tmp_path / "s3" / "data" / ".rclone_temp_put_x"
        left.write_text("")
        first = server.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        async with asyncio.timeout(10):
            while server.starts < 2:
                await asyncio.sleep(0.01)
        assert answers(server.address)
        assert server.pid != first
        assert not left.exists()
        await server.stop()

    asyncio.run(run())


def test_it_ends_with_a_killed_parent(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()

    def gone() -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] in "ZX"
        except FileNotFoundError:
            return True

    assert soon(gone)


def test_a_dead_ones_socket_is_not_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "run" / "s3.sock"))

    async def run() -> None:
        server = make(tmp_path)
        await server.start()
        assert answers(server.address)
        await server.stop()

    asyncio.run(run())


def test_what_it_says_at_its_end_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "rclone"
    fake.write_text("#!/bin/sh\necho 'no such flag' >&2\nexit 2\n")
    fake.chmod(0o755)
    monkeypatch.setattr(module, "find_rclone", lambda: str(fake))
    with pytest.raises(BucketServerError, match="code 2: no such flag"):
        asyncio.run(make(tmp_path).start())


def test_variables_of_rclone_do_not_reach_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RCLONE_READ_ONLY", "true")
    assert "RCLONE_READ_ONLY" not in module._environment()
