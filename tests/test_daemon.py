"""The daemon ends when it should, by itself if need be, and keeps its state where it is told."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from studio_ext.home import Home
from studio_ext.launch import end, ensure
from studio_ext.processes.identity import Identity

from .daemon import notebook, request, serving


def test_a_daemon_does_not_outlive_its_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    home = Home(tmp_path / "home")
    found = ensure(home)
    who = Identity(found["pid"], found["started"])
    try:
        shutil.rmtree(home.root, ignore_errors=True)
        patience = time.monotonic() + 60
        while who.alive() and time.monotonic() < patience:
            time.sleep(0.1)
        assert not who.alive()
    finally:
        end(home)


def test_a_job_of_a_home_on_postgresql(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgresql: str
) -> None:
    monkeypatch.setenv("STUDIO_DATABASE", postgresql.format("postgres"))
    with serving(tmp_path) as studio:
        studio.client("s3").create_bucket(Bucket="team")
        image = studio.put("team", "double.ipynb", notebook("print(2 * x)", parameters="x = 1"))
        asked = request("double", image, "team", HyperParameters={"x": "21"})
        studio.client("sagemaker").create_training_job(**asked)
        job = studio.end_of("double")
        assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
        listed = studio.client("sagemaker").list_training_jobs(NameContains="OUB")
        assert [each["TrainingJobName"] for each in listed["TrainingJobSummaries"]] == ["double"]
    assert not (studio.home.root / "studio.db").exists()
