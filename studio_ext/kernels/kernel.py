"""A kernel that runs: its process, the moment it ends, and how it is ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studio_ext.kernels.outcome import EngineUsed
from studio_ext.processes import tree

GRACE = 5.0  # seconds for exit handlers, as Jupyter gives; ipykernel may wait ten for itself
POLL = 0.2  # seconds between looks at a process that has no pidfd


class KernelDied(Exception):
    """The kernel's process ended while something still waited for it."""


class Kernel:
    """One kernel process and the client that talks to it; ``ProtocolKernel``, ``DirectKernel``.

    Attributes:
        dead: done as soon as the process has ended, for whatever reason: it hangs on the process's
            pidfd, not on a poll.
        client: what nbclient talks to, once ``ready``.
        manager: what nbclient calls its kernel manager.
        engine: how the process was made, once launched.
        refused: why it was not made as asked; empty when it was.
        connection: the connection file, once launched, of a kernel that others can talk to.
    """

    manager: Any = None
    engine: EngineUsed = "stock"
    refused: str = ""
    connection: Path | None = None

    def __init__(self, name: str) -> None:
        self.name = name
        self.client: Any = None
        self.language_info: dict[str, Any] = {}
        self.pid = 0
        self._pidfd = -1
        self._status: int | None = None

    async def launch(self, cwd: Path, env: Mapping[str, str]) -> None:
        """Start the process. It is not ready yet."""
        self.dead: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        await self._launch(cwd, env)
        try:
            self._pidfd = os.pidfd_open(self.pid)
        except (OSError, AttributeError):
            self._poller = asyncio.ensure_future(self._poll())
        else:
            asyncio.get_running_loop().add_reader(self._pidfd, self._ended)

    def _ended(self) -> None:
        if self._pidfd >= 0:
            asyncio.get_running_loop().remove_reader(self._pidfd)
            os.close(self._pidfd)
            self._pidfd = -1
        if not self.dead.done():
            self.dead.set_result(None)

    async def _poll(self) -> None:
        while await self._alive():
            await asyncio.sleep(POLL)
        self._ended()

    async def ready(self, timeout: float) -> None:
        """Wait until the kernel answers and its outputs reach us.

        Raises:
            KernelDied: the process ended first.
            TimeoutError: it did not answer in ``timeout`` seconds.
        """
        answer: asyncio.Future[Any] = asyncio.ensure_future(self._greet())
        await asyncio.wait({answer, self.dead}, timeout=timeout, return_when="FIRST_COMPLETED")
        if not answer.done():
            answer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await answer
            if self.dead.done():
                how = await self.exit_text()
                raise KernelDied(f"kernel {self.name!r} {how} before it was ready")
            raise TimeoutError(f"kernel {self.name!r} did not answer within {timeout:g} seconds")
        self.language_info = answer.result()

    async def terminate_or_interrupt(self) -> None:
        """SIGTERM if the kernel has a handler for it (a checkpoint, say), else an interrupt."""
        if self.pid and tree.catches(self.pid, signal.SIGTERM):
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)
        else:
            await self.interrupt()

    async def kill(self) -> None:
        """SIGKILL the kernel and all that is below it, and wait until it is gone."""
        if self.dead.done():
            return
        below = tree.descendants(self.pid)
        with contextlib.suppress(OSError, RuntimeError):
            await self._signal(signal.SIGKILL)
        for process in below:
            tree.send(process, signal.SIGKILL)
        await asyncio.wait({self.dead}, timeout=10)

    async def shutdown(self, grace: float = GRACE) -> None:
        """Ask the kernel to end; after ``grace`` seconds make it."""
        if not self.dead.done() and self.client is not None:
            await self._ask_to_end()
            await asyncio.wait({self.dead}, timeout=grace)
        await self.kill()

    async def exit_status(self) -> int | None:
        """The exit code, or minus the signal, of a dead kernel; None when nobody knows."""
        if self.dead.done() and self._status is None:
            self._status = await self._collect()
        return self._status

    async def exit_text(self) -> str:
        """How a dead kernel ended, as the end of a sentence about it."""
        status = await self.exit_status()
        if status is None:
            return "ended, nobody knows how"
        if status >= 0:
            return f"ended by itself with exit code {status}"
        name = signal.Signals(-status).name if -status in set(signal.Signals) else "unknown"
        guess = ": out of memory?" if -status == signal.SIGKILL else ""
        return f"was killed by signal {-status} ({name}){guess}"

    async def close(self) -> None:
        """Free sockets and files. The process must have ended."""
        await self.exit_status()
        if self._pidfd >= 0:
            asyncio.get_running_loop().remove_reader(self._pidfd)
            os.close(self._pidfd)
            self._pidfd = -1
        await self._close()

    async def interrupt(self) -> None:
        """Interrupt the running cell."""
        raise NotImplementedError

    async def _launch(self, cwd: Path, env: Mapping[str, str]) -> None:
        """Start the process and set ``pid``."""
        raise NotImplementedError

    async def _greet(self) -> dict[str, Any]:
        """Connect ``client`` and return the kernel's ``language_info`` when it answers."""
        raise NotImplementedError

    async def _alive(self) -> bool:
        raise NotImplementedError

    async def _signal(self, signum: int) -> None:
        raise NotImplementedError

    async def _ask_to_end(self) -> None:
        raise NotImplementedError

    async def _collect(self) -> int | None:
        """The status of the dead process, as ``Popen.returncode``."""
        raise NotImplementedError

    async def _close(self) -> None:
        raise NotImplementedError
