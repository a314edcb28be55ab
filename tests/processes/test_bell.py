"""A ring is heard, never waited for, and says nothing."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio_ext.processes.bell import Bell, ring


@pytest.fixture
def bell(tmp_path: Path) -> Iterator[Bell]:
    made = Bell(tmp_path / "bell")
    yield made
    made.close()


def test_rings_are_heard_once(bell: Bell) -> None:
    assert bell.hear() == 0
    assert ring(bell.path)
    assert ring(str(bell.path))
    assert bell.hear() == 2
    assert bell.hear() == 0


def test_nobody_at_home_is_no_error(tmp_path: Path) -> None:
    assert not ring(tmp_path / "nothing")
    (tmp_path / "file").touch()
    assert not ring(tmp_path / "file")


def test_a_full_queue_does_not_hold_the_ringer(bell: Bell) -> None:
    rings = 0
    while ring(bell.path):
        rings += 1
        assert rings < 100_000
    assert bell.hear() == rings > 0
    assert ring(bell.path)


def test_it_replaces_a_dead_one_and_leaves_nothing(tmp_path: Path) -> None:
    dead = Bell(tmp_path / "bell")
    alive = Bell(tmp_path / "bell")
    assert ring(tmp_path / "bell")
    assert (alive.hear(), dead.hear()) == (1, 0)
    assert stat.S_IMODE((tmp_path / "bell").stat().st_mode) == 0o600
    alive.close()
    assert not (tmp_path / "bell").exists()
    dead.close()
