"""Watching a training job from the terminal: a bar, its log, its end."""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from collections.abc import Iterator
from typing import Any

from tqdm import tqdm

from .client import Api

PAUSE = 0.1
RUNNING = ("InProgress", "Stopping")


def watch(api: Api, name: str, *, log: bool = False) -> dict[str, Any]:
    """Follow a job to its end; returns its description then.

    Ctrl-C asks the job to stop and goes on watching; a second one leaves it alone.

    Args:
        log: print the log above the bar.
    """
    client = api.client("sagemaker")
    lines = Lines(api, name)
    bar = tqdm(
        total=1, bar_format="{desc} {bar:24} {postfix}", file=sys.stderr, leave=False,
        disable=not sys.stderr.isatty(), mininterval=0, dynamic_ncols=True,
    )  # fmt: skip
    began = time.monotonic()
    with bar, _asking_to_stop(api, name):
        while True:
            job: dict[str, Any] = client.describe_training_job(TrainingJobName=name)
            if log:
                for line in lines.new():
                    bar.write(line, file=sys.stdout)
            if job["TrainingJobStatus"] not in RUNNING:
                return job
            _show(bar, job, time.monotonic() - began)
            time.sleep(PAUSE)


def clock(seconds: float) -> str:
    """0:12, 3 min, 2 h 04."""
    whole = int(seconds)
    if whole < 60:
        return f"0:{whole:02}"
    if whole < 3600:
        return f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60:02}"


class Lines:
    """The log of a job, a call at a time."""

    GROUP = "/aws/sagemaker/TrainingJobs"

    def __init__(self, api: Api, name: str) -> None:
        self._client, self._name = api.client("logs"), name
        self._tokens: dict[str, str] = {}

    def new(self) -> Iterator[str]:
        """Lines that came since the last call."""
        try:
            found = self._client.describe_log_streams(
                logGroupName=self.GROUP, logStreamNamePrefix=f"{self._name}/"
            )
        except self._client.exceptions.ResourceNotFoundException:
            return
        for stream in found["logStreams"]:
            yield from self._of(stream["logStreamName"])

    def _of(self, stream: str) -> Iterator[str]:
        while True:
            given: dict[str, Any] = {"startFromHead": True}
            if stream in self._tokens:
                given["nextToken"] = self._tokens[stream]
            page = self._client.get_log_events(
                logGroupName=self.GROUP, logStreamName=stream, **given
            )
            yield from (event["message"] for event in page["events"])
            before, self._tokens[stream] = self._tokens.get(stream), page["nextForwardToken"]
            if before == page["nextForwardToken"]:
                return


def _show(bar: Any, job: dict[str, Any], seconds: float) -> None:
    progress = job.get("ProgressInfo") or {}
    cell, of = progress.get("CurrentStep", 0), progress.get("TotalStepCountPerEpoch", 0)
    bar.total, bar.n = max(of, 1), max(cell - 1, 0)
    place = f"cell {cell} of {of} · " if of else ""
    bar.set_description_str(f"{job['TrainingJobName']}  {job['SecondaryStatus']}", refresh=False)
    bar.set_postfix_str(f"{place}{clock(seconds)}", refresh=True)


@contextlib.contextmanager
def _asking_to_stop(api: Api, name: str) -> Iterator[None]:
    def ask(*_: Any) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        print(f"\nasking {name} to stop; Ctrl-C again leaves it running", file=sys.stderr)
        api.client("sagemaker").stop_training_job(TrainingJobName=name)

    old = signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, old)
