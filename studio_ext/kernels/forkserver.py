"""The fork server: a process with the usual libraries imported that forks runners and kernels.

It has one thread, no event loop and no zmq context, so that a fork of it is a sound process. One
connection of its unix socket is one child. The client sends one line of JSON with descriptors 0, 1
and 2 of the child (SCM_RIGHTS); the answer is one line ``{"pid": …}`` with a pidfd, and a last line
``{"exit": …, "rusage": …}`` when the child has ended. Requests, by ``kind``:

- ``call``: ``target`` (``module:function``) with ``args``, a list or an object;
- ``kernel``: ``args`` as of ``ipykernel_launcher``;
- ``ping``: who it is, and what makes it stale, if anything does.

``call`` and ``kernel`` take ``env``, ``cwd``, ``argv``, ``limits``, ``threads``, ``tied`` (the
child is killed when the client closes the connection) and ``survive`` (what the child leaves
running is left alone; by default orphans are killed, since the server is their subreaper).

A server whose files on disk have changed refuses to fork: the children would run old code. It
leaves when its owner's pipe closes or nothing happened for a while, but not before its last child.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio_ext.algorithms.preload import ENVIRONMENT
from studio_ext.kernels import child, environment
from studio_ext.kernels.preload import preload
from studio_ext.processes import tree
from studio_ext.processes.identity import look

RECYCLE = 5_000  # forks, after which a fresh server takes over
FRESH = 2.0  # seconds for which a look at the files on disk is good


@dataclass(slots=True)
class Client:
    """A connection and the child that was forked for it."""

    connection: socket.socket
    pid: int
    tied: bool
    survive: bool


class ForkServer:
    """Serves ``path`` until it is retired and its last child has ended."""

    def __init__(self, path: Path, owner: int | None, idle: float) -> None:
        self.path, self.owner, self.idle = path, owner, idle
        self.clients: dict[int, Client] = {}
        self.surviving: set[int] = set()  # sessions whose orphans are left alone
        self.forks = 0
        self.listener: socket.socket | None = None
        self.selector = selectors.DefaultSelector()
        self.snapshot = environment.Snapshot.take()
        self._looked, self._stale = time.monotonic(), ""
        self._used = time.monotonic()

    def listen(self) -> bool:
        """Bind the socket; False when another server is there already."""
        lock = os.open(self.path.parent, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(OSError):
                probe.settimeout(1)
                probe.connect(str(self.path))
                return False
            self.path.unlink(missing_ok=True)
            self.listener = socket.socket(socket.AF_UNIX)
            mask = os.umask(0o177)
            try:
                self.listener.bind(str(self.path))
            finally:
                os.umask(mask)
            self.listener.listen(128)
            self.inode = os.stat(self.path).st_ino
        finally:
            os.close(lock)
        return True

    def serve(self) -> None:
        """Until there is nothing left to do."""
        assert self.listener is not None
        reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(writer)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: self.retire())
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        watch = self.selector.register
        watch(self.listener, selectors.EVENT_READ, self._accept)
        watch(reader, selectors.EVENT_READ, lambda: self._reap(reader))
        if self.owner is not None:
            watch(self.owner, selectors.EVENT_READ, self._owner_left)
        while self._open() or self.clients:
            for key, _ in self.selector.select(self._patience()):
                act: Callable[[], None] = key.data
                act()
            quiet = time.monotonic() - self._used
            if self.owner is None and not self.clients and quiet >= self.idle:
                self.retire()

    def _open(self) -> bool:
        return self.listener is not None

    def _patience(self) -> float | None:
        if self.owner is not None or self.clients:
            return None
        return max(0.0, self.idle - (time.monotonic() - self._used))

    def retire(self) -> None:
        """Take no more requests; the socket's path is free for a successor."""
        if self.listener is not None:
            self.selector.unregister(self.listener)
            self.listener.close()
            self.listener = None
            with contextlib.suppress(OSError):
                if os.stat(self.path).st_ino == self.inode:
                    self.path.unlink()

    def _owner_left(self) -> None:
        assert self.owner is not None
        self.selector.unregister(self.owner)
        self.retire()

    def stale(self) -> str:
        """Why children of this server would not be what a fresh process is; empty when they are."""
        if not self._stale and time.monotonic() - self._looked > FRESH:
            changed = self.snapshot.changed()
            self._stale = f"{changed} has changed" if changed else ""
            self._looked = time.monotonic()
        return self._stale

    def _accept(self) -> None:
        assert self.listener is not None
        try:
            connection, _ = self.listener.accept()
        except OSError:
            time.sleep(0.01)  # no descriptor is free, say; the client waits in the queue
            return
        connection.settimeout(5)
        self._used = time.monotonic()
        fds: list[int] = []
        try:
            _same_user(connection)
            request, fds = _receive(connection)
            answer = self._answer(request, fds, connection)
            if answer is not None:
                _send(connection, answer)
                connection.close()
        except Exception as error:
            with contextlib.suppress(OSError):
                _send(connection, {"refused": f"{type(error).__name__}: {error}"})
            connection.close()
        finally:
            for fd in fds:
                os.close(fd)

    def _answer(
        self, request: dict[str, Any], fds: list[int], connection: socket.socket
    ) -> dict[str, Any] | None:
        """What to say at once; None when a child was forked, which answers later."""
        stale = self.stale()
        if request["kind"] == "ping":
            return {
                "pid": os.getpid(), "forks": self.forks, "children": sorted(self.clients),
                "threads": tree.threads(), "stale": stale,
            }  # fmt: skip
        if stale or tree.threads() != 1:
            self.retire()
            return {"refused": stale or "a thread was started in the fork server"}
        work = _work(request)
        if len(fds) != 3:
            raise ValueError(f"{len(fds)} descriptors were sent, expected 3")
        order = child.Order(
            argv=request["argv"],
            env=request["env"],
            cwd=request["cwd"],
            fds=fds,
            limits=request.get("limits", {}),
            threads=request.get("threads", False),
        )
        # Until the child has its own handlers a signal for it would run ours, and be lost.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT))
        pid = os.fork()
        if pid == 0:
            child.run(order, work)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        self.forks += 1
        client = Client(connection, pid, request.get("tied", False), request.get("survive", False))
        self.clients[pid] = client
        if client.survive:
            self.surviving.add(pid)
        pidfd = os.pidfd_open(pid)
        try:
            answer = {"pid": pid, "recycle": self.forks >= RECYCLE}
            socket.send_fds(connection, [json.dumps(answer).encode() + b"\n"], [pidfd])
            if answer["recycle"]:
                self.retire()
        except OSError:
            pass  # the client is gone; what that means is decided where its end is seen
        finally:
            os.close(pidfd)
        connection.setblocking(False)
        self.selector.register(connection, selectors.EVENT_READ, lambda: self._client_left(client))
        return None

    def _client_left(self, client: Client) -> None:
        if self.clients.get(client.pid) is not client:
            return  # the child ended in the same moment
        self.selector.unregister(client.connection)
        if client.tied:
            for process in [*tree.descendants(client.pid), look(client.pid)]:
                if process is not None:
                    tree.send(process, signal.SIGKILL)

    def _reap(self, reader: int) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(reader, 4096)
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            client = self.clients.pop(pid, None)
            if client is not None:
                report = {
                    "exit": os.waitstatus_to_exitcode(status),
                    "rusage": [usage.ru_utime, usage.ru_stime, usage.ru_maxrss],
                }
                with contextlib.suppress(OSError):
                    _send(client.connection, report)
                with contextlib.suppress(KeyError):  # its client left before
                    self.selector.unregister(client.connection)
                client.connection.close()
        self._used = time.monotonic()
        self._kill_orphans()

    def _kill_orphans(self) -> None:
        """End what dead children left: a child of ours that we did not fork was theirs."""
        for pid in tree.children(os.getpid()):
            process = look(pid) if pid not in self.clients else None
            if process is None or process.zombie or process.session in self.surviving:
                continue
            tree.send(process, signal.SIGKILL)


