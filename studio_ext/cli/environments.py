"""``studio environments``: the Python environments of scripts, and removing those unused."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from ..environments.environments import Environments
from ..home import Home

DAY = 86_400.0


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--remove-unused", action="store_true", help="remove those that no job uses now"
    )
    parser.add_argument(
        "--days", type=float, default=0.0, metavar="N",
        help="with --remove-unused: only those not asked for in N days",
    )  # fmt: skip


def environments(options: argparse.Namespace) -> int:
    room = Environments(Home.current().environments)
    if options.remove_unused:
        gone = room.remove_unused(options.days * DAY)
        for each in gone:
            print(f"removed {each.path.name}  {each.spec.name}")
        print(f"{len(room.every())} left" if gone else "none is unused")
        return 0
    for each in room.every():
        used = time.strftime("%Y-%m-%d %H:%M", time.localtime(each.used))
        print(
            f"{each.path.name}  {_size(each.path) / 1e6:6.0f} MB  used {used}  "
            f"Python {each.spec.python}  {each.spec.name}"
        )
    if not room.every():
        print("no environment was needed so far")
    return 0


def _size(folder: Path) -> int:
    """Bytes of its files; what uv's cache has too, on the same disk, is counted."""
    return sum(
        os.lstat(os.path.join(place, name)).st_size
        for place, _, names in os.walk(folder)
        for name in names
    )
