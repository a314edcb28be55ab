"""Children: handles of processes that a fork server, this process or ``Popen`` started."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from studio_ext.errors import StudioError
from studio_ext.kernels import child
from studio_ext.processes import tree

UNKNOWN = -9999  # an exit status that nobody could collect
DEVNULL = subprocess.DEVNULL


class ForkRefused(StudioError):
    """No fork was made, and why; start a fresh process instead."""


class Child:
    """A process, like ``subprocess.Popen``, on a pidfd.

    Attributes:
        pid: its number.
        returncode: exit code, minus the signal, ``UNKNOWN``, or None while it runs.
        rusage: (user seconds, system seconds, peak KiB) once it has ended, where known.
    """

    stdin = stdout = stderr = None

    def __init__(self, pid: int, pidfd: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.rusage: tuple[float, float, int] | None = None
        self._pidfd = pidfd

    def fileno(self) -> int:
        """The pidfd: readable when the process has ended. -1 once that was collected."""
        return self._pidfd

    def _collect(self) -> int:
        """The status of the process, which has ended; may wait for a reporter, not for it."""
        _, status, usage = os.wait4(self.pid, 0)
        self.rusage = (usage.ru_utime, usage.ru_stime, usage.ru_maxrss)
        return os.waitstatus_to_exitcode(status)

    def poll(self) -> int | None:
        """The return code, or None while it runs."""
        return self._wait(0)

    def wait(self, timeout: float | None = None) -> int:
        """The return code, waiting for it.

        Raises:
            subprocess.TimeoutExpired: after ``timeout`` seconds.
        """
        code = self._wait(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0.0)
        return code

    def _wait(self, timeout: float | None) -> int | None:
        if self.returncode is None and select_one(self._pidfd, timeout):
            try:
                self.returncode = self._collect()
            except ChildProcessError:
                self.returncode = UNKNOWN
            self.close()
        return self.returncode

    def send_signal(self, signum: int) -> None:
        """Signal this very process; nothing when it has ended."""
        if self._pidfd >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signum)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def close(self) -> None:
        """Let go of it. A tied child dies of that."""
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1

    def __del__(self) -> None:
        self.close()


def select_one(fd: int, timeout: float | None) -> bool:
    """Whether ``fd`` becomes readable within ``timeout`` seconds (None: for ever)."""
    poller = select.poll()
    poller.register(fd, select.POLLIN)
    return bool(poller.poll(None if timeout is None else timeout * 1000))


class ServedChild(Child):
    """A child of a fork server; its status comes over the connection that asked for it."""

    def __init__(self, connection: socket.socket, pid: int, pidfd: int, rest: bytes) -> None:
        super().__init__(pid, pidfd)
        self._connection, self._rest = connection, rest

    def _collect(self) -> int:
        self._connection.settimeout(5)
        with contextlib.suppress(OSError):
            while not self._rest.endswith(b"\n"):
                data = self._connection.recv(4096)
                if not data:
                    break
                self._rest += data
        if self._rest.endswith(b"\n"):
            report = json.loads(self._rest)
            user, system, peak = report["rusage"]
            self.rusage = (user, system, peak)
            return int(report["exit"])
        # The server is gone: if this process is its subreaper, the child is ours now.
        return super()._collect()

    def close(self) -> None:
        super().close()
        if hasattr(self, "_connection"):
            self._connection.close()


class SpawnedChild(Child):
    """A child of ``Popen``, for where nothing can be forked."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        pidfd = os.pidfd_open(process.pid) if hasattr(os, "pidfd_open") else -1
        super().__init__(process.pid, pidfd)
        self._process = process

    def _wait(self, timeout: float | None) -> int | None:
        if self.returncode is None:
            try:
                self.returncode = self._process.wait(timeout)
            except subprocess.TimeoutExpired:
                return None
            self.close()
        return self.returncode

    def send_signal(self, signum: int) -> None:
        self._process.send_signal(signum)

    def close(self) -> None:
        super().close()
        if self.returncode is None and hasattr(self, "_process"):
            leave_running(self._process)


