"""``studio start``, ``stop`` and ``status``."""

from __future__ import annotations

import argparse
from typing import Any

from ..home import Home
from ..launch import end, ensure
from .client import Api
from .watch import clock


def start(options: argparse.Namespace) -> int:
    home = Home.current()
    if home.daemon() is not None and options.port is None and not options.root:
        return status(options)
    end(home)  # new options need a new daemon; jobs go on and are adopted
    given: list[str] = ["--grace", str(options.grace)]
    if options.port is not None:
        given += ["--port", str(options.port)]
    for root in options.root:
        given += ["--root", str(root.resolve())]
    for url in options.public_url:
        given += ["--public-url", url]
    found = ensure(home, given)
    print(f"Studio answers at {found['url']}; its home is {home.root}")
    return 0


def stop_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--jobs", action="store_true", help="ask running jobs to stop first")


def stop(options: argparse.Namespace) -> int:
    home = Home.current()
    if home.daemon() is None:
        print("no daemon is running; start one with: studio start")
        return 0
    running = _running(Api(home))
    if options.jobs:
        client = Api(home).client("sagemaker")
        for job in running:
            client.stop_training_job(TrainingJobName=job["TrainingJobName"])
    end(home)
    left = "" if options.jobs or not running else (
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
