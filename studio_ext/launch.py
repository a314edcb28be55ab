"""Starting and ending a home's daemon from outside it."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .errors import StudioError
from .home import Home
from .processes.identity import Identity

PATIENCE = 60.0
GRACE = 120.0  # seconds, as SageMaker

_started: set[int] = set()


class DaemonFailed(StudioError):
    """The daemon did not come up."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of a daemon, which ``studio start`` hands on."""
    parser.add_argument("--port", type=_port, help="listen here from now on; 0 takes a free port")
    parser.add_argument(
        "--root", action="append", default=[], type=_folder, metavar="DIR",
        help="a folder whose notebooks may be run by path; may be given again",
    )  # fmt: skip
    parser.add_argument(
        "--public-url", action="append", default=[], metavar="URL",
        help="where clients reach this Studio through a proxy; may be given again",
    )  # fmt: skip
    parser.add_argument(
        "--grace", type=float, metavar="SECONDS",
        help="between asking a job to stop and killing it (default 120, as SageMaker)",
    )  # fmt: skip


def handed(options: argparse.Namespace) -> list[str]:
    """What was asked for beyond the usual, as arguments; [] for nothing."""
    given: list[str] = []
    if options.port is not None:
        given += ["--port", str(options.port)]
    for root in options.root:
        given += ["--root", str(root.resolve())]
    for url in options.public_url:
        given += ["--public-url", url]
    if options.grace is not None:
        given += ["--grace", str(options.grace)]
    return given


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number < 1 << 16:
        raise ValueError(text)
    return number


def _folder(text: str) -> Path:
    if not Path(text).is_dir():
        raise ValueError(text)
    return Path(text)


_port.__name__, _folder.__name__ = "port", "folder"  # what argparse calls them


def ensure(home: Home, arguments: Sequence[str] = ()) -> dict[str, Any]:
    """The running daemon's record; starts one when there is none.

    Two callers at once get the same daemon: the second that is started finds the lock taken.

    Raises:
        DaemonFailed: ends with the last line of its log.
    """
    _bury()
    found = home.daemon()
    if found is not None:
        return found
    home.make()
    begun = home.log.stat().st_size if home.log.exists() else 0
    with open(home.log, "ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "studio_ext.daemon", *arguments],
            env={**os.environ, "STUDIO_HOME": str(home.root)},
            cwd=home.root,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    patience = time.monotonic() + PATIENCE
    while time.monotonic() < patience:
        found = home.daemon()
        if found is not None:
            _let_go(process)
            return found
        if process.poll() not in (None, 0):
            break
        time.sleep(0.02)
    with open(home.log, "rb") as log:
        log.seek(begun)
        words = log.read().decode(errors="replace").strip().splitlines()
    reason = words[-1].rpartition(" ERROR ")[2] if words else "it said nothing"
    raise DaemonFailed(f"the daemon did not start: {reason}; see {home.log}")


def _let_go(process: subprocess.Popen[bytes]) -> None:
    """Forget a process that goes on; ``_bury`` waits for it once it has ended."""
    if process.poll() is None:
        _started.add(process.pid)
        process.returncode = 0


def _bury() -> None:
    """Let no daemon that has ended stay behind as a zombie of a caller that lives on."""
    for pid in tuple(_started):
        try:
            ended = os.waitpid(pid, os.WNOHANG)[0] == pid
        except ChildProcessError:
            ended = True
        if ended:
            _started.discard(pid)


def end(home: Home, patience: float = 30.0) -> bool:
    """Ask the daemon to end; its jobs go on. False when there was none."""
    found = home.daemon()
    if found is None:
        return False
    who = Identity(found["pid"], found["started"])
    who.send(signal.SIGTERM)
    limit = time.monotonic() + patience
    while who.alive():
        if time.monotonic() > limit:
            who.send(signal.SIGKILL)
        time.sleep(0.02)
    return True
