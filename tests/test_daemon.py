"""The daemon ends when it should, by itself if need be."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from studio_ext.home import Home
from studio_ext.launch import end, ensure
from studio_ext.processes.identity import Identity


def test_a_daemon_does_not_outlive_its_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    home = Home(tmp_path / "home")
    found = ensure(home)
    who = Identity(found["pid"], found["started"])
    try:
        shutil.rmtree(home.root, ignore_errors=True)
        patience = time.monotonic() + 60
        while who.alive() and time.monotonic() < patience:
            time.sleep(0.1)
        assert not who.alive()
    finally:
        end(home)
