"""Everything a job started, however it tried to leave the family.

A process may call ``setsid`` or outlive its parent, so neither groups nor parents suffice. Two
things together do: the job's runner adopts orphans (it is a subreaper), and whatever the job
starts carries its mark. What is started by ``exec`` has it in its environment; a fork of a warm
process has the environment of that one, but it keeps the memory that its parent had mapped, so
the runner maps its lock file.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from .identity import Identity, stat

MARKER = "STUDIO_ATTEMPT"
MARK = "lock"  # the file in the attempt's folder that its processes have mapped

_mapped: list[mmap.mmap] = []

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


def mark(directory: Path) -> None:
    """Make this process, and what it forks from now on, one of the attempt in ``directory``.

    Raises:
        OSError: as the system says.
    """
    with open(directory / MARK, "a+b") as file:
        if os.fstat(file.fileno()).st_size == 0:
            file.truncate(1)  # nothing of no length can be mapped
        _mapped.append(mmap.mmap(file.fileno(), 1, prot=mmap.PROT_READ))


def marked(directory: Path) -> list[int]:
    """Processes of the attempt in ``directory``, ourselves left out."""
    variable = f"{MARKER}={directory}".encode()
    mapping = f" {directory / MARK}".replace("\n", "\\012").encode()
    return [pid for pid in everyone() if pid != os.getpid() and _carries(pid, variable, mapping)]


def kill_marked(directory: Path) -> int:
    """SIGKILL the processes of the attempt in ``directory``, and theirs, until none is found.

    Returns:
        How many were killed.
    """
    killed: set[Identity] = set()
    patience = time.monotonic() + 10
    while True:
        carriers = marked(directory)
        below = [pid for carrier in carriers for pid in descendants(carrier)]
        alive = {who for pid in [*carriers, *below] if (who := Identity.of(pid)) is not None}
        if not alive or time.monotonic() > patience:
            return len(killed)
        for who in alive:
            who.send(signal.SIGKILL)
        killed |= alive
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


def bury() -> None:
    """Bury all children of ours that have ended, those among them that we were left with."""
    for pid in everyone():
        found = stat(pid)
        if found is not None and found.parent == os.getpid() and found.state == "Z":
            reap([pid])


def _carries(pid: int, variable: bytes, mapping: bytes) -> bool:
    with contextlib.suppress(OSError):
        with open(f"/proc/{pid}/environ", "rb") as file:
            if variable in file.read().split(b"\0"):
                return True
        with open(f"/proc/{pid}/maps", "rb") as file:
            return any(line.rstrip(b"\n").endswith(mapping) for line in file)
    return False
