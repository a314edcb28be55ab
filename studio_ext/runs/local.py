"""Runners on this machine: forked from a warm process, or started cold where that cannot be."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from ..processes.identity import Identity

log = logging.getLogger(__name__)

TARGET = "studio_ext.runs.runner:main"
OUTPUT = "runner.log"


class Forks(Protocol):
    """Where a warm runner comes from."""

    def fork(
        self, target: str, args: list[str], *, env: Mapping[str, str], cwd: Path, output: int
    ) -> int | None:
        """Fork a call of ``target``; returns its pid, None when a cold start is to be made."""
        ...


class LocalExecutor:
    """Starts runners as processes of this machine; they outlive the daemon."""

    def __init__(self, forks: Forks | None = None) -> None:
        self._forks = forks

    async def start(self, directory: Path, environment: Mapping[str, str]) -> Identity:
        """Raises OSError when no process can be made."""
        return await asyncio.to_thread(self._start, directory, environment)

    def _start(self, directory: Path, environment: Mapping[str, str]) -> Identity:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        output = os.open(directory / OUTPUT, flags, 0o600)
        try:
            pid = None
            if self._forks is not None:
                pid = self._forks.fork(
                    TARGET, [str(directory)], env=environment, cwd=directory, output=output
                )
            if pid is None:
                pid = _cold(directory, environment, output)
        finally:
            os.close(output)
        # A runner may be gone before we look; its record speaks for it then.
        return Identity.of(pid) or Identity(pid, -1)


def _cold(directory: Path, environment: Mapping[str, str], output: int) -> int:
    runner = subprocess.Popen(
        [sys.executable, "-m", "studio_ext.runs.runner", str(directory)],
        env=dict(environment),
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )
    runner.returncode = 0  # the controller waits for it by pidfd; Popen must not
    return runner.pid
