"""The in-process engine's child: IPython's shell, with messages on a socket instead of zmq.

The shell, the display hook and the publisher are ipykernel's, so that outputs are those of a
kernel. It has no threads, no event loop between cells, no startup files, and refuses input.
"""

from __future__ import annotations

import base64
import builtins
import getpass
import json
import os
import signal
import sys
import threading
import time
from typing import Any

BURST = 200  # texts sent in one ``TICK`` before they are gathered
TICK = 0.1  # seconds


class Outlet:
    """Messages out, as lines of JSON; safe in threads, silent in forks of this process."""

    def __init__(self, link: int) -> None:
        self.link = link
        self.id = ""
        self.owner = os.getpid()
        self.lock = threading.RLock()

    def send(
        self, kind: str, content: Any, metadata: Any = None, buffers: Any = None, **more: Any
    ) -> None:
        """Send one message that belongs to the running cell."""
        from jupyter_client.jsonutil import json_default

        if os.getpid() != self.owner:
            return
        message = {"msg_type": kind, "id": self.id, "content": content, "metadata": metadata or {}}
        if buffers:
            message["buffers"] = [base64.b64encode(part).decode() for part in buffers]
        line = json.dumps({**message, **more}, default=json_default).encode() + b"\n"
        with self.lock:
            view = memoryview(line)
            while view:
                view = view[os.write(self.link, view) :]


class Text:
    """``sys.stdout`` or ``sys.stderr``: lines are sent at once, floods in bulk.

    In a process that user code forked, text goes to the descriptor.
    """

    encoding, errors, newlines, closed = "utf-8", "strict", None, False
    mode = "w"

    def __init__(self, outlet: Outlet, name: str, fd: int) -> None:
        self.outlet, self.name, self.fd = outlet, name, fd
        self._parts: list[str] = []
        self._tick, self._sent = 0.0, 0
        self._later: threading.Timer | None = None

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if os.getpid() != self.outlet.owner:
            os.write(self.fd, text.encode("utf-8", "replace"))
            return len(text)
        with self.outlet.lock:
            self._parts.append(text)
            if "\n" in text or "\r" in text:
                self._line()
        return len(text)

    def _line(self) -> None:
        now = time.monotonic()
        if now - self._tick > TICK:
            self._tick, self._sent = now, 0
        self._sent += 1
        if self._sent <= BURST:
            self.flush()
        elif self._later is None:
            self._later = threading.Timer(TICK, self.flush)
            self._later.daemon = True
            self._later.start()

    def flush(self) -> None:
        with self.outlet.lock:
            self._later = None
            text = "".join(self._parts)
            self._parts.clear()
            if text:
                self.outlet.send("stream", {"name": self.name, "text": text})

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def fileno(self) -> int:
        return self.fd

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False

    def close(self) -> None:
        self.flush()

    @property
    def buffer(self) -> Any:
        """Bytes go to the descriptor, which is read as well."""
        self.flush()
        return sys.__stdout__.buffer if self.fd == 1 else sys.__stderr__.buffer  # type: ignore[union-attr]


