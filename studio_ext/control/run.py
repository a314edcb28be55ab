"""A run, as the controller keeps it in mind; all of it can be found again on disk."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..processes.identity import Identity
from ..runs.journal import EVENTS, Tail
from .contract import Progress


@dataclass(slots=True)
class Run:
    """One attempt that holds its job's lease.

    Attributes:
        who: the runner, None while it is being started.
        settling: somebody is at work on its end.
        kill_at: monotonic seconds at which patience with a stop ends.
        limit: seconds after which even a silent runner is ended.
    """

    token: int
    job_id: int
    kind: str
    folder: Path
    who: Identity | None = None
    settling: bool = False
    kill_at: float | None = None
    grace: float = 120.0
    limit: float = float("inf")
    progress: Progress | None = None
    _tail: Tail | None = field(default=None)

    def news(self) -> list[dict[str, Any]]:
        """Phases entered since the last call; progress is taken note of on the way."""
        if self._tail is None:
            self._tail = Tail(self.folder / EVENTS)
        phases = []
        for entry in self._tail.read():
            if entry.get("event") == "phase":
                phases.append(entry)
            elif entry.get("event") == "cell":
                self.progress = Progress(entry["index"], entry["of"])
        return phases
