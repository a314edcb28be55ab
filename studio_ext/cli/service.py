"""``studio start``, ``stop`` and ``status``."""

from __future__ import annotations

import argparse
import contextlib
import time
from typing import Any

from botocore.exceptions import ClientError

from ..home import Home
from ..launch import end, ensure, handed
from .client import Api
from .watch import clock


def start(options: argparse.Namespace) -> int:
    home = Home.current()
    given = handed(options)
    if home.daemon() is not None and not given:
        return status(options)
    end(home)  # new options need a new daemon; jobs go on and are adopted
    found = ensure(home, given)
    print(f"Studio answers at {found['url']}; its home is {home.root}")
    return 0


def stop_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--jobs", action="store_true", help="stop running jobs first, and wait")


def stop(options: argparse.Namespace) -> int:
    home = Home.current()
    if home.daemon() is None:
        print("no daemon is running; start one with: studio start")
        return 0
    api = Api(home)
    running = _running(api)
    if options.jobs:
        for job in running:
            with contextlib.suppress(ClientError):  # it has just ended by itself
                api.client("sagemaker").stop_training_job(TrainingJobName=job["TrainingJobName"])
        while running := _running(api):
            time.sleep(0.1)
    end(home)
    left = "" if not running else (
        f"; {len(running)} job{'s go' if len(running) > 1 else ' goes'} on, "
        "and studio start looks after them again"
    )  # fmt: skip
    print(f"the daemon has ended{left}")
    return 0


def status(options: argparse.Namespace) -> int:
    home = Home.current()
    found = home.daemon()
    if found is None:
        print(f"no daemon is running in {home.root}; start one with: studio start")
        return 1
    print(f"Studio {found['version']} answers at {found['url']}; its home is {home.root}")
    running = _running(Api(home))
    for job in running:
        seconds = (job["LastModifiedTime"] - job["CreationTime"]).total_seconds()
        print(f"  {job['TrainingJobName']:<40} {job['SecondaryStatus']:<12} {clock(seconds)}")
    if not running:
        print("  nothing is running; try: studio demo")
    return 0


def _running(api: Api) -> list[dict[str, Any]]:
    client = api.client("sagemaker")
    found = []
    for state in ("InProgress", "Stopping"):
        for page in client.get_paginator("list_training_jobs").paginate(StatusEquals=state):
            found += page["TrainingJobSummaries"]
    return found
