"""The end of an attempt is on record whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from studio_ext.processes.identity import Identity
from studio_ext.runs import record
from studio_ext.runs.record import Exit

END = Exit(
    7, "failed", "why", {"model": "model.tar.gz"}, [{"name": "loss", "value": 1.0}], 3, (1.0, 2.0)
)


def test_an_end_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert Exit.read(tmp_path) is None
    END.write(tmp_path)
    assert Exit.read(tmp_path) == END
    assert [path.name for path in tmp_path.iterdir()] == [record.EXIT]
    Exit(8, "vanished").write(tmp_path)
    assert Exit.read(tmp_path) == Exit(8, "vanished")


def test_the_end_of_a_later_studio_is_read_too(tmp_path: Path) -> None:
    END.write(tmp_path)
    found = json.loads((tmp_path / record.EXIT).read_text())
    (tmp_path / record.EXIT).write_text(json.dumps({**found, "mood": "good"}))
    assert Exit.read(tmp_path) == END


def test_a_write_that_fails_leaves_the_old_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    END.write(tmp_path)

    def fail(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        Exit(8, "completed").write(tmp_path)
    monkeypatch.undo()
    assert Exit.read(tmp_path) == END
    assert [path.name for path in tmp_path.iterdir()] == [record.EXIT]


def test_a_runner_says_who_it_is(tmp_path: Path) -> None:
    assert record.announced(tmp_path) is None
    record.announce(tmp_path, Identity.own())
    assert record.announced(tmp_path) == Identity.own()


def test_a_torn_announcement_means_a_runner_that_is_dead(tmp_path: Path) -> None:
    (tmp_path / record.RUNNER).write_text("")
    who = record.announced(tmp_path)
    assert who is not None
    assert not who.alive()
