"""Running uv: its output line by line, its failure in its own words."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ..errors import StudioError
from . import indexes

Tell = Callable[[str], object]
KEPT, WORDS = 30, 800  # lines and characters of output, for the failure
# Of the process that asks; another interpreter must not take them for its own.
NOT_ITS_OWN = ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "VIRTUAL_ENV", "CONDA_PREFIX")


class EnvironmentFailed(StudioError):
    """An environment could not be made; the message is the tool's own."""


def uv() -> str:
    """The path of uv.

    Raises:
        EnvironmentFailed: it is not installed.
    """
    try:
        from uv import find_uv_bin

        return str(find_uv_bin())
    except (ImportError, FileNotFoundError):
        raise EnvironmentFailed(
            "environments are made by uv, which is not installed; run: pip install uv"
        ) from None


def pip(verb: str, *arguments: str) -> list[str]:
    """The command ``uv pip verb``, which takes packages from where the user's pip does."""
    return [uv(), "pip", verb, *indexes.flags(os.environ), *arguments]


def variables(env: Mapping[str, str]) -> dict[str, str]:
    """The environment of uv, and of an interpreter that it made."""
    kept = {name: value for name, value in env.items() if name not in NOT_ITS_OWN}
    plain = {"UV_NO_PROGRESS": "1", "NO_COLOR": "1", "PYTHONNOUSERSITE": "1"}
    return kept | indexes.variables(env) | plain


def run(command: Sequence[str], *, cwd: Path, what: str, tell: Tell) -> None:
    """Run ``command`` and hand on each line that it prints.

    It ends with us: whatever interrupts the wait kills it and what it started.

    Args:
        what: what it was meant to do, for the failure.

    Raises:
        EnvironmentFailed: it did not end well; its last lines.
    """
    last: deque[str] = deque(maxlen=KEPT)
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=variables(os.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if line.strip():
                last.append(line.rstrip())
                tell(last[-1])
        code = process.wait()
    finally:
        process.stdout.close()
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if code != 0:
        ended = f"signal {-code}" if code < 0 else f"code {code}"
        words = "\n".join(last)[-WORDS:] or f"{Path(command[0]).name} ended with {ended}"
        raise EnvironmentFailed(f"{what}: {words}")
