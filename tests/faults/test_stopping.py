"""Stopping a job wherever it is, a job that will not, and a job that took too long."""

from __future__ import annotations

import tarfile
import time

import pytest
from botocore.exceptions import ClientError

from .contract import check_job, check_nobody_left, strangers
from .studio import BUCKET, Studio, until

WHOLE_MACHINE = {"InstanceType": "ml.m5.2xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1}


def weights(studio: Studio, name: str) -> bytes:
    place = studio.home.buckets / BUCKET / "out" / name / "output"
    with tarfile.open(place / "model.tar.gz") as archive:
        file = archive.extractfile("weights.bin")
        assert file is not None
        return file.read()


def wait_for_work(studio: Studio, name: str) -> None:
    until(lambda: "waiting" in studio.noted(name), f"{name} to wait")


def test_a_job_that_waits_for_room_never_runs(studio: Studio) -> None:
    big = studio.submit("endless", ResourceConfig=WHOLE_MACHINE)
    wait_for_work(studio, big)
    small = studio.submit("steady")
    studio.created.result(60)
    until(lambda: studio.describe(small)["SecondaryStatus"] == "Pending", "Pending")
    studio.stop_job(small).result(60)
    said = check_job(studio, small, {"Stopped"})
    assert [each["Status"] for each in said["SecondaryStatusTransitions"]] == [
        "Starting", "Pending", "Stopping", "Stopped",
    ]  # fmt: skip
    assert studio.noted(small) == []
    assert studio.objects(small) == set()
    assert studio.status(big) == "InProgress"
    studio.stop_job(big).result(60)
    check_job(studio, big, {"Stopped"})


@pytest.mark.parametrize("step", ["runner.locked", "runner.announced", "runner.staged"])
def test_a_job_that_is_being_prepared_stops_at_once(studio: Studio, step: str) -> None:
    studio.arm(step)
    name = studio.submit("steady")
    studio.held(step)
    studio.stop_job(name).result(60)
    if step == "runner.locked":
        studio.release(step)
    check_job(studio, name, {"Stopped"})
    studio.release(step)
    assert studio.noted(name) == []
    assert "model.tar.gz" not in studio.objects(name)
    check_nobody_left(studio)


@pytest.mark.parametrize("job", ["parting", "heedful"])
def test_a_job_that_listens_has_the_last_word(studio: Studio, job: str) -> None:
    name = studio.submit(job)
    wait_for_work(studio, name)
    studio.stop_job(name).result(60)
    check_job(studio, name, {"Stopped"})
    assert weights(studio, name) == b"parting"
    assert "finished" not in studio.noted(name)
    check_nobody_left(studio)


def test_a_job_that_does_not_listen_is_killed_after_the_grace(studio: Studio) -> None:
    name = studio.submit("stubborn")
    wait_for_work(studio, name)
    began = time.monotonic()
    studio.stop_job(name).result(60)
    check_job(studio, name, {"Stopped"})
    assert time.monotonic() - began >= studio.grace
    assert weights(studio, name) == b"w" * 100_000
    check_nobody_left(studio)


def test_what_a_job_started_ends_with_it(studio: Studio) -> None:
    name = studio.submit("fertile", pause=0.0)
    check_job(studio, name, {"Completed"})
    check_nobody_left(studio)


def test_what_a_stopped_job_started_ends_with_it(studio: Studio) -> None:
    name = studio.submit("fertile", pause=600)
    wait_for_work(studio, name)
    until(lambda: len(strangers(studio)) >= 4, "runner, kernel and their two children")
    studio.stop_job(name).result(60)
    check_job(studio, name, {"Stopped"})
    check_nobody_left(studio)


def test_what_a_job_started_ends_with_its_killed_runner(studio: Studio) -> None:
    name = studio.submit("fertile", pause=600)
    wait_for_work(studio, name)
    runner, server = studio.runner(name), studio.fork_server()
    assert runner is not None
    if server is not None:
        studio.kill(server)  # it would have ended the orphans
    studio.kill(runner)
    said = check_job(studio, name, {"Failed"})
    assert "ended without a word" in said["FailureReason"]
    assert studio.objects(name) == {"output.tar.gz", "notebook.ipynb"}
    check_nobody_left(studio)


def test_a_stop_whose_runner_is_killed_publishes_what_there_is(studio: Studio) -> None:
    name = studio.submit("stubborn")
    wait_for_work(studio, name)
    studio.stop_job(name).result(60)
    until(lambda: studio.status(name) == "Stopping", "Stopping")
    runner = studio.runner(name)
    assert runner is not None
    studio.kill(runner)
    check_job(studio, name, {"Stopped"})
    assert weights(studio, name) == b"w" * 100_000


@pytest.mark.parametrize(("job", "left"), [("parting", b"parting"), ("stubborn", b"w" * 100_000)])
def test_a_job_that_takes_too_long(studio: Studio, job: str, left: bytes) -> None:
    name = studio.submit(job, StoppingCondition={"MaxRuntimeInSeconds": 2})
    said = check_job(studio, name, {"Stopped"})
    assert said["SecondaryStatus"] == "MaxRuntimeExceeded"
    assert weights(studio, name) == left
    check_nobody_left(studio)


def test_a_retry_runs_again_after_a_kill(studio: Studio) -> None:
    name = studio.submit("endless", RetryStrategy={"MaximumRetryAttempts": 1})
    wait_for_work(studio, name)
    runner = studio.runner(name)
    assert runner is not None
    studio.kill(runner)
    until(lambda: studio.noted(name).count("waiting") == 2, "a second attempt")
    second = studio.runner(name)
    assert second is not None
    studio.kill(second)
    said = check_job(studio, name, {"Failed"})
    assert [each["Status"] for each in said["SecondaryStatusTransitions"]].count("Restarting") == 1
    assert studio.noted(name).count("started") == 2


def test_a_stopped_job_can_be_deleted_and_its_name_used_again(studio: Studio) -> None:
    name = studio.submit("steady")
    check_job(studio, name, {"Completed"})
    studio.sagemaker.delete_training_job(TrainingJobName=name)
    with pytest.raises(ClientError, match="Could not find"):
        studio.describe(name)
    assert "model.tar.gz" in studio.objects(name), "artefacts are the user's"
