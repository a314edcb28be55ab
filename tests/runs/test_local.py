"""A runner is forked where that can be, started cold where not, and either way on its own."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping
from pathlib import Path

import pytest

from studio_ext.processes import marks
from studio_ext.processes.identity import Identity
from studio_ext.runs import local
from studio_ext.runs.local import LocalExecutor


class Forks:
    """Forks nothing: starts a process that sleeps, if it is told to."""

    def __init__(self, willing: bool) -> None:
        self.willing = willing
        self.asked: list[tuple[str, list[str]]] = []

    def fork(
        self, target: str, args: list[str], *, env: Mapping[str, str], cwd: Path, output: int
    ) -> int | None:
        self.asked.append((target, args))
        if not self.willing:
            return None
        os.write(output, b"forked")
        return os.posix_spawn("/bin/sleep", ["sleep", "600"], {})


def start(forks: Forks | None, folder: Path) -> Identity:
    environment = {**os.environ, marks.MARKER: str(folder)}
    return asyncio.run(LocalExecutor(forks).start(folder, environment))


def end(who: Identity) -> int:
    who.send(signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(who.pid, 0)[1])


def test_a_runner_is_forked(tmp_path: Path) -> None:
    forks = Forks(willing=True)
    who = start(forks, tmp_path)
    assert forks.asked == [(local.TARGET, [str(tmp_path)])]
    assert who.alive()
    assert end(who) == -signal.SIGKILL
    assert (tmp_path / local.OUTPUT).read_bytes() == b"forked"


def test_a_runner_is_started_cold_in_its_own_session(tmp_path: Path) -> None:
    forks = Forks(willing=False)
    who = start(forks, tmp_path)
    assert len(forks.asked) == 1
    assert os.getsid(who.pid) == who.pid
    assert marks.marked(tmp_path) == [who.pid]
    assert os.waitstatus_to_exitcode(os.waitpid(who.pid, 0)[1]) == 1, "there are no orders"
    words = (tmp_path / local.OUTPUT).read_text()
    assert words.rstrip().endswith("run.json is missing")


def test_no_process_can_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local.sys, "executable", str(tmp_path / "nothing"))
    with pytest.raises(FileNotFoundError, match="nothing"):
        start(None, tmp_path)


def test_a_runner_that_is_gone_at_once_is_known_as_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "_cold", lambda *_: 2**22 + 1)  # beyond Linux's highest pid
    assert not start(None, tmp_path).alive()
