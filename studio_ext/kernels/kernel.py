"""A kernel that runs: its connection, its process, the moment it ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from jupyter_client.provisioning import LocalProvisioner

from studio_ext.kernels import tree
from studio_ext.kernels.client import Child
from studio_ext.kernels.outcome import EngineUsed, NotebookError

POLL = 0.2  # seconds between looks at a process that has no pidfd


class KernelDied(Exception):
    """The kernel's process ended while something still waited for it."""


class Kernel:
    """One kernel process and the client that talks to it.

    ``dead`` is done as soon as the process has ended, for whatever reason: it hangs on the
    process's pidfd, not on a poll.
    """

    def __init__(self, name: str, provisioner: type[LocalProvisioner] | None = None) -> None:
        specs = KernelSpecManager()
        try:
            spec = specs.get_kernel_spec(name)
        except NoSuchKernel:
            known = ", ".join(sorted(specs.find_kernel_specs())) or "none"
            raise NotebookError(
                f"no kernel is called {name!r}; installed are: {known}."
                " To install Python's: python -m ipykernel install --sys-prefix"
            ) from None
        self.name = name
        self.manager = AsyncKernelManager(kernel_name=name, kernel_spec_manager=specs)
        self._directory: Path | None = None
        self._arguments: list[str] = []
        if "ipykernel_launcher" in spec.argv or "ipykernel" in spec.argv:
            self._arguments.append("--HistoryManager.hist_file=:memory:")
            self._use_sockets()
        chosen = spec.metadata.get("kernel_provisioner", {}).get("provisioner_name", "")
        if provisioner is not None and chosen in ("", "local-provisioner", "studio-fork"):
            self.manager.provisioner = provisioner(
                kernel_id="", kernel_spec=spec, parent=self.manager
            )
        self.client: Any = None
        self.language_info: dict[str, Any] = {}
        self.pid = 0
        self._pidfd = -1

    def _use_sockets(self) -> None:
        """Unix sockets in a private directory: no open port, none that someone else takes."""
        if os.name == "posix":
            self._directory = Path(tempfile.mkdtemp(prefix="studio-k-"))
            self.manager.transport = "ipc"
            self.manager.connection_file = str(self._directory / "k.json")
            self.manager.ip = str(self._directory / "k")

    async def launch(self, cwd: Path, env: Mapping[str, str]) -> None:
        """Start the process. It is not ready yet."""
        self.dead: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        await self.manager.start_kernel(
            env=dict(env), cwd=str(cwd), extra_arguments=list(self._arguments)
        )
        self.pid = int(getattr(self.manager.provisioner, "pid", 0) or 0)
        self._watch_process()

    def _watch_process(self) -> None:
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
        while await self.manager.is_alive():
            await asyncio.sleep(POLL)
        self._ended()

    async def ready(self, timeout: float) -> None:
        """Wait until the kernel answers and its outputs reach us.

        Ready is our own ``kernel_info_reply`` and the idle status that belongs to it.

        Raises:
            KernelDied: the process ended first.
            TimeoutError: it did not answer in ``timeout`` seconds.
        """
        self.client = self.manager.client()
        self.client.start_channels(stdin=False, hb=False, control=False)
        self.client.allow_stdin = False
        answer: asyncio.Future[Any] = asyncio.ensure_future(self._greet())
        await asyncio.wait({answer, self.dead}, timeout=timeout, return_when="FIRST_COMPLETED")
        if not answer.done():
            answer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await answer
            if self.dead.done():
                raise KernelDied(
                    f"kernel {self.name!r} {await self.exit_text()} before it was ready"
                )
            raise TimeoutError(
                f"kernel {self.name!r} did not answer within {timeout:g} seconds;"
                f" try: python -m {'ipykernel' if self._arguments else self.name} --version"
            )
        self.language_info = answer.result()

    async def _greet(self) -> dict[str, Any]:
        asked: list[str] = []

        async def reply() -> dict[str, Any]:
            while True:
                message = await self.client.shell_channel.get_msg(timeout=None)
                if message["msg_type"] == "kernel_info_reply":
                    return dict(message["content"])

        async def idle() -> None:
            while True:
                message = await self.client.iopub_channel.get_msg(timeout=None)
                mine = message["parent_header"].get("msg_id") in asked
                if mine and message["content"].get("execution_state") == "idle":
                    return

        idles = asyncio.ensure_future(idle())
        try:
            while True:
                asked.append(self.client.kernel_info())
                content = await reply()
                # No idle though it answered: our subscription came after it. Ask again.
                await asyncio.wait({idles}, timeout=0.1)
                if idles.done():
                    return dict(content.get("language_info", {}))
        finally:
            idles.cancel()

    @property
    def engine(self) -> EngineUsed:
        """How the process was made: ``fork`` or ``stock``."""
        return "fork" if isinstance(self.manager.provisioner.process, Child) else "stock"

    @property
    def refused(self) -> str:
        """Why it was not forked; empty when it was, or when nobody asked for it."""
        return str(getattr(self.manager.provisioner, "refused", ""))

    async def interrupt(self) -> None:
        """Interrupt the running cell as the kernel's specification says: signal or message."""
        with contextlib.suppress(OSError, RuntimeError):
            await self.manager.interrupt_kernel()

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
            await self.manager.signal_kernel(signal.SIGKILL)
        for process in below:
            tree.send(process, signal.SIGKILL)
        await asyncio.wait({self.dead}, timeout=10)

    async def shutdown(self, grace: float = 10.0) -> None:
        """Ask the kernel to end; after ``grace`` seconds make it."""
        if not self.dead.done() and self.client is not None:
            self.manager.shutting_down = True
            await self.manager.request_shutdown()
            await asyncio.wait({self.dead}, timeout=grace)
        await self.kill()

    async def exit_status(self) -> int | None:
        """The exit code, or minus the signal, of a dead kernel; None when nobody knows."""
        provisioner = self.manager.provisioner
        if self.dead.done() and provisioner is not None and provisioner.has_process:
            self._status: int | None = await provisioner.wait()
        return getattr(self, "_status", None)

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
        if self.client is not None:
            self.client.stop_channels()
        await self.manager.cleanup_resources()
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)
