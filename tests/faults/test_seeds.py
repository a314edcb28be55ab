"""Jobs in flight and kills at random; ``STUDIO_FAULT_SEEDS`` says how many times."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from .contract import check_job, check_nobody_left
from .studio import ENDED, Studio, until

SEEDS = int(os.environ.get("STUDIO_FAULT_SEEDS", "8"))
JOBS = ("steady", "steady", "chatty", "failing", "parting", "endless", "heedful", "fertile")
WAITING = ("parting", "endless", "heedful")  # they end only by being stopped
VICTIMS = ("daemon", "daemon", "runner", "runner", "kernel", "fork server")


class Chaos:
    """One seed: what it started, killed and stopped."""

    def __init__(self, studio: Studio, seed: int) -> None:
        self.studio, self.dice = studio, random.Random(seed)
        self.hit: set[str] = set()  # jobs whose own processes were killed
        self.kills: list[str] = []
        self.last = 0.0

    def run(self) -> list[str]:
        made = []
        for _ in range(self.dice.randint(2, 4)):
            pause = self.dice.choice((0.0, 0.2, 0.8))
            made.append((self.studio.submit(self.dice.choice(JOBS), pause), self.studio.created))
        for _ in range(self.dice.randint(1, 3)):
            time.sleep(self.dice.uniform(0, 0.7))
            self.kill(self.dice.choice(VICTIMS), [name for name, _ in made])
            if self.dice.random() < 0.3:
                self.studio.stop_job(self.dice.choice(made)[0])
        if not self.kills:
            self.kill("daemon", [])
        names = []
        for name, created in made:
            lost = isinstance(created.exception(60), BotoCoreError | ClientError)
            assert lost or created.exception() is None, created.exception()
            if not lost or self.studio.status(name):
                names.append(name)
        return names

    def kill(self, victim: str, names: list[str]) -> None:
        studio = self.studio
        if victim in ("runner", "kernel"):
            find = studio.runner if victim == "runner" else studio.kernel
            living = [name for name in names if studio.status(name) and started(studio, name)]
            found = {name: pid for name in living if (pid := find(name)) is not None}
            if not found:
                return
            name = self.dice.choice(sorted(found))
            self.hit.add(name)
            target: int | None = found[name]
        elif victim == "daemon":
            assert studio.daemon is not None
            target = studio.daemon.pid
        else:
            target = studio.fork_server()
        if target is None:
            return
        try:
            self.last = studio.kill(target)
        except ProcessLookupError:
            return  # it ended by itself in the same moment
        self.kills.append(victim)
        if victim == "daemon":
            time.sleep(self.dice.uniform(0, 0.5))
            studio.start()


def started(studio: Studio, name: str) -> bool:
    return (studio.home.jobs / "TrainingJob" / "us-east-1" / name).exists()


def stop(studio: Studio, name: str) -> bool:
    """Ask until it is heard or there is nothing to stop."""
    try:
        studio.sagemaker.stop_training_job(TrainingJobName=name)
    except ClientError as error:
        return "in status" in str(error)
    return True


@pytest.mark.parametrize("seed", range(SEEDS))
def test_random_kills(studio: Studio, seed: int, recovered: Callable[[str, float], None]) -> None:
    if studio.daemon is None or studio.daemon.poll() is not None:
        studio.start()  # the seed before this one has failed
    chaos = Chaos(studio, seed)
    names = chaos.run()
    for name in names:
        if name.startswith(WAITING):
            assert stop(studio, name)
    until(lambda: all(studio.status(name) in ENDED for name in names), f"the end of {names}")
    assert chaos.kills
    recovered("random", time.monotonic() - chaos.last)

    for name in names:
        query = "SELECT status FROM transitions WHERE key = ?"
        history = {row[0] for row in studio.rows(query, name)}
        if "Stopping" in history:
            allowed = {"Stopped"}
        elif name in chaos.hit:
            allowed = {"Completed", "Failed"}
        else:
            allowed = {"Failed" if name.startswith("failing") else "Completed"}
        check_job(studio, name, allowed)
    check_nobody_left(studio)
    assert studio.reader.torn == []
