"""Fork servers as their users see them: always a child, forked where possible."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio_ext.kernels import environment
from studio_ext.kernels.client import (
    Child,
    ForkRefused,
    ServedChild,
    fork_at,
    leave_running,
    python,
    request,
    select_one,
    spawn,
)
from studio_ext.processes import tree

RETRY = 60.0  # seconds before a fork server that would not start is tried again


@dataclass(slots=True)
class Server:
    """A fork server that was started here."""

    path: Path
    process: subprocess.Popen[bytes]
    ready_fd: int
    owner_fd: int
    started: float = field(default_factory=time.monotonic)
    said: dict[str, Any] | None = None
    _hearing: threading.Lock = field(default_factory=threading.Lock)

    def ready(self, timeout: float | None = 0.0) -> bool:
        """Whether it serves. Hears what it has to say about its start, once.

        Several threads may wait for that; one of them hears it.
        """
        if self.said is None and select_one(self.ready_fd, timeout):
            with self._hearing:
                if self.said is None:
                    self.said = self._hear()
        return self.said is not None and "refused" not in self.said

    def _hear(self) -> dict[str, Any]:
        data = b""
        while more := os.read(self.ready_fd, 65536):
            data += more
            if data.endswith(b"\n"):
                break
        os.close(self.ready_fd)
        try:
            found: dict[str, Any] = json.loads(data)
        except ValueError:
            return {"refused": "it ended while starting"}
        return found

    def let_go(self) -> None:
        """Retire it: it ends when its last child has."""
        with self._hearing:
            if self.said is None:
                os.close(self.ready_fd)
                self.said = {"refused": "it was retired while starting"}
            if self.owner_fd >= 0:
                os.close(self.owner_fd)
            self.owner_fd = -1


class ForkServers:
    """The fork servers of one runtime directory, one for each set of import-time variables.

    Args:
        runtime: a private directory (0700) with a short path, for the sockets.
        modules: preloaded besides the usual ones.
        usual: preload the usual ones; a server without them starts faster and forks cold.
        owned: servers retire when this process ends; else when ``idle`` seconds nothing happened.
    """

    def __init__(
        self,
        runtime: Path,
        *,
        modules: Sequence[str] = (),
        usual: bool = True,
        owned: bool = True,
        idle: float = 600.0,
    ) -> None:
        self.runtime, self.modules, self.usual = runtime, modules, usual
        self.owned, self.idle = owned, idle
        self._servers: dict[str, Server] = {}
        self._lock = threading.RLock()  # the methods may be called from any thread

    def call(
        self,
        target: str,
        args: Any,
        *,
        env: Mapping[str, str],
        cwd: Path,
        fds: Sequence[int],
        tied: bool = False,
        survive: bool = False,
        limits: Mapping[str, int] | None = None,
    ) -> Child:
        """Call ``module:function`` in a child of its own session.

        It is forked in milliseconds where a fitting server is ready; else a fresh process is
        started, which takes what the imports take. Either way the call is the same.

        Args:
            args: a list or an object for JSON: the arguments, by position or by name.
            env: its whole environment.
            fds: its descriptors 0, 1 and 2.
            tied: it is killed when the handle is closed or this process ends.
            survive: what it leaves running is left alone, not killed.
            limits: such as ``{"RLIMIT_AS": bytes}``.
        """
        order = {
            "kind": "call", "target": target, "args": args, "argv": [target],
            "tied": tied, "survive": survive, "limits": dict(limits or {}),
        }  # fmt: skip
        try:
            return self.child(order, env=env, cwd=cwd, fds=fds)
        except ForkRefused:
            return spawn(target, args, env=env, cwd=cwd, fds=fds)

    def fork(
        self, target: str, args: Any, *, env: Mapping[str, str], cwd: Path, output: int
    ) -> int | None:
        """The pid of a forked ``call`` that nobody waits for; None when a cold start is due."""
        order = {"kind": "call", "target": target, "args": args, "argv": [target]}
        null = os.open(os.devnull, os.O_RDONLY)
        try:
            handle = self.child(order, env=env, cwd=cwd, fds=[null, output, output])
        except ForkRefused:
            return None
        finally:
            os.close(null)
        handle.close()
        return handle.pid

    def child(
        self, order: Mapping[str, Any], *, env: Mapping[str, str], cwd: Path, fds: Sequence[int]
    ) -> ServedChild:
        """A forked child as ``forkserver`` describes, at once or not at all.

        Raises:
            ForkRefused: no fitting server is ready; one is being started for the next time.
        """
        path = self.warm(env)
        if path is None:
            raise ForkRefused("no fork server is ready")
        whole = {**order, "env": dict(env), "cwd": str(cwd)}
        try:
            return fork_at(path, whole, fds)
        except ForkRefused:
            self._drop(environment.key(env))
            self.warm(env)
            raise

    def warm(self, env: Mapping[str, str]) -> Path | None:
        """The socket of the server for ``env`` if it is ready; else see that one starts."""
        if not tree.LINUX:
            return None
        with self._lock:
            return self._warm(env)

    def _warm(self, env: Mapping[str, str]) -> Path | None:
        key = environment.key(env)
        path = self.runtime / f"fork-{key}.sock"
        server = self._servers.get(key)
        if server is not None and server.process.poll() is not None:
            if server.ready() or time.monotonic() - server.started > RETRY:
                self._drop(key)
                server = None
            else:
                return path if self._answers(path) else None
        if server is None:
            if not self.owned and self._answers(path):
                return path
            self._servers[key] = self._start(path, env)
            return None
        return path if server.ready() else None

    def wait(self, env: Mapping[str, str], timeout: float = 60.0) -> dict[str, Any]:
        """Wait until the server for ``env`` is ready; what it said about its start.

        Raises:
            ForkRefused: it refused, or was not ready in ``timeout`` seconds.
        """
        self.warm(env)
        server = self._servers.get(environment.key(env))
        if server is None or not server.ready(timeout):
            said = server.said if server is not None else None
            raise ForkRefused((said or {}).get("refused", f"not ready in {timeout:g} seconds"))
        assert server.said is not None
        return server.said

    def health(self) -> list[dict[str, Any]]:
        """What each ready server answers to a ping; those that do not answer are dropped."""
        found = []
        for key, server in list(self._servers.items()):
            if not server.ready():
                continue
            try:
                connection, said, _, _ = request(server.path, {"kind": "ping"}, timeout=5.0)
                connection.close()
                found.append(said)
            except ForkRefused:
                self._drop(key)
        return found

    def close(self) -> None:
        """Retire all servers. Their children go on, and a server that has some with them."""
        processes = [server.process for server in self._servers.values()]
        for key in list(self._servers):
            self._drop(key)
        for process in processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(2.0)

    def _drop(self, key: str) -> None:
        with self._lock:
            server = self._servers.pop(key, None)
            if server is not None:
                server.let_go()

    def _answers(self, path: Path) -> bool:
        try:
            request(path, {"kind": "ping"}, timeout=1.0)[0].close()
        except ForkRefused:
            return False
        return True

    def _start(self, path: Path, env: Mapping[str, str]) -> Server:
        self.runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
        ours = environment.import_time(os.environ)
        outside = {k: v for k, v in os.environ.items() if k not in ours}
        base = {**outside, **environment.import_time(env)}  # no secret of a job gets in
        for name in environment.THREADS:
            base.pop(name, None)
        ready, ready_end = os.pipe()
        owner_end, owner = os.pipe()
        options = ["--socket", str(path), "--ready-fd", str(ready_end)]
        options += ["--owner-fd", str(owner_end)] if self.owned else ["--idle", str(self.idle)]
        options += [] if self.usual else ["--only"]
        try:
            process = subprocess.Popen(
                python("forkserver", *options, *self.modules),
                env=base,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=None if self.owned else subprocess.DEVNULL,
                pass_fds=[ready_end, owner_end],
                start_new_session=True,
            )
        finally:
            os.close(ready_end)
            os.close(owner_end)
        leave_running(process)  # it may outlive this object
        if not self.owned:
            with contextlib.suppress(OSError):
                os.close(owner)
            owner = -1
        return Server(path, process, ready, owner)
