"""Every process killed once at every step at which it lives."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from studio_ext.failpoints import STEPS
from studio_ext.runs import record
from studio_ext.runs.record import Exit

from .contract import check_job, check_nobody_left
from .studio import ENDED, Studio, until

ALWAYS = ("daemon", "fork server")

# Who else is alive, for sure, when a job is held at a step.
ALSO: dict[str, tuple[str, ...]] = {
    "control.started": ("runner",),
    "control.asked": ("runner", "kernel"),
    "runner.locked": ("runner",),
    "runner.announced": ("runner",),
    "runner.staged": ("runner",),
    "runner.cell": ("runner", "kernel"),
    "runner.executed": ("runner",),
    "runner.packed": ("runner",),
    "runner.exited": ("runner",),
}
CASES = [(step, victim) for step in STEPS for victim in (*ALWAYS, *ALSO.get(step, ()))]


def find(studio: Studio, victim: str, name: str, held: int) -> int:
    """The victim's process."""
    if victim == "runner" and not studio.runner(name):
        # It is held before it could say who it is, or about to say it.
        return held if held != studio.daemon.pid else int(until(lambda: studio.runner(name), "it"))
    found = {
        "daemon": lambda: studio.daemon.pid,
        "runner": lambda: studio.runner(name),
        "kernel": lambda: studio.kernel(name),
        "fork server": studio.fork_server,
    }[victim]
    return int(until(found, f"the {victim}"))


def expected(studio: Studio, victim: str, name: str) -> str:
    """What the job must end as, from what was on record when the victim died."""
    if victim not in ("runner", "kernel"):
        return "Completed"
    folder = studio.folder(name)
    end = Exit.read(folder)
    if end is not None:
        return {"completed": "Completed", "failed": "Failed"}[end.outcome]
    return "Completed" if record.announced(folder) is None else "Failed"


@pytest.mark.parametrize(("step", "victim"), CASES)
def test_a_kill_at_a_step(
    studio: Studio, step: str, victim: str, recovered: Callable[[str, float], None]
) -> None:
    studio.arm(step)
    stops = step == "control.asked"
    name = studio.submit("parting" if stops else "steady", pause=0.1)
    if stops:
        until(lambda: "waiting" in studio.noted(name), "the job to wait")
        asked = studio.stop_job(name)
    held = studio.held(step)
    target = find(studio, victim, name, held)

    killed = studio.kill(target)
    ending = "Stopped" if stops else expected(studio, victim, name)
    if victim == "daemon":
        if held == target:
            studio.release(step)  # the next daemon is not to be held
        studio.start()
    studio.release(step)

    until(lambda: studio.status(name) in ENDED, f"the end of {name}")
    recovered(victim, time.monotonic() - killed)
    said = check_job(studio, name, {ending})
    if stops and victim != "daemon":
        assert asked.result(30)["ResponseMetadata"]["HTTPStatusCode"] == 200
    if stops and victim in ("daemon", "fork server"):
        assert "ModelArtifacts" in said
    check_nobody_left(studio)
