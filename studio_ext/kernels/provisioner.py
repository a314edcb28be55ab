"""A kernel provisioner that forks: for JupyterLab from a fork server, for jobs from the runner."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jupyter_client.provisioning import LocalProvisioner

from studio_ext.kernels import child, environment
from studio_ext.kernels.client import Child, ForkRefused, fork_here
from studio_ext.kernels.forks import ForkServers

NAME = "studio-fork"  # of the entry point in jupyter_client.kernel_provisioners


def kernelspec() -> dict[str, Any]:
    """``kernel.json`` of "Python 3 (fast)": IPython's own, provisioned by forking."""
    return {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Python 3 (fast)",
        "language": "python",
        "metadata": {"debugger": True, "kernel_provisioner": {"provisioner_name": NAME}},
    }


def arguments(command: Sequence[str]) -> list[str]:
    """The arguments of ``ipykernel_launcher`` in a kernel's command.

    Raises:
        ForkRefused: the command is not this interpreter's ``-m ipykernel_launcher …``.
    """
    if len(command) < 3 or list(command[1:3]) != ["-m", "ipykernel_launcher"]:
        raise ForkRefused(f"the kernel's command is not -m ipykernel_launcher: {command}")
    if os.path.realpath(command[0]) != os.path.realpath(sys.executable) or (
        os.path.dirname(os.path.abspath(command[0])) != os.path.dirname(sys.executable)
    ):
        raise ForkRefused(f"the kernel's interpreter is {command[0]}, not {sys.executable}")
    return list(command[3:])


def launcher_argv(args: Sequence[str]) -> list[str]:
    """``sys.argv`` of a kernel that was started with ``-m ipykernel_launcher``."""
    import ipykernel_launcher  # type: ignore[import-untyped]

    return [ipykernel_launcher.__file__, *args]


class ForkProvisioner(LocalProvisioner):
    """Forks the kernel from the user's fork server; starts it as usual when that is not possible.

    The kernel dies with the connection to the fork server, that is with the Jupyter server.
    """

    _servers: ForkServers | None = None
    refused = ""  # why the last launch was not a fork

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        self.refused = ""
        try:
            process = self.fork(cmd, kwargs)
        except (ForkRefused, OSError) as error:
            self.refused = str(error)
            self.log.debug("the kernel is started, not forked: %s", error)
            return await super().launch_kernel(cmd, **kwargs)
        self.process: Any = process
        self.pid = self.pgid = process.pid
        self.cwd = kwargs.get("cwd") or Path.cwd()
        return self.connection_info

    def fork(self, command: list[str], kwargs: dict[str, Any]) -> Child:
        """A forked kernel for ``command``. Raises ForkRefused."""
        env = dict(kwargs.get("env") or os.environ)
        cwd = Path(kwargs.get("cwd") or os.getcwd())
        args = arguments(command)
        servers = self.servers()
        shadow = environment.shadows(cwd, USUAL)
        if shadow or environment.key(env, cwd) != environment.key(env):
            raise ForkRefused(f"{shadow or 'matplotlibrc'} in {cwd} counts at import")
        order = {
            "kind": "kernel", "args": args, "argv": launcher_argv(args),
            "tied": True, "threads": True,
        }  # fmt: skip
        with stdio(kwargs) as fds:
            return servers.child(order, env=env, cwd=cwd, fds=fds)

    @classmethod
    def servers(cls) -> ForkServers:
        """This user's fork servers, shared by all Jupyter servers, ended when nobody uses them."""
        if cls._servers is None:
            cls._servers = ForkServers(runtime_directory(), owned=False)
        return cls._servers

    async def wait(self) -> int | None:
        """The exit status of the kernel, as soon as there is one."""
        process = self.process
        if not isinstance(process, Child) or process.fileno() < 0:
            return await super().wait()
        loop = asyncio.get_running_loop()
        ended = loop.create_future()
        watched = os.dup(process.fileno())
        loop.add_reader(watched, lambda: None if ended.done() else ended.set_result(None))
        try:
            await ended
        finally:
            loop.remove_reader(watched)
            os.close(watched)
        code = process.wait(5)
        self.process = None
        return code


class LocalForkProvisioner(ForkProvisioner):
    """Forks the kernel from this very process, so that it is our child and dies with us."""

    def fork(self, command: list[str], kwargs: dict[str, Any]) -> Child:
        env = dict(kwargs.get("env") or os.environ)
        cwd = Path(kwargs.get("cwd") or os.getcwd())
        args = arguments(command)
        why = environment.unfit(env, cwd)
        if why:
            raise ForkRefused(why)
        with stdio(kwargs) as fds:
            order = child.Order(
                argv=launcher_argv(args),
                env=env,
                cwd=str(cwd),
                fds=fds,
                threads=True,
                dies_with_parent=True,
            )
            return fork_here(lambda: child.kernel(args), order)


@contextlib.contextmanager
def stdio(kwargs: dict[str, Any]) -> Any:
    """Descriptors for a kernel: nothing to read, and our output unless it has one of its own."""
    given = [kwargs.get("stdout"), kwargs.get("stderr")]
    null = os.open(os.devnull, os.O_RDWR)
    try:
        yield [null] + [
            null if one == -3 else number if one is None else one if isinstance(one, int)
            else one.fileno()
            for number, one in zip((1, 2), given, strict=True)
        ]  # fmt: skip
    finally:
        os.close(null)


def runtime_directory() -> Path:
    """A private directory for sockets; its path is short, since a socket's may have 108 bytes."""
    base = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    tag = hashlib.sha256(f"{os.getuid()}{sys.prefix}".encode()).hexdigest()[:8]
    path = base / f"studio-kernels-{tag}"
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.stat()
    if found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise ForkRefused(f"{path} is not private to this user; remove it: rm -r {path}")
    return path


# Names in a working directory that a kernel there would import in place of a preloaded library.
USUAL = frozenset(
    """
    numpy pandas sklearn scipy matplotlib xgboost joblib threadpoolctl narwhals boto3 botocore
    IPython ipykernel nbformat nbclient papermill jedi comm zmq tornado dateutil requests
    """.split()  # noqa: SIM905
)
