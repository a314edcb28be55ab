"""Everything a job started, however it tried to leave the family.

A process may call ``setsid`` or outlive its parent, so neither groups nor parents suffice. Two
things together do: the job's runner adopts orphans (it is a subreaper), and whatever the job
starts carries its mark. What is started by ``exec`` has it in its environment; a fork of a warm
process has the environment of that one, but it keeps the memory that its parent had mapped, so
the runner maps its lock file.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import signal
import time
from pathlib import Path

from .identity import Identity
from .tree import descendants, everyone

MARKER = "STUDIO_ATTEMPT"
MARK = "lock"  # the file in the attempt's folder that its processes have mapped

_mapped: list[mmap.mmap] = []


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
        below = [found.pid for carrier in carriers for found in descendants(carrier)]
        alive = {who for pid in [*carriers, *below] if (who := Identity.of(pid)) is not None}
        if not alive or time.monotonic() > patience:
            return len(killed)
        for who in alive:
            who.send(signal.SIGKILL)
        killed |= alive
        time.sleep(0.002)


def _carries(pid: int, variable: bytes, mapping: bytes) -> bool:
    with contextlib.suppress(OSError):
        with open(f"/proc/{pid}/environ", "rb") as file:
            if variable in file.read().split(b"\0"):
                return True
        with open(f"/proc/{pid}/maps", "rb") as file:
            return any(line.rstrip(b"\n").endswith(mapping) for line in file)
    return False
