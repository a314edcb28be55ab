"""Closing a run whose runner did not: it was killed, or never began."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
import time
from pathlib import Path

from ..processes import marks, tree
from ..processes.identity import Identity
from ..processes.lock import Lock
from . import packing, record
from .record import Exit
from .spec import Spec

PATIENCE = 30.0  # seconds for a runner that holds the lock to say who it is


def close(folder: Path, end: Exit, *, model: bool = False) -> Exit | Identity:
    """End what is left of the run in ``folder`` and write ``end`` in the runner's stead.

    It is done under the runner's lock, so that a runner that comes late finds the end and goes.

    Args:
        model: ``model/`` is published although the run did not complete.

    Returns:
        The end that is on record now, or who runs there: somebody is alive after all.

    Raises:
        OSError: the end cannot be written.
    """
    if not folder.exists():
        return end
    lock = Lock(folder / record.LOCK)
    patience = time.monotonic() + PATIENCE
    while not lock.take():
        who = record.announced(folder)
        if who is not None and who.alive():
            return who
        if time.monotonic() > patience:
            marks.kill_marked(folder)
        time.sleep(0.01)
    try:
        marks.kill_marked(folder)
        tree.bury()
        packing.sweep(folder)
        with contextlib.suppress(OSError, ValueError, TypeError):
            spec = Spec.read(folder)
            shutil.rmtree(spec.sockets, ignore_errors=True)
            spec.console.unlink(missing_ok=True)
        found = Exit.read(folder)
        if found is None:
            found = dataclasses.replace(end, files=_leavings(folder, model))
            found.write(folder)
        return found
    finally:
        lock.release()


def _leavings(folder: Path, model: bool) -> dict[str, str]:
    """What of a run that was cut short is published: what can be packed."""
    if record.announced(folder) is None:
        return {}
    try:
        return packing.pack(folder, model=model)
    except OSError:
        return {}
