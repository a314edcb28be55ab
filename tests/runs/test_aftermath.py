"""A run without a runner is closed once, whoever comes late."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from studio_ext.processes import marks
from studio_ext.processes.identity import Identity
from studio_ext.processes.lock import Lock
from studio_ext.runs import aftermath, layout, record, runner
from studio_ext.runs.record import Exit
from studio_ext.runs.spec import Spec

GONE = Exit(5, "vanished", "it is gone")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "5"
    made.mkdir()
    layout.make(made, {})
    spec = Spec("TrainingJob/a", 5, "a.ipynb", str(tmp_path / "run/bell"), {"root": "/s3"})
    spec.write(made)
    return made


def leave_things(folder: Path) -> None:
    (folder / "model/weights.bin").write_bytes(b"w")
    (folder / "output/data/result.txt").write_text("r")
    (folder / ".studio_77_a").write_text("half")
    sockets = Spec.read(folder).sockets
    sockets.mkdir(parents=True)
    (sockets / "k-1").touch()


def test_a_folder_that_is_gone_has_the_end_it_is_given(tmp_path: Path) -> None:
    assert aftermath.close(tmp_path / "nothing", GONE) == GONE
    assert not (tmp_path / "nothing").exists()


def test_what_never_began_publishes_nothing(folder: Path) -> None:
    leave_things(folder)
    assert aftermath.close(folder, GONE) == GONE
    assert Exit.read(folder) == GONE
    assert not Spec.read(folder).sockets.exists()
    assert list(folder.glob(".studio_*")) == []


@pytest.mark.parametrize("model", [False, True])
def test_what_was_cut_short_publishes_what_it_may(folder: Path, model: bool) -> None:
    leave_things(folder)
    record.announce(folder, record.NOBODY)
    end = aftermath.close(folder, GONE, model=model)
    assert isinstance(end, Exit)
    assert set(end.files) == ({"output", "model"} if model else {"output"})
    assert end.reason == GONE.reason
    assert Exit.read(folder) == end


def test_an_end_that_is_there_stays(folder: Path) -> None:
    told = Exit(5, "completed", files={"notebook": "notebook.ipynb"})
    told.write(folder)
    assert aftermath.close(folder, GONE, model=True) == told
    assert Exit.read(folder) == told


def test_a_runner_that_lives_after_all_is_found_and_left_alone(folder: Path) -> None:
    lock = Lock(folder / record.LOCK)
    assert lock.take()
    record.announce(folder, Identity.own())
    assert aftermath.close(folder, GONE) == Identity.own()
    assert Exit.read(folder) is None
    lock.release()


def test_a_runner_that_comes_late_finds_the_end_and_goes(folder: Path) -> None:
    aftermath.close(folder, GONE)
    before = os.getcwd()
    try:
        assert runner.main(str(folder)) == 0
    finally:
        os.chdir(before)
    assert record.announced(folder) is None
    assert Exit.read(folder) == GONE


def test_what_the_dead_runner_started_is_ended(folder: Path) -> None:
    code = "import time; print('here', flush=True); time.sleep(600)"
    with subprocess.Popen(
        [sys.executable, "-ISc", code],
        env={marks.MARKER: str(folder)},
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        aftermath.close(folder, GONE)
        assert Identity.of(child.pid) is None
        child.returncode = -9  # it is buried already


def test_who_holds_the_lock_and_says_nothing_is_ended(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aftermath, "PATIENCE", 0.2)
    code = (
        "import sys, time; from pathlib import Path;"
        "from studio_ext.processes.lock import Lock;"
        "lock = Lock(Path(sys.argv[1], 'lock')); print(lock.take(), flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(folder)],
        env={**os.environ, marks.MARKER: str(folder)},
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"True\n"
        assert aftermath.close(folder, GONE) == GONE
        assert Identity.of(holder.pid) is None
        holder.returncode = -9


def test_no_room_for_archives_still_ends_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    leave_things(folder)
    record.announce(folder, record.NOBODY)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(aftermath.packing, "pack", full)
    assert aftermath.close(folder, GONE) == GONE
