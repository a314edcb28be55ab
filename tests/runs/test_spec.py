"""A runner's orders: one file, which only its owner reads."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from studio_ext.runs import spec
from studio_ext.runs.spec import Spec

ORDERS = Spec("TrainingJob/a", 4, "s3://b/a.ipynb", "/run/studio/bell", {"root": "/s3"}, grace=3)


def test_orders_are_read_as_they_were_written(tmp_path: Path) -> None:
    ORDERS.write(tmp_path)
    assert Spec.read(tmp_path) == ORDERS
    assert stat.S_IMODE((tmp_path / spec.FILE).stat().st_mode) == 0o600


def test_a_folder_without_orders_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"run\.json is missing"):
        Spec.read(tmp_path)


def test_sockets_are_beside_the_bell_and_each_attempts_own() -> None:
    assert ORDERS.sockets == Path("/run/studio/run-4")
