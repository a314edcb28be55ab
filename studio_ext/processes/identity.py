"""Telling a process from a later one that got its number."""

from __future__ import annotations

import contextlib
import os
import signal
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """A process: its number and its start, in clock ticks since boot."""

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> Identity | None:
        """The process that has the number now; None when there is none, or only its corpse."""
        found = look(pid)
        if found is None or found.zombie:
            return None
        return cls(pid, found.started)

    @classmethod
    def own(cls) -> Identity:
        found = cls.of(os.getpid())
        assert found is not None
        return found

    def alive(self) -> bool:
        return Identity.of(self.pid) == self

    def age(self) -> float:
        """Seconds since it started, whatever the wall clock does."""
        with open("/proc/uptime") as file:
            uptime = float(file.read().split()[0])
        return max(0.0, uptime - self.started / os.sysconf("SC_CLK_TCK"))

    def open(self) -> int | None:
        """A pidfd, which no later process can take over; None when it has ended."""
        try:
            descriptor = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return None
        if self.alive():
            return descriptor
        os.close(descriptor)
        return None

    def send(self, number: signal.Signals) -> bool:
        """Signal it and nobody else. False when it has ended."""
        descriptor = self.open()
        if descriptor is None:
            return False
        try:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(descriptor, number)
        finally:
            os.close(descriptor)
        return True


@dataclass(frozen=True, slots=True)
class Process:
    """What ``/proc/<pid>/stat`` says, as far as we ask."""

    pid: int
    state: str
    parent: int
    group: int
    session: int
    started: int

    @property
    def zombie(self) -> bool:
        """It has ended and waits to be collected."""
        return self.state in "ZX"


def look(pid: int) -> Process | None:
    """One process's line, None when there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            text = file.read().decode(errors="replace")
    except OSError:
        return None
    fields = text[text.rindex(")") + 2 :].split()  # the name before may hold spaces and brackets
    return Process(pid, fields[0], int(fields[1]), int(fields[2]), int(fields[3]), int(fields[19]))
