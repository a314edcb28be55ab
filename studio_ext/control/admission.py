"""Who may start now: first come, first served, as far as cores and memory reach."""

from __future__ import annotations

import os

from .contract import Needs


def machine() -> Needs:
    """What this machine has for jobs: the cores we may use, and its memory."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Needs(int(os.environ.get("STUDIO_CORES") or cores or 1), memory)


class Admission:
    """Keeps account of what running attempts occupy.

    A demand above the machine's is cut to it, so that any job runs, alone if need be.
    """

    def __init__(self, capacity: Needs) -> None:
        self.capacity = capacity
        self._held: dict[int, Needs] = {}

    @property
    def used(self) -> Needs:
        held = self._held.values()
        return Needs(sum(n.cores for n in held), sum(n.memory for n in held))

    def fits(self, needs: Needs) -> bool:
        """Whether there is room now."""
        wanted, used = self._cut(needs), self.used
        return (
            used.cores + wanted.cores <= self.capacity.cores
            and used.memory + wanted.memory <= self.capacity.memory
        )

    def hold(self, token: int, needs: Needs) -> None:
        """Occupy room for an attempt, whether it fits or, being adopted, runs already."""
        self._held[token] = self._cut(needs)

    def release(self, token: int) -> None:
        self._held.pop(token, None)

    def _cut(self, needs: Needs) -> Needs:
        return Needs(min(needs.cores, self.capacity.cores), min(needs.memory, self.capacity.memory))
