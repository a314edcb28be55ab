"""Process trees, read from /proc: who descends from whom, and ending all of them."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from pathlib import Path

from .identity import Process, look

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER, PR_GET_CHILD_SUBREAPER = 1, 36, 37
LINUX = sys.platform == "linux"
LISTS_CHILDREN = Path("/proc/thread-self/children").exists()


def everyone() -> dict[int, Process]:
    """All processes, by pid; empty where there is no /proc."""
    if not LINUX:
        return {}
    found = (look(int(name)) for name in os.listdir("/proc") if name.isdigit())
    return {process.pid: process for process in found if process is not None}


def _listed(pid: int) -> list[int]:
    """Children as Linux lists them: cheap, but not every kernel is built with it."""
    tasks = os.listdir(f"/proc/{pid}/task")
    texts = [Path(f"/proc/{pid}/task/{task}/children").read_text() for task in tasks]
    return [int(number) for text in texts for number in text.split()]


def _family() -> dict[int, list[int]]:
    """Every process's children, from one look at all of /proc."""
    below: dict[int, list[int]] = {}
    for process in everyone().values():
        below.setdefault(process.parent, []).append(process.pid)
    return below


def children(pid: int) -> list[int]:
    """Direct children of ``pid``, orphans it adopted as a subreaper among them."""
    if not LISTS_CHILDREN:
        return _family().get(pid, [])
    try:
        return _listed(pid)
    except OSError:
        return []


def descendants(pid: int) -> list[Process]:
    """Everything below ``pid``, parents before children, zombies left out.

    A process that detached itself (``setsid``) is still below its parent; one whose parent is gone
    is below the nearest subreaper.
    """
    family = None if LISTS_CHILDREN else _family()
    found: list[Process] = []
    queue = children(pid) if family is None else list(family.get(pid, ()))
    while queue:
        process = look(queue.pop(0))
        if process is not None:
            queue += children(process.pid) if family is None else family.get(process.pid, [])
            if not process.zombie:
                found.append(process)
    return found


def send(process: Process, signum: int) -> bool:
    """Signal exactly this process, never a later one with its number; False when it is gone."""
    try:
        pidfd = os.pidfd_open(process.pid)
    except (OSError, AttributeError):
        return False
    try:
        now = look(process.pid)
        if now is None or now.started != process.started:
            return False
        signal.pidfd_send_signal(pidfd, signum)
    except OSError:
        return False
    finally:
        os.close(pidfd)
    return True


def signals(pid: int, field: str) -> int:
    """The mask ``SigCgt`` (caught) or ``SigIgn`` (ignored) of a process; 0 when unknown."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1], 16)
    except OSError:
        pass
    return 0


def catches(pid: int, signum: int) -> bool:
    """Whether the process has a handler of its own for ``signum``."""
    return bool(signals(pid, "SigCgt") >> (signum - 1) & 1)


def ignores(pid: int, signum: int) -> bool:
    """Whether the process ignores ``signum``."""
    return bool(signals(pid, "SigIgn") >> (signum - 1) & 1)


def kill_below(pid: int, *, spare: frozenset[int] = frozenset(), timeout: float = 5.0) -> int:
    """SIGKILL everything below ``pid`` but the direct children ``spare`` and what is below those.

    Repeats until nothing is left, since what is killed may have forked meanwhile and orphans move
    to the subreaper. Children of the calling process are reaped. Returns how many were killed.
    """
    killed: set[Process] = set()
    deadline = time.monotonic() + timeout
    while True:
        direct = [number for number in children(pid) if number not in spare]
        rest = [below for number in direct for below in descendants(number)]
        for process in rest + [found for number in direct if (found := look(number))]:
            if not process.zombie and send(process, signal.SIGKILL):
                killed.add(process)
        if pid == os.getpid():
            for number in direct:
                reap(number)
        if not direct or time.monotonic() > deadline:
            return len({(process.pid, process.started) for process in killed})
        time.sleep(0.001)


def reap(pid: int) -> None:
    """Collect one dead child of ours; nothing when it lives or is not ours."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def bury() -> None:
    """Collect all dead children of ours, those among them that we were left with."""
    for pid in children(os.getpid()):
        process = look(pid)
        if process is not None and process.zombie:
            reap(pid)


def prctl(option: int, argument: int) -> bool:
    """Linux's prctl with one number; False elsewhere or when refused."""
    if not LINUX:
        return False
    return ctypes.CDLL(None, use_errno=True).prctl(option, argument, 0, 0, 0) == 0


def become_subreaper(on: bool = True) -> bool:
    """Make orphans among our descendants our children, so that none gets out of sight."""
    return prctl(PR_SET_CHILD_SUBREAPER, int(on))


def is_subreaper() -> bool:
    value = ctypes.c_int(0)
    if not LINUX:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    done = libc.prctl(PR_GET_CHILD_SUBREAPER, ctypes.byref(value), 0, 0, 0)
    return done == 0 and bool(value.value)


def die_with_parent() -> None:
    """Have the kernel kill this process when the thread that forked it ends."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def threads() -> int:
    """Operating system threads of this process, also those that Python does not know."""
    if LINUX:
        return len(os.listdir("/proc/self/task"))
    import threading

    return threading.active_count()
