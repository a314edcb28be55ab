"""What runs do, told to whoever listens as it is noticed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ..runs.journal import QUIET
from .run import Run


@dataclass(frozen=True, slots=True)
class Load:
    """How full the machine is.

    Attributes:
        cores: what it has for jobs.
        busy: those that running attempts hold.
        waiting: jobs that there is no room for; some hundreds stand for any more.
    """

    cores: int
    busy: int
    waiting: int


class Audience(Protocol):
    """Who is told, on the event loop's thread. It returns at once and raises nothing."""

    def moved(self, run: Run) -> None:
        """A run began, or is at another cell."""
        ...

    def printed(self, run: Run) -> None:
        """A run's log or metrics grew."""
        ...

    def loaded(self, load: Load) -> None:
        """The machine is fuller, or emptier."""
        ...


class Reports:
    """Tells audiences each thing once, and output of a run four times a second at most.

    Args:
        wake: brings about another look at every run.
        clock: seconds, never going back.
    """

    def __init__(
        self,
        wake: Callable[[float], object],
        load: Load,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wake, self._clock = wake, clock
        self._audiences: list[Audience] = []
        self.load = load

    def subscribe(self, audience: Audience) -> None:
        self._audiences.append(audience)

    def began(self, run: Run) -> None:
        for each in self._audiences:
            each.moved(run)

    def of(self, run: Run) -> None:
        """Tell what is new of a run whose news were just read."""
        if run.progress != run.shown:
            run.shown = run.progress
            for each in self._audiences:
                each.moved(run)
        if self._audiences:
            self._printed(run)

    def loaded(self, load: Load) -> None:
        if load != self.load:
            self.load = load
            for each in self._audiences:
                each.loaded(load)

    def _printed(self, run: Run) -> None:
        size = run.printed()
        if size == run.heard:
            return
        left = run.heard_at + QUIET - self._clock()
        if left > 0:
            self._wake(left)
            return
        run.heard, run.heard_at = size, self._clock()
        for each in self._audiences:
            each.printed(run)
        self._wake(QUIET)  # a runner does not ring for what follows within that time
