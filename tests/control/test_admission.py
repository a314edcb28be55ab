"""Room is given as far as it reaches, and given back."""

from __future__ import annotations

import pytest

from studio_ext.control.admission import Admission, machine
from studio_ext.control.contract import Needs


def test_room_is_held_and_released() -> None:
    room = Admission(Needs(4, 100))
    assert room.fits(Needs(3, 50))
    room.hold(1, Needs(3, 50))
    assert room.used == Needs(3, 50)
    assert not room.fits(Needs(2, 10)), "cores are short"
    assert not room.fits(Needs(1, 60)), "memory is short"
    assert room.fits(Needs(1, 50))
    room.release(1)
    room.release(1)
    assert room.used == Needs(0, 0)


def test_a_demand_above_the_machine_runs_alone() -> None:
    room = Admission(Needs(4, 100))
    giant = Needs(96, 10_000)
    assert room.fits(giant)
    room.hold(1, giant)
    assert room.used == Needs(4, 100)
    assert not room.fits(Needs(1, 1))
    room.release(1)
    room.hold(2, Needs(1, 1))
    assert not room.fits(giant)


def test_what_runs_already_is_held_although_it_does_not_fit() -> None:
    room = Admission(Needs(1, 10))
    room.hold(1, Needs(1, 10))
    room.hold(2, Needs(1, 10))
    assert room.used == Needs(2, 20)
    room.release(2)
    assert not room.fits(Needs(1, 1))


def test_the_machine_can_be_made_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_CORES", "3")
    assert machine().cores == 3
    monkeypatch.delenv("STUDIO_CORES")
    assert machine().cores >= 1
    assert machine().memory > 1 << 28
