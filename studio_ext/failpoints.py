"""Named steps at which a test can hold a process and kill whom it likes.

With ``STUDIO_FAILPOINTS`` naming a folder, a process that reaches the step ``x`` while the file
``x`` is in that folder writes ``x.reached`` and waits until ``x`` is gone. Without the variable a
step costs one dictionary look-up.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

VARIABLE = "STUDIO_FAILPOINTS"
PATIENCE = 60.0

STEPS = (
    "api.recorded",
    "control.claimed",
    "control.prepared",
    "control.started",
    "control.asked",
    "runner.locked",
    "runner.announced",
    "runner.staged",
    "runner.cell",
    "runner.executed",
    "runner.packed",
    "runner.exited",
    "control.read",
    "control.published",
    "control.swept",
    "control.settled",
)


def failpoint(name: str) -> None:
    """Reach the step ``name``."""
    folder = os.environ.get(VARIABLE)
    if not folder:
        return
    assert name in STEPS, f"{name!r} is no step; expected one of {STEPS}"
    armed = Path(folder, name)
    if not armed.exists():
        return
    Path(folder, f"{name}.reached").write_text(str(os.getpid()))
    patience = time.monotonic() + PATIENCE
    while armed.exists() and time.monotonic() < patience:
        time.sleep(0.005)
