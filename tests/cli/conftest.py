"""The command, called in this process or as one of its own, on the daemon that all share."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from studio_ext.cli import main

from ..daemon import Studio

Verb = Callable[..., tuple[int, str, str]]


@pytest.fixture
def studio(capsys: pytest.CaptureFixture[str]) -> Verb:
    """Run ``studio WORDS…`` here; its exit code, output and errors."""

    def run(*words: object) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            code = main([str(word) for word in words])
        except SystemExit as left:
            code = int(str(left.code or 0))
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def at_home(served: Studio, monkeypatch: pytest.MonkeyPatch) -> Studio:
    """This process's home is that of the daemon that all share."""
    monkeypatch.setenv("STUDIO_HOME", str(served.home.root))
    return served


def process(*words: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, as text."""
    return subprocess.run(
        words, capture_output=True, text=True, timeout=120, check=False, **options  # type: ignore
    )  # fmt: skip


STUDIO = (sys.executable, "-c", "import sys; from studio_ext.cli import main; sys.exit(main())")
"""The command as a process of its own, whether or not it is installed."""


def clean(**more: str) -> dict[str, str]:
    """An environment without anything of Studio or AWS."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("STUDIO_", "AWS_"))}
    return {**kept, **more}
