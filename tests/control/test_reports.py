"""What runs do is told once, soon, and not too often."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio_ext.control.contract import Progress
from studio_ext.control.reports import Load, Reports
from studio_ext.control.run import Run
from studio_ext.runs.journal import QUIET, Journal


class Listener:
    def __init__(self) -> None:
        self.told: list[object] = []

    def moved(self, run: Run) -> None:
        self.told.append((run.name, run.progress))

    def printed(self, run: Run) -> None:
        self.told.append(run.name)

    def loaded(self, load: Load) -> None:
        self.told.append(load)


class Clock:
    """Time that moves by hand, and the looks that were asked for."""

    def __init__(self) -> None:
        self.now = 100.0
        self.asked: list[float] = []

    def __call__(self) -> float:
        return self.now

    def wake(self, seconds: float) -> None:
        self.asked.append(round(self.now + seconds, 6))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reports(clock: Clock) -> Reports:
    return Reports(clock.wake, Load(2, 0, 0), clock=clock)


@pytest.fixture
def listener(reports: Reports) -> Listener:
    made = Listener()
    reports.subscribe(made)
    return made


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(1, 1, "TrainingJob", tmp_path, name="a")


def test_a_cell_is_told_once(reports: Reports, listener: Listener, run: Run) -> None:
    reports.began(run)
    run.progress = Progress(1, 3)
    reports.of(run)
    reports.of(run)
    assert listener.told == [("a", None), ("a", Progress(1, 3))]


def test_load_is_told_when_it_changes(reports: Reports, listener: Listener) -> None:
    reports.loaded(Load(2, 0, 0))
    reports.loaded(Load(2, 1, 0))
    reports.loaded(Load(2, 1, 0))
    assert listener.told == [Load(2, 1, 0)]
    assert reports.load == Load(2, 1, 0)


def test_output_is_told_at_once_and_then_four_times_a_second(
    reports: Reports, listener: Listener, run: Run, clock: Clock, tmp_path: Path
) -> None:
    book = Journal(tmp_path)
    for step in range(200):
        book.text("stdout", f"line {step}\n")
        clock.now += 0.01
        reports.of(run)
    assert 8 <= len(listener.told) <= 9
    book.close()


def test_the_last_line_is_not_lost(
    reports: Reports, listener: Listener, run: Run, clock: Clock, tmp_path: Path
) -> None:
    """A runner does not ring for a line that follows another closely; a look is asked for."""
    book = Journal(tmp_path)
    book.text("stdout", "one\n")
    reports.of(run)
    assert clock.asked == [100.0 + QUIET]
    clock.now += 0.1
    book.text("stdout", "two\n")
    reports.of(run)  # somebody else woke us
    assert listener.told == ["a"]
    clock.now = 100.0 + QUIET
    reports.of(run)
    assert listener.told == ["a", "a"]
    clock.now += QUIET
    reports.of(run)
    assert listener.told == ["a", "a"]
    assert clock.asked[-1] == clock.now, "and then all is quiet"
    book.close()


def test_nobody_listens_so_nobody_looks(reports: Reports, run: Run, clock: Clock) -> None:
    Journal(run.folder).text("stdout", "one\n")
    reports.of(run)
    assert (run.heard, clock.asked) == (0, [])
