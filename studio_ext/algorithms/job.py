"""What a training job's notebook finds around it: resources, checkpoints, the log."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

FLUSH_SECONDS = 0.1
SMALL = 2_000_000  # cells below which a second thread costs more than it saves


_flushed = 0.0


def log(message: str) -> None:
    """One line of the job's log; lines in quick succession travel together.

    A message of its own for each of thousands of rounds would cost more than the rounds. A kernel
    sends what is left within a fifth of a second, a process when it ends.
    """
    global _flushed
    now = time.monotonic()
    flush = now - _flushed > FLUSH_SECONDS
    print(message, flush=flush)
    if flush:
        _flushed = now


def cores() -> int:
    """The cores that the job may use: ``SM_NUM_CPUS``, else those this process may run on."""
    text = os.environ.get("SM_NUM_CPUS", "")
    if text.isdecimal() and int(text) > 0:
        return int(text)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def threads(cells: int) -> int:
    """How many threads to train with on a matrix of ``cells`` numbers.

    One for small data: threads that wait for each other on cores shared with other jobs can make
    a job several times slower, and below this size they gain nothing.
    """
    return 1 if cells < SMALL else cores()


def checkpoint_directory() -> Path | None:
    """Where checkpoints go and are resumed from; None when the job asked for none.

    A job with a ``CheckpointConfig`` has ``input/config/checkpointconfig.json`` under its
    directory, which is the working directory. ``SM_CHECKPOINT_DIR`` says where the checkpoints
    are, else that file's ``LocalPath``.
    """
    config = Path("input/config/checkpointconfig.json")
    if not config.is_file():
        return None
    path = os.environ.get("SM_CHECKPOINT_DIR") or json.loads(config.read_text()).get("LocalPath")
    return Path(path) if path else None


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Let ``write`` fill a temporary file beside ``path``, then put it in place in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        write(part)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
