"""Everything a job started, however it tried to leave the family.

A process may call ``setsid`` or outlive its parent, so neither groups nor parents suffice. Two
things together do: the job's runner adopts orphans (it is a subreaper), and whatever the job
starts carries its marker, in the environment it was started with or as an open file in the job's
directory.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from .identity import Identity, stat

MARKER = "STUDIO_ATTEMPT"

_SET_PDEATHSIG, _SET_CHILD_SUBREAPER = 1, 36


def adopt_orphans() -> None:
    """Make this process the parent of every descendant whose own parent ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with_parent(number: signal.Signals = signal.SIGKILL) -> None:
    """Get ``number`` when the thread that started this process ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PDEATHSIG, int(number), 0, 0, 0)


def everyone() -> Iterator[int]:
    for name in os.listdir("/proc"):
        if name.isdigit():
            yield int(name)


def descendants(root: int) -> list[int]:
    """All living descendants, parents before children."""
    children = defaultdict(list)
    for pid in everyone():
        found = stat(pid)
        if found is not None:
            children[found.parent].append(pid)
    order, queue = [], [root]
    while queue:
        queue = [child for parent in queue for child in children[parent]]
        order += queue
    return order


def marked(directory: Path) -> list[int]:
    """Processes of the attempt in ``directory``: by environment, or by a file held open in it."""
    needle = f"{MARKER}={directory}".encode()
    inside = f"{directory}/"
    return [pid for pid in everyone() if pid != os.getpid() and _carries(pid, needle, inside)]


def kill_marked(directory: Path) -> int:
    """SIGKILL the processes of the attempt in ``directory`` until none is found.

    Returns:
        How many were killed.
    """
    killed: set[Identity] = set()
    patience = time.monotonic() + 10
    while True:
        alive = {who for pid in marked(directory) if (who := Identity.of(pid)) is not None}
        if not alive or time.monotonic() > patience:
            return len(killed)
        for who in alive:
            who.send(signal.SIGKILL)
        killed |= alive
        reap(who.pid for who in alive)
        time.sleep(0.002)


def kill_descendants(root: int) -> int:
    """SIGKILL every descendant of ``root`` until it has none."""
    killed = 0
    patience = time.monotonic() + 10
    while pids := [pid for pid in descendants(root) if Identity.of(pid) is not None]:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
                killed += 1
        reap(pids)
        if time.monotonic() > patience:
            break
        time.sleep(0.002)
    return killed


def reap(pids: Iterable[int]) -> None:
    """Bury those of ``pids`` that are our children and have ended."""
    for pid in pids:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


def _carries(pid: int, needle: bytes, inside: str) -> bool:
    with contextlib.suppress(OSError):
        with open(f"/proc/{pid}/environ", "rb") as file:
            if needle in file.read().split(b"\0"):
                return True
        for name in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                if os.readlink(f"/proc/{pid}/fd/{name}").startswith(inside):
                    return True
    return False