def _work(request: dict[str, Any]) -> Callable[[], Any]:
    """What the child will do, resolved in the child as far as it runs code of others."""
    if request["kind"] == "kernel":
        return lambda: child.kernel(request["args"])
    if request["kind"] != "call":
        raise ValueError(f"kind {request['kind']!r}, expected call, kernel or ping")
    return lambda: call(request["target"], request["args"])


def call(target: str, args: Any) -> None:
    """Call ``module:function`` with a list or an object of arguments; exit with what it returns."""
    module, _, name = target.partition(":")
    function = getattr(importlib.import_module(module), name)
    code = function(**args) if isinstance(args, dict) else function(*args)
    if isinstance(code, int):
        sys.exit(code)


def _same_user(connection: socket.socket) -> None:
    sent = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    _, uid, _ = struct.unpack("3i", sent)
    if uid not in (os.getuid(), 0):
        raise PermissionError(f"user {uid} is not {os.getuid()}")


def _receive(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    data, fds, _, _ = socket.recv_fds(connection, 1 << 20, 3)
    while not data.endswith(b"\n"):
        more = connection.recv(1 << 20)
        if not more:
            raise ConnectionError("the request ended before its end of line")
        data += more
    return json.loads(data), list(fds)


def _send(connection: socket.socket, answer: dict[str, Any]) -> None:
    connection.sendall(json.dumps(answer).encode() + b"\n")


def main() -> None:
    """``python -m studio_ext.kernels.forkserver``: preload, then say so on ``--ready-fd``."""
    parser = argparse.ArgumentParser(prog="forkserver", description="Fork Studio's kernels")
    parser.add_argument("--socket", type=Path, required=True)
    parser.add_argument("--owner-fd", type=int, help="a pipe whose end is this server's end")
    parser.add_argument("--ready-fd", type=int, help="where to say how the start went")
    parser.add_argument("--idle", type=float, default=600.0, help="seconds, without an owner")
    parser.add_argument("--only", action="store_true", help="preload just the modules named here")
    parser.add_argument("modules", nargs="*", help="preloaded besides the usual ones")
    options = parser.parse_args()
    begin = time.monotonic()
    key = environment.key(os.environ)
    os.environ.update(ENVIRONMENT, PYDEVD_DISABLE_FILE_VALIDATION="1")  # for the imports only
    gc.disable()
    failed = preload(options.modules, usual=not options.only)
    gc.enable()
    child.find_thread_libraries()
    tops = frozenset(name.partition(".")[0] for name in sys.modules)
    environment.mark_warm(environment.Warm(key, tops))
    tree.become_subreaper()
    server = ForkServer(options.socket, options.owner_fd, options.idle)
    gc.collect()
    gc.freeze()
    threads = tree.threads()
    said: dict[str, Any] = {"pid": os.getpid(), "threads": threads, "failed": failed}
    said["seconds"] = round(time.monotonic() - begin, 3)
    if threads != 1:
        said["refused"] = f"{threads} threads after preloading, a fork needs one"
    elif not server.listen():
        said["refused"] = f"another fork server is at {options.socket}"
    if options.ready_fd is not None:
        with contextlib.suppress(OSError):
            os.write(options.ready_fd, json.dumps(said).encode() + b"\n")
        os.close(options.ready_fd)
    if "refused" in said:
        sys.exit(3)
    server.serve()


if __name__ == "__main__":
    main()