def make(outlet: Outlet) -> Any:
    """The shell, with its outputs going to ``outlet``."""
    from ipykernel.compiler import XCachingCompiler
    from ipykernel.zmqshell import ZMQInteractiveShell
    from IPython.core.error import StdinNotImplementedError, UsageError
    from jupyter_client.session import Session
    from traitlets.config import Config

    class Socketless(Session):
        """Sends what a kernel would send by zmq to the outlet."""

        def send(
            self, stream: Any, kind: Any, content: Any = None, parent: Any = None, **more: Any
        ) -> Any:
            if isinstance(kind, dict):
                outlet.send(kind["msg_type"], kind["content"], kind.get("metadata"))
            else:
                outlet.send(kind, content, more.get("metadata"), more.get("buffers"))

    class Shell(ZMQInteractiveShell):
        leaving = False

        def ask_exit(self) -> None:
            self.leaving = True

        def enable_gui(self, gui: Any = None) -> None:
            if gui not in (None, "inline", "asyncio"):
                raise UsageError(f"no event loop for {gui!r} here: run this notebook in a kernel")

    def refuse(name: str) -> Any:
        def asked(*_: Any, **__: Any) -> str:
            msg = f"{name} was called, but this frontend does not support input requests."
            raise StdinNotImplementedError(msg)

        return asked

    config = Config()
    config.HistoryManager.enabled = False
    config.HistoryManager.hist_file = ":memory:"
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    shell = Shell.instance(config=config, compiler_class=XCachingCompiler)
    session = Socketless(key=b"")
    for end in (shell.displayhook, shell.display_pub):
        end.session = session
    shell.display_pub.pub_socket = shell.displayhook.pub_socket = None
    shell.displayhook.topic = shell.display_pub.topic = b"display_data"
    builtins.input = refuse("raw_input")
    getpass.getpass = refuse("getpass")
    _comms(outlet)
    return shell


def _comms(outlet: Outlet) -> None:
    """Comms that open, update and close towards the notebook, so that widgets are saved."""
    import comm
    from comm.base_comm import BaseComm

    class Comm(BaseComm):
        def publish_msg(
            self,
            msg_type: str,
            data: Any = None,
            metadata: Any = None,
            buffers: Any = None,
            **keys: Any,
        ) -> None:
            content = {"data": data or {}, "comm_id": self.comm_id, **keys}
            outlet.send(msg_type, content, metadata, buffers)

    comm.create_comm = Comm


def serve(link: int) -> None:
    """Run cells from ``link`` until it is closed or a cell leaves."""
    from studio_ext.kernels.child import integrate_matplotlib

    os.set_inheritable(link, False)
    outlet = Outlet(link)
    shell = make(outlet)
    integrate_matplotlib()
    sys.stdout = Text(outlet, "stdout", 1)
    sys.stderr = Text(outlet, "stderr", 2)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    outlet.send("ready", _language_info())
    with os.fdopen(os.dup(link), "rb") as orders:
        for line in orders:
            run(shell, outlet, json.loads(line))
            if shell.leaving:
                break
    sys.stdout.flush()
    sys.stderr.flush()
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__


def run(shell: Any, outlet: Outlet, order: dict[str, Any]) -> None:
    """Run one cell: its outputs, its reply, and that it is idle."""
    outlet.id = order["id"]
    shell.set_parent({"header": {"msg_id": order["id"], "msg_type": "execute_request"}})
    outlet.send("status", {"execution_state": "busy"})
    count = shell.execution_count
    outlet.send("execute_input", {"code": order["code"], "execution_count": count})
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        result = shell.run_cell(order["code"], store_history=order["store_history"])
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        error = result.error_before_exec or result.error_in_exec
    except KeyboardInterrupt as interrupt:  # it came between the cell and its end
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        error = interrupt
    sys.stdout.flush()
    sys.stderr.flush()
    sys.__stdout__.flush()  # type: ignore[union-attr]
    sys.__stderr__.flush()  # type: ignore[union-attr]
    reply: dict[str, Any] = {"status": "ok", "execution_count": shell.execution_count - 1}
    if error is not None or shell._last_traceback_during_displayhook:
        reply |= {
            "status": "error",
            "ename": type(error).__name__,
            "evalue": str(error),
            "traceback": list(shell._last_traceback or []),
        }
    shell.payload_manager.clear_payload()
    outlet.send("execute_reply", reply)
    outlet.send("status", {"execution_state": "idle"})


def _language_info() -> dict[str, Any]:
    from ipykernel.ipkernel import IPythonKernel

    return dict(IPythonKernel.language_info)


def main() -> None:
    """``python -m studio_ext.kernels.shell FD``, where nothing can be forked."""
    from studio_ext.kernels.provisioner import launcher_argv

    link = int(sys.argv[1])
    sys.argv = launcher_argv([])
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    serve(link)