_left: list[subprocess.Popen[bytes]] = []


def leave_running(process: subprocess.Popen[bytes]) -> None:
    """Keep a process that nobody waits for, and collect those before it that have ended."""
    _left[:] = [left for left in [*_left, process] if left.poll() is None]


def request(
    path: Path, order: Mapping[str, Any], fds: Sequence[int] = (), timeout: float = 10.0
) -> tuple[socket.socket, dict[str, Any], list[int], bytes]:
    """Send a fork server one request; returns connection, answer, descriptors and further bytes.

    Raises:
        ForkRefused: the server is not there, did not answer or said no.
    """
    connection = socket.socket(socket.AF_UNIX)
    received: list[int] = []
    try:
        connection.settimeout(timeout)
        connection.connect(str(path))
        data = json.dumps(order).encode() + b"\n"
        sent = socket.send_fds(connection, [data], list(fds)) if fds else 0
        connection.sendall(data[sent:])
        answer = b""
        while b"\n" not in answer:
            more, got, _, _ = socket.recv_fds(connection, 65536, 1)
            received += got
            if not more:
                raise ConnectionError("it closed the connection")
            answer += more
        line, _, rest = answer.partition(b"\n")
        said = json.loads(line)
        if "refused" in said:
            raise ForkRefused(said["refused"])
    except (OSError, ValueError) as error:
        connection.close()
        raise ForkRefused(f"no answer from the fork server at {path}: {error}") from error
    except ForkRefused:
        connection.close()
        raise
    return connection, said, received, rest


def fork_at(path: Path, order: Mapping[str, Any], fds: Sequence[int]) -> ServedChild:
    """Have the fork server at ``path`` fork a child. Raises ForkRefused."""
    connection, said, received, rest = request(path, order, fds)
    if not received:
        connection.close()
        raise ForkRefused(f"the fork server at {path} sent no pidfd")
    return ServedChild(connection, int(said["pid"]), received[0], rest)


def fork_here(work: Callable[[], Any], order: child.Order) -> Child:
    """Fork this process, itself warm, into a child of our own that does ``work``.

    Raises:
        ForkRefused: this process has more than one thread, so that a fork might hang.
    """
    if not tree.LINUX:
        raise ForkRefused(f"forking is not sound on {sys.platform}")
    count = tree.threads()
    if count != 1:
        raise ForkRefused(f"this process has {count} threads, a fork needs one")
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        child.run(order, work)
    return Child(pid, os.pidfd_open(pid))


def spawn(
    target: str,
    args: Any,
    *,
    env: Mapping[str, str],
    cwd: Path,
    fds: Sequence[int],
) -> SpawnedChild:
    """Call ``module:function`` in a fresh process of this interpreter."""
    reader, writer = os.pipe()
    try:
        os.set_inheritable(reader, True)
        process = subprocess.Popen(
            python("call", str(reader)),
            env=dict(env),
            cwd=cwd,
            stdin=fds[0],
            stdout=fds[1],
            stderr=fds[2],
            pass_fds=[reader],
            start_new_session=True,
        )
    finally:
        os.close(reader)
    with os.fdopen(writer, "wb") as stream, contextlib.suppress(BrokenPipeError):
        stream.write(json.dumps({"target": target, "args": args}).encode())
    return SpawnedChild(process)


def python(module: str, *arguments: str) -> list[str]:
    """A command that runs ``main`` of a module of this package, wherever the package is.

    The working directory is not put on ``sys.path``: what lies there must not be imported.
    """
    root = str(Path(__file__).parents[2])
    start = (
        "import sys; sys.path[0] = sys.argv.pop(1);"
        f" from studio_ext.kernels.{module} import main; del sys.path[0]; main()"
    )
    return [sys.executable, "-c", start, root, *arguments]
