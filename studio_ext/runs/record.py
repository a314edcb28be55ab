"""How an attempt ended: the file whose presence is the end."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from ..files import read_json, write_json
from ..processes import marks
from ..processes.identity import Identity

EXIT, RUNNER, LOCK = "exit.json", "runner.json", marks.MARK

NOBODY = Identity(-1, -1)

Outcome = Literal["completed", "failed", "stopped", "timeout", "vanished"]


@dataclass(frozen=True, slots=True)
class Exit:
    """Written once, by the runner as its last act or by whoever finds the runner gone.

    Attributes:
        token: the attempt's fencing token; a record of another attempt counts for nothing.
        reason: why it did not complete, for people.
        files: what to publish: ``model``, ``output`` and ``notebook`` to paths in the folder.
        metrics: the last value of each metric.
        cell: the cell that failed, counted from 1.
        trained: epoch seconds at which the notebook started and ended.
    """

    token: int
    outcome: Outcome
    reason: str = ""
    files: dict[str, str] = field(default_factory=dict)
    metrics: list[dict[str, Any]] = field(default_factory=list)
    cell: int | None = None
    trained: tuple[float, float] | None = None

    def write(self, directory: Path) -> None:
        write_json(directory / EXIT, asdict(self), sync=True)

    @classmethod
    def read(cls, directory: Path) -> Exit | None:
        found = read_json(directory / EXIT)
        if found is None:
            return None
        known = {each.name for each in fields(cls)}  # a later Studio's runner may say more
        found = {name: value for name, value in found.items() if name in known}
        trained = found.pop("trained", None)
        return cls(**found, trained=None if trained is None else (trained[0], trained[1]))


def announce(directory: Path, who: Identity) -> None:
    """Say who runs this attempt, so that a daemon that did not start it can find it."""
    write_json(directory / RUNNER, {"pid": who.pid, "started": who.started})


def announced(directory: Path) -> Identity | None:
    """Who runs or ran this attempt; None when nobody has begun to."""
    try:
        found = read_json(directory / RUNNER)
    except ValueError:  # a power cut came between the name and the bytes
        return NOBODY
    return None if found is None else Identity(found["pid"], found["started"])
