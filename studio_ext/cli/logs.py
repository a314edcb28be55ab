"""``studio logs``: what a job printed, or the daemon."""

from __future__ import annotations

import argparse
import time

from ..home import Home
from .client import Api
from .watch import RUNNING, Lines


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("job", nargs="?", help="a training job; the daemon's own log without")
    parser.add_argument("-f", "--follow", action="store_true", help="go on until the job ends")


def logs(options: argparse.Namespace) -> int:
    if options.job is None:
        log = Home.current().log
        print(
            log.read_text(errors="replace") if log.exists() else f"{log} is not there yet\n", end=""
        )
        return 0
    api = Api()
    lines = Lines(api, options.job)
    while True:
        job = api.client("sagemaker").describe_training_job(TrainingJobName=options.job)
        for line in lines.new():
            print(line, flush=True)
        if not options.follow or job["TrainingJobStatus"] not in RUNNING:
            return 0
        time.sleep(0.2)
