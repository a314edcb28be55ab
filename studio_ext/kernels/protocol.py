"""Kernels that speak Jupyter's protocol: any language, stock or forked."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from jupyter_client.provisioning import LocalProvisioner

from studio_ext.kernels.client import Child
from studio_ext.kernels.kernel import Kernel
from studio_ext.kernels.outcome import NotebookError
from studio_ext.kernels.provisioner import NAME
from studio_ext.processes import tree
from studio_ext.processes.identity import look

PREFIX = "studio-k-"


def _sweep() -> None:
    """Remove what runners that were killed left of their kernels."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        pid = path.name.removeprefix(PREFIX).partition("-")[0]
        if pid.isdigit() and tree.LINUX and look(int(pid)) is None:
            shutil.rmtree(path, ignore_errors=True)  # not ours: refused


class ProtocolKernel(Kernel):
    """A kernel of an installed specification.

    Args:
        name: of the specification.
        provisioner: makes the process, unless the specification names one of its own.
    """

    def __init__(self, name: str, provisioner: type[LocalProvisioner] | None = None) -> None:
        super().__init__(name)
        specs = KernelSpecManager()
        try:
            spec = specs.get_kernel_spec(name)
        except NoSuchKernel:
            known = ", ".join(sorted(specs.find_kernel_specs())) or "none"
            raise NotebookError(
                f"no kernel is called {name!r}; installed are: {known}."
                " To install Python's: python -m ipykernel install --sys-prefix"
            ) from None
        self.manager = AsyncKernelManager(kernel_name=name, kernel_spec_manager=specs)
        self._directory: Path | None = None
        self._arguments: list[str] = []
        if "ipykernel_launcher" in spec.argv or "ipykernel" in spec.argv:
            self._arguments.append("--HistoryManager.hist_file=:memory:")
            self._use_sockets()
        chosen = spec.metadata.get("kernel_provisioner", {}).get("provisioner_name", "")
        if provisioner is not None and chosen in ("", "local-provisioner", NAME):
            self.manager.provisioner = provisioner(
                kernel_id="", kernel_spec=spec, parent=self.manager
            )

    def _use_sockets(self) -> None:
        """Unix sockets in a private directory: no open port, none that someone else takes."""
        if os.name == "posix":
            _sweep()
            self._directory = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
            self.manager.transport = "ipc"
            self.manager.connection_file = str(self._directory / "k.json")
            self.manager.ip = str(self._directory / "k")

    async def _launch(self, cwd: Path, env: Mapping[str, str]) -> None:
        await self.manager.start_kernel(
            env=dict(env), cwd=str(cwd), extra_arguments=list(self._arguments)
        )
        self.connection = Path(self.manager.connection_file)
        provisioner = self.manager.provisioner
        self.pid = int(getattr(provisioner, "pid", 0) or 0)
        self.refused = str(getattr(provisioner, "refused", ""))
        if isinstance(getattr(provisioner, "process", None), Child):
            self.engine = "fork"

    async def _greet(self) -> dict[str, Any]:
        """Ready is our own ``kernel_info_reply`` and the idle status that belongs to it."""
        self.client = self.manager.client()
        self.client.start_channels(stdin=False, hb=False, control=False)
        self.client.allow_stdin = False
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

    async def interrupt(self) -> None:
        """By signal or by message, as the specification says."""
        with contextlib.suppress(OSError, RuntimeError):
            await self.manager.interrupt_kernel()

    async def _alive(self) -> bool:
        return bool(await self.manager.is_alive())

    async def _signal(self, signum: int) -> None:
        await self.manager.signal_kernel(signum)

    async def _ask_to_end(self) -> None:
        self.manager.shutting_down = True
        await self.manager.request_shutdown()

    async def _collect(self) -> int | None:
        provisioner = self.manager.provisioner
        if provisioner is None or not provisioner.has_process:
            return None
        return await provisioner.wait()

    async def _close(self) -> None:
        if self.client is not None:
            self.client.stop_channels()
        await self.manager.cleanup_resources()
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)
