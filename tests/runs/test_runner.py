"""A runner takes its folder from orders to an end, and says in words what went wrong."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import v4

from studio_ext.bucket.folder import FolderObjects
from studio_ext.processes.bell import Bell
from studio_ext.processes.identity import Identity
from studio_ext.processes.lock import Lock
from studio_ext.runs import layout, record, runner
from studio_ext.runs.journal import read, read_log
from studio_ext.runs.record import Exit
from studio_ext.runs.spec import Spec

Go = Callable[..., Exit]


@pytest.fixture
def bucket(tmp_path: Path) -> FolderObjects:
    made = FolderObjects(tmp_path / "s3")
    made.create_bucket("bucket")
    return made


@pytest.fixture
def go(tmp_path: Path, bucket: FolderObjects) -> Go:
    """Run a notebook of one cell in a runner of its own; returns its end."""

    def go(source: str, *, send: str = "", **orders: Any) -> Exit:
        folder = tmp_path / "7"
        folder.mkdir()
        cell = v4.new_code_cell("size = 1", metadata={"tags": ["parameters"]})
        nb = v4.new_notebook(cells=[cell, v4.new_code_cell(source)])
        path = bucket.root / "bucket" / "mine.ipynb"
        path.write_text(nbformat.writes(nb))
        orders = {"notebook": "s3://bucket/mine.ipynb", "engine": "inprocess", **orders}
        spec = Spec(
            job="TrainingJob/a", token=7, bell=str(tmp_path / "bell"), grace=2.0,
            objects={"root": str(bucket.root)}, **orders,
        )  # fmt: skip
        spec.write(folder)
        with subprocess.Popen(
            [sys.executable, "-m", "studio_ext.runs.runner", str(folder)],
            env={**os.environ, "MY_PASSWORD": "hunter22"},
        ) as process:
            assert process.wait(120) == 0
        end = Exit.read(folder)
        assert end is not None
        assert end.token == 7
        assert not spec.sockets.exists()
        return end

    return go


def test_a_run_from_orders_to_end(go: Go, tmp_path: Path, bucket: FolderObjects) -> None:
    bell = Bell(tmp_path / "bell")
    (bucket.root / "bucket" / "old").mkdir()
    (bucket.root / "bucket" / "old" / "step.txt").write_text("3")
    end = go(
        "import os, pathlib\n"
        "assert size == 4\n"
        "step = int(pathlib.Path('checkpoints/step.txt').read_text())\n"
        "pathlib.Path('checkpoints/step.txt').write_text(str(step + 1))\n"
        "pathlib.Path('model/weights').write_text('w')\n"
        "pathlib.Path('output/data/result').write_text('r')\n"
        "print('loss=0.25', os.environ['MY_PASSWORD'])",
        hyperparameters={"size": "4"},
        metrics=[{"Name": "loss", "Regex": "loss=([0-9.]+)"}],
        checkpoints="s3://bucket/old/",
    )
    assert bell.hear() > 3
    bell.close()
    assert (end.outcome, end.reason, end.cell) == ("completed", "", None)
    assert set(end.files) == {"model", "output", "notebook"}
    assert [(metric["name"], metric["value"]) for metric in end.metrics] == [("loss", 0.25)]
    assert end.trained is not None
    assert end.trained[0] <= end.trained[1]
    folder = tmp_path / "7"
    with tarfile.open(folder / end.files["model"]) as archive:
        assert archive.getnames() == ["weights"]
    assert (bucket.root / "bucket/old/step.txt").read_text() == "4"
    assert "loss=0.25 ****" in [entry["m"] for entry in read_log(folder)]
    phases = [entry["name"] for entry in read(folder, "events.jsonl") if entry["event"] == "phase"]
    assert phases == ["Downloading", "Training"]


def test_a_failure_in_the_jobs_own_words(go: Go) -> None:
    end = go(
        "import pathlib\n"
        "pathlib.Path('model/weights').write_text('w')\n"
        "pathlib.Path('output/failure').write_text('the data are sour')\n"
        "raise ValueError('x')"
    )
    assert (end.outcome, end.cell) == ("failed", 2)
    assert end.reason == "AlgorithmError: the data are sour"
    assert set(end.files) == {"notebook"}


def test_a_notebook_that_is_not_there(go: Go) -> None:
    end = go("pass", notebook="s3://bucket/other.ipynb")
    assert end.outcome == "failed"
    assert end.reason == "ClientError: notebook s3://bucket/other.ipynb is not there"
    assert end.files == {}


def test_a_parameter_that_does_not_fit(go: Go) -> None:
    end = go("pass", hyperparameters={"size": "big"})
    assert end.outcome == "failed"
    assert end.reason.startswith("ClientError: parameter 'size' is 'big'; expected a whole number")


def test_a_second_runner_leaves_the_first_alone(tmp_path: Path) -> None:
    lock = Lock(tmp_path / record.LOCK)
    assert lock.take()
    before = os.getcwd()
    try:
        assert runner.main(str(tmp_path)) == 1
    finally:
        os.chdir(before)
        lock.release()
    assert [path.name for path in tmp_path.iterdir()] == [record.LOCK]


def test_secrets_are_known_by_their_names() -> None:
    found = runner.secrets({"DB_PASSWORD": "a", "aws_session_token": "b", "HOME": "c"})
    assert found == ["a", "b"]


def full(times: int, number: int = errno.ENOSPC) -> Callable[[Exit, Path], None]:
    """``Exit.write`` on a disk that is full for so many tries."""
    write, left = Exit.write, [None] * times

    def write_or_not(self: Exit, directory: Path) -> None:
        if left:
            left.pop()
            raise OSError(number, os.strerror(number))
        write(self, directory)

    return write_or_not


@pytest.mark.parametrize(
    ("times", "outcome", "gone"),
    [(0, "completed", []), (1, "completed", ["input/data"]),
     (2, "failed", ["input/data", "model"]), (4, "failed", ["input/data", "model"])],
)  # fmt: skip
def test_a_full_disk_costs_as_little_as_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int, outcome: str, gone: list[str]
) -> None:
    layout.make(tmp_path, {})
    monkeypatch.setattr(Exit, "write", full(times))
    runner._record(Exit(7, "completed", files={"model": "model.tar.gz"}), tmp_path)
    end = Exit.read(tmp_path)
    assert end is not None
    assert end.outcome == outcome
    assert (end.files == {}) == (outcome == "failed")
    assert ("No space left" in end.reason) == (outcome == "failed")
    assert [name for name in ("input/data", "model") if not (tmp_path / name).exists()] == gone


def test_a_folder_that_is_gone_holds_nobody(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        runner._record(Exit(7, "completed"), tmp_path / "gone")


def test_a_stop_while_staging_ends_it_at_once(
    tmp_path: Path, bucket: FolderObjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.getsignal(signal.SIGTERM)
    spec = Spec("a", 7, "s3://bucket/a.ipynb", str(tmp_path / "bell"), {"root": str(bucket.root)})

    def stage(self: runner.Run, objects: object) -> Path:
        Identity.own().send(signal.SIGTERM)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as nothing:
            nothing.bind("")
            nothing.settimeout(60)
            nothing.recv(1)
        raise AssertionError("the stop was not heard")

    monkeypatch.setattr(runner.Run, "_stage", stage)
    try:
        end = runner.Run(tmp_path, spec).run()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert (end.outcome, end.reason, end.files) == ("stopped", "", {})
