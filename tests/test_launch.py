"""Starting and ending a daemon from outside it; the daemon itself is stood in for."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studio_ext import launch
from studio_ext.home import Home
from studio_ext.processes.identity import Identity

STAND_IN = """
import signal, sys, time
from studio_ext.files import write_json
from studio_ext.home import Home
from studio_ext.processes.identity import Identity
own = Identity.own()
if sys.argv[1] == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
write_json(Home.current().record, {"pid": own.pid, "started": own.started, "said": sys.argv[1:]})
time.sleep(100)
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    return Home(tmp_path / "home")


@pytest.fixture
def standing_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Have ``ensure`` start this code in place of the daemon's."""
    real = subprocess.Popen

    def use(code: str) -> None:
        def start(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
            assert command[:3] == [sys.executable, "-m", "studio_ext.daemon"]
            return real([sys.executable, "-c", code, *command[3:]], **options)

        monkeypatch.setattr(subprocess, "Popen", start)

    return use


def test_one_is_started_and_then_found(home: Home, standing_in: Callable[[str], None]) -> None:
    standing_in(STAND_IN)
    found = launch.ensure(home, ["--port", "1"])
    assert found["said"] == ["--port", "1"]
    assert launch.ensure(home, ["--port", "2"]) == found
    assert launch.end(home)
    assert not Identity(found["pid"], found["started"]).alive()
    assert not launch.end(home)


def test_one_that_does_not_listen_is_killed(home: Home, standing_in: Callable[[str], None]) -> None:
    standing_in(STAND_IN)
    found = launch.ensure(home, ["deaf"])
    assert launch.end(home, patience=0.2)
    assert not Identity(found["pid"], found["started"]).alive()


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("print('2026-01-01 10:00:00,1 ERROR port 1 is taken', flush=True); raise SystemExit(1)",
         "port 1 is taken"),
        ("raise ValueError('a bug')", "ValueError: a bug"),
        ("raise SystemExit(3)", "it said nothing"),
    ],
)  # fmt: skip
def test_why_it_did_not_start(
    home: Home, standing_in: Callable[[str], None], code: str, reason: str
) -> None:
    home.make()
    home.log.write_text("words of an earlier one\n")
    standing_in(code)
    with pytest.raises(launch.DaemonFailed) as failed:
        launch.ensure(home)
    assert str(failed.value) == f"the daemon did not start: {reason}; see {home.log}"


def test_one_that_never_serves(
    home: Home, standing_in: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "PATIENCE", 0.2)
    standing_in("print('still importing')")
    with pytest.raises(launch.DaemonFailed, match="did not start"):
        launch.ensure(home)


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--port", "0"],
        ["--port", "8080", "--grace", "2.5"],
        ["--root", "/", "--root", "/tmp", "--public-url", "https://host/studio"],
    ],
)
def test_options_are_handed_on_as_they_were_given(words: list[str]) -> None:
    parser = argparse.ArgumentParser()
    launch.arguments(parser)
    options = parser.parse_args(words)
    again = parser.parse_args(launch.handed(options))
    assert again == options
    assert bool(launch.handed(options)) is bool(words)


def test_daemons_that_ended_leave_no_zombies(
    home: Home, standing_in: Callable[[str], None]
) -> None:
    standing_in(STAND_IN)
    pids = []
    for _ in range(3):
        pids.append(launch.ensure(home, ["x"])["pid"])
        launch.end(home)
    assert [pid for pid in pids[:2] if Path(f"/proc/{pid}").exists()] == []
