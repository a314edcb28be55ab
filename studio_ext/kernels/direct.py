"""A Python shell without Jupyter's protocol: the in-process engine, seen from the runner.

The cells run in a child of the runner, so that a crash, a kill or a stop leaves the runner alive to
tell of it. The child sends the same messages as a kernel, as lines of JSON on a socket; nbclient
makes the same outputs of them. Descriptors 1 and 2 of the child are pipes that are read here.
"""

from __future__ import annotations

import asyncio
import base64
import codecs
import contextlib
import datetime
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studio_ext.kernels import child, environment, shell
from studio_ext.kernels.client import Child, ForkRefused, SpawnedChild, fork_here, python
from studio_ext.kernels.kernel import Kernel
from studio_ext.kernels.provisioner import launcher_argv

CHUNK = 1 << 18


class Channel:
    """A queue of messages in the form of a Jupyter client's channel."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.put = self._queue.put_nowait

    async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:
        return await asyncio.wait_for(self._queue.get(), timeout)


class DirectClient:
    """What nbclient needs of a client, on the socket and the pipes of a ``shell``."""

    def __init__(self, link: socket.socket, pipes: Mapping[str, int]) -> None:
        self.shell_channel, self.iopub_channel = Channel(), Channel()
        self.greeting: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._link, self._pipes = link, dict(pipes)
        self._decoders = {
            name: codecs.getincrementaldecoder("utf-8")("replace") for name in self._pipes
        }
        self._rest = bytearray()
        self._asked = 0
        link.setblocking(False)
        loop = asyncio.get_running_loop()
        loop.add_reader(link.fileno(), self._on_link)
        for name, fd in self._pipes.items():
            os.set_blocking(fd, False)
            loop.add_reader(fd, self._on_pipe, name)

    def execute(self, code: str, store_history: bool = True, **_: Any) -> str:
        """Ask for a cell; returns the id that its messages carry."""
        self._asked += 1
        order = {"code": code, "store_history": store_history, "id": str(self._asked)}
        self._link.setblocking(True)
        try:
            self._link.sendall(json.dumps(order).encode() + b"\n")
        except OSError:
            pass  # it is dead, which its pidfd says
        finally:
            self._link.setblocking(False)
        return order["id"]  # type: ignore[return-value]

    def end(self) -> None:
        """No more cells: the shell ends when it has read this."""
        with contextlib.suppress(OSError):
            self._link.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        for name in list(self._pipes):
            self._shut(name)
        if self._link.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._link.fileno())
            self._link.close()

    def _on_link(self) -> None:
        try:
            data = self._link.recv(CHUNK)
        except BlockingIOError:
            return
        except ConnectionError:
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(self._link.fileno())
            self._take({"msg_type": "status", "id": "", "content": {}})
            self._take({"msg_type": "shutdown_reply", "id": "", "content": {}})
            return
        self._rest += data
        if b"\n" in data:
            *lines, rest = self._rest.split(b"\n")
            self._rest = bytearray(rest)
            for line in lines:
                self._take(json.loads(line))

    def _take(self, message: dict[str, Any]) -> None:
        kind = message["msg_type"]
        if kind == "ready":
            self.greeting.set_result(message["content"])
        elif kind == "execute_reply":
            self.shell_channel.put(self._message(message))
        else:
            if kind == "status":  # what the cell's processes wrote comes before its end
                for name in list(self._pipes):
                    self._on_pipe(name)
            self.iopub_channel.put(self._message(message))

    def _message(self, message: dict[str, Any]) -> dict[str, Any]:
        now = datetime.datetime.now(datetime.UTC)
        return {
            "header": {"msg_type": message["msg_type"], "date": now},
            "msg_type": message["msg_type"],
            "parent_header": {"msg_id": message["id"]},
            "content": message["content"],
            "metadata": message.get("metadata", {}),
            "buffers": [base64.b64decode(text) for text in message.get("buffers", ())],
        }

    def _on_pipe(self, name: str) -> None:
        while name in self._pipes:
            try:
                data = os.read(self._pipes[name], CHUNK)
            except BlockingIOError:
                return
            text = self._decoders[name].decode(data, final=not data)
            if text:
                content = {"name": name, "text": text}
                stream = {"msg_type": "stream", "id": str(self._asked), "content": content}
                self.iopub_channel.put(self._message(stream))
            if not data:
                self._shut(name)

    def _shut(self, name: str) -> None:
        fd = self._pipes.pop(name)
        asyncio.get_running_loop().remove_reader(fd)
        os.close(fd)


class DirectKernel(Kernel):
    """A ``shell`` in a fork of this process, or in a fresh one where forking is not possible."""

    engine = "inprocess"

    async def _launch(self, cwd: Path, env: Mapping[str, str]) -> None:
        ours, theirs = socket.socketpair()
        out, out_end = os.pipe()
        err, err_end = os.pipe()
        null = os.open(os.devnull, os.O_RDONLY)
        fds = [null, out_end, err_end]
        try:
            self._process = self._start(theirs.fileno(), fds, cwd, env)
        except BaseException:
            ours.close()
            os.close(out)
            os.close(err)
            raise
        finally:
            theirs.close()
            for fd in fds:
                os.close(fd)
        self.pid = self._process.pid
        self._link = DirectClient(ours, {"stdout": out, "stderr": err})

    def _start(self, link: int, fds: list[int], cwd: Path, env: Mapping[str, str]) -> Child:
        args: list[str] = []
        try:
            self.refused = environment.unfit(env, cwd)
            if self.refused:
                raise ForkRefused(self.refused)
            order = child.Order(
                argv=launcher_argv(args),
                env=env,
                cwd=str(cwd),
                fds=fds,
                keep=[link],
                threads=True,
                dies_with_parent=True,
            )
            return fork_here(lambda: shell.serve(link), order)
        except ForkRefused as error:
            self.refused = str(error)
        process = subprocess.Popen(
            python("shell", str(link)),
            env=dict(env),
            cwd=cwd,
            stdin=fds[0],
            stdout=fds[1],
            stderr=fds[2],
            pass_fds=[link],
            start_new_session=True,
        )
        return SpawnedChild(process)

    async def _greet(self) -> dict[str, Any]:
        self.client = self._link
        return dict(await self.client.greeting)

    async def interrupt(self) -> None:
        with contextlib.suppress(OSError):
            await self._signal(signal.SIGINT)

    async def _alive(self) -> bool:
        return self._process.poll() is None

    async def _signal(self, signum: int) -> None:
        os.killpg(self.pid, signum)  # it leads a session of its own

    async def _ask_to_end(self) -> None:
        self.client.end()

    async def _collect(self) -> int | None:
        return self._process.wait(5)

    async def _close(self) -> None:
        self._link.close()
        sys.stdout.flush()
