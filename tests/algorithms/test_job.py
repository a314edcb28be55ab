from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from studio_ext.algorithms import job


def test_cores_are_those_of_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SM_NUM_CPUS", "3")
    assert job.cores() == 3
    assert job.threads(job.SMALL) == 3
    assert job.threads(100) == 1
    monkeypatch.setenv("SM_NUM_CPUS", "many")
    assert job.cores() == len(os.sched_getaffinity(0))


def test_checkpoint_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SM_CHECKPOINT_DIR", "here")
    assert job.checkpoint_directory() is None, "every job has the variable"
    Path("input/config").mkdir(parents=True)
    config = Path("input/config/checkpointconfig.json")
    config.write_text(json.dumps({"S3Uri": "s3://b/c", "LocalPath": "/opt/ml/checkpoints"}))
    assert job.checkpoint_directory() == Path("here")
    monkeypatch.delenv("SM_CHECKPOINT_DIR")
    assert job.checkpoint_directory() == Path("/opt/ml/checkpoints")


def test_files_are_whole_or_not_there() -> None:
    def fail(part: Path) -> None:
        part.write_text("half")
        raise OSError("disk full")

    path = Path("sub/file")
    job.write_whole(path, lambda part: part.write_text("old") and None)
    with pytest.raises(OSError, match="disk full"):
        job.write_whole(path, fail)
    assert path.read_text() == "old"
    assert [one.name for one in path.parent.iterdir()] == ["file"]


def test_lines_in_quick_succession_travel_together(capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(3):
        job.log(f"line {number}")
    assert capsys.readouterr().out == "line 0\nline 1\nline 2\n"
