"""A run, as the controller keeps it in mind; all of it can be found again on disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..processes.identity import Identity
from ..runs.journal import EVENTS, LOG, METRICS, Tail
from ..runs.record import Exit
from .contract import Progress

MARGIN = 600.0  # seconds beyond its time that a runner gets to pack what the job left


@dataclass(slots=True)
class Run:
    """One attempt that holds its job's lease.

    Attributes:
        region, key, name: the job's.
        since: epoch seconds at which it was claimed.
        who: the runner, None while nobody knows one.
        orphaned: an earlier daemon was at its start and ended; that says nothing about the job.
        busy: a task is at work on its start or its end.
        end: the end that it is to have because nobody else will write one.
        kill_at: monotonic seconds at which patience with a stop ends.
        limit: seconds after which even a silent runner is ended.
        shown, heard, heard_at: what was told of its progress; what of its output, and when.
    """

    token: int
    job_id: int
    kind: str
    folder: Path
    region: str = ""
    key: str = ""
    name: str = ""
    since: float = 0.0
    who: Identity | None = None
    orphaned: bool = False
    busy: bool = False
    end: Exit | None = None
    kill_at: float | None = None
    grace: float = 120.0
    limit: float = float("inf")
    progress: Progress | None = None
    shown: Progress | None = None
    heard: int = 0
    heard_at: float = float("-inf")
    _tail: Tail | None = field(default=None)

    def heed(self, orders: Mapping[str, Any]) -> None:
        """Take patience from the run's orders, as ``run.json`` has them."""
        self.grace = float(orders.get("grace", self.grace))
        longest = float(orders.get("max_runtime", float("inf")))
        self.limit = longest + self.grace + MARGIN

    def news(self) -> list[dict[str, Any]]:
        """Phases entered since the last call; progress is taken note of on the way.

        The job can write to these files too, so nothing is taken for granted.
        """
        if self._tail is None:
            self._tail = Tail(self.folder / EVENTS)
        phases = []
        for entry in self._tail.read():
            match entry:
                case {"event": "phase", "name": str(), "message": str(), "t": int() | float()}:
                    phases.append(entry)
                case {"event": "cell", "index": int(index), "of": int(of)}:
                    self.progress = Progress(index, of)
        return phases

    def printed(self) -> int:
        """Bytes of log and metrics so far."""
        return sum(_size(self.folder / name) for name in (LOG, METRICS))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
