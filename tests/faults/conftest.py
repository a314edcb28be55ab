"""A Studio for each module, and a table of how long recovering took."""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .contract import check_gone, check_home
from .studio import Studio

_times: dict[str, list[float]] = defaultdict(list)


@pytest.fixture
def recovered() -> Callable[[str, float], None]:
    """Note seconds between a kill and the job's end, under the victim's name."""
    return lambda victim, seconds: _times[victim].append(seconds)


@pytest.fixture(scope="session")
def root() -> Iterator[Callable[[], Path]]:
    """Makes folders with short paths: they hold sockets."""
    made: list[Path] = []

    def make() -> Path:
        made.append(Path(tempfile.mkdtemp(prefix="sf-")))
        return made[-1]

    yield make
    for path in made:
        if os.environ.get("STUDIO_KEEP") is None:
            shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def studio(root: Callable[[], Path]) -> Iterator[Studio]:
    """A running Studio with notebooks; at the end nothing of it may be left."""
    made = Studio(root())
    try:
        made.start()
        made.furnish()
        made.warm()
        yield made
        check_home(made)
        made.stop()
        check_gone(made)
    finally:
        made.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not _times:
        return
    terminalreporter.section("recovery: seconds from the kill to the job's end")
    for victim, times in sorted(_times.items()):
        median = statistics.median(times)
        terminalreporter.write_line(
            f"{victim:<14} {len(times):>4} kills   median {median:6.2f}   max {max(times):6.2f}"
        )
