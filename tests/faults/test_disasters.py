"""What befalls a whole machine: no memory, no disk, a second daemon, another time."""

from __future__ import annotations

import io
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .contract import check_gone, check_home, check_job
from .studio import BUCKET, Studio, until

WHOLE_MACHINE = {"InstanceType": "ml.m5.2xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1}


def test_a_job_without_memory_fails_and_says_so(studio: Studio) -> None:
    name = studio.submit("hungry")
    said = check_job(studio, name, {"Failed"})
    assert said["FailureReason"].startswith("AlgorithmError: MemoryError")
    assert "output.tar.gz" in studio.objects(name)


def test_a_kernel_killed_by_the_system_fails_its_job(studio: Studio) -> None:
    name = studio.submit("suicidal")
    said = check_job(studio, name, {"Failed"})
    assert "SIGKILL" in said["FailureReason"]
    assert "out of memory?" in said["FailureReason"]


class Body(io.BytesIO):
    """Content that is sent slowly enough to be interrupted."""

    def read(self, size: int | None = -1) -> bytes:
        time.sleep(0.01)
        return super().read(size)


def test_an_upload_in_parts_outlives_its_daemon(studio: Studio) -> None:
    name = studio.submit("steady", pause=0.3)
    place = {"Bucket": BUCKET, "Key": "large"}
    upload = {**place, "UploadId": studio.s3.create_multipart_upload(**place)["UploadId"]}
    first = studio.s3.upload_part(**upload, PartNumber=1, Body=b"1" * (5 << 20))["ETag"]
    lost = Body(b"2" * (64 << 20))
    sent = studio.hands.submit(studio.s3.upload_part, **upload, PartNumber=2, Body=lost)
    until(lambda: lost.tell() > 8 << 20, "the second part to be under way")
    assert studio.daemon is not None
    studio.kill(studio.daemon.pid)
    assert sent.exception(60) is not None
    studio.start()
    (part,) = studio.s3.list_parts(**upload)["Parts"]
    assert (part["PartNumber"], part["ETag"]) == (1, first)
    second = studio.s3.upload_part(**upload, PartNumber=2, Body=b"2")["ETag"]
    parts = [{"PartNumber": 1, "ETag": first}, {"PartNumber": 2, "ETag": second}]
    studio.s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    assert studio.s3.get_object(**place)["Body"].read() == b"1" * (5 << 20) + b"2"
    check_job(studio, name, {"Completed"})


def test_a_second_daemon_refuses(studio: Studio) -> None:
    record = studio.home.daemon()
    name = studio.submit("steady", pause=1.0)
    until(lambda: studio.status(name), "the job")
    second = studio.launch()
    assert second.wait(60) == 0
    assert "holds" in (studio.root / "daemon.out").read_text().splitlines()[-1]
    assert studio.home.daemon() == record
    check_job(studio, name, {"Completed"})


def test_a_job_outlives_its_daemon(studio: Studio) -> None:
    name = studio.submit("chatty", pause=1.0)
    until(lambda: "started" in studio.noted(name), "the job to start")
    runner = studio.runner(name)
    studio.stop()
    assert runner is not None
    assert studio.runner(name) == runner or "finished" in studio.noted(name)
    studio.start()
    check_job(studio, name, {"Completed"})
    query = "SELECT token FROM attempts JOIN resources ON resource_id = id WHERE key = ?"
    assert len(studio.rows(query, name)) == 1, "it was run again, not adopted"


def test_a_job_ends_while_no_daemon_is_there(studio: Studio) -> None:
    name = studio.submit("steady", pause=0.5)
    until(lambda: "started" in studio.noted(name), "the job to start")
    folder = studio.folder(name)
    studio.stop()
    until((folder / "exit.json").exists, "the job's end")
    assert studio.status(name) == "InProgress"
    studio.start()
    check_job(studio, name, {"Completed"})


def test_a_clock_that_jumps_changes_no_end(root: Callable[[], Path]) -> None:
    studio = Studio(root())
    clock = studio.root / "clock"
    clock.write_text("0")
    try:
        studio.start(STUDIO_FAULTS_CLOCK=str(clock))
        studio.furnish()
        runs = studio.submit("steady", pause=4.0, ResourceConfig=WHOLE_MACHINE)
        until(lambda: "started" in studio.noted(runs), "the job to start")
        limits = {"MaxRuntimeInSeconds": 600, "MaxPendingTimeInSeconds": 7200}
        waits = studio.submit("steady", StoppingCondition=limits)
        studio.created.result(60)
        for offset in ("86400", "-86400"):
            clock.write_text(offset)
            before = studio.rows("SELECT max(seq) FROM transitions")
            last = studio.submit("steady")  # its signature's date is refused: it wakes the daemon
            studio.created.exception(60)
            assert studio.status(last) == ""
            assert studio.rows("SELECT max(seq) FROM transitions") >= before
            assert studio.status(waits) == "InProgress"
        clock.write_text("0")
        for name in (runs, waits):
            check_job(studio, name, {"Completed"})
        check_home(studio)
        studio.stop()
        check_gone(studio)
    finally:
        studio.close()


@pytest.fixture
def small_disk(root: Callable[[], Path]) -> Iterator[Path]:
    """A file system of 48 MB."""
    if shutil.which("mount") is None:
        pytest.skip("there is no mount command to make a small disk with")
    place = root() / "disk"
    place.mkdir()
    options = ["-t", "tmpfs", "-o", "size=48m,mode=700", "tmpfs", str(place)]
    made = subprocess.run(["mount", *options], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {made.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_ends_the_job_and_nothing_else(
    root: Callable[[], Path], small_disk: Path
) -> None:
    studio = Studio(root(), home=small_disk / "home")
    try:
        studio.start()
        studio.furnish()
        name = studio.submit("full")
        said = check_job(studio, name, {"Failed"})
        assert "No space left on device" in said["FailureReason"]
        after = studio.submit("steady")
        check_job(studio, after, {"Completed"})
        check_home(studio)
        studio.stop()
        check_gone(studio)
    finally:
        studio.close()
