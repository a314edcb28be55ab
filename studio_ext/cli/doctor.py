"""``studio doctor``: what is missing, and the command that fixes it."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path

from ..home import Home

ROOM = 1 << 30


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at.

    Attributes:
        cure: the command that mends it; empty when it is well.
        needed: whether Studio does not work without it.
    """

    name: str
    state: str
    cure: str = ""
    needed: bool = True


def doctor(options: argparse.Namespace) -> int:
    """Print every finding. Returns 1 when something that is needed is missing."""
    sick = False
    for finding in examine(Home.current()):
        mark = "ok  " if not finding.cure else "FAIL" if finding.needed else "note"
        print(f"{mark}  {finding.name:<18} {finding.state}")
        if finding.cure:
            print(f"      {'':<18} run: {finding.cure}")
        sick |= bool(finding.cure) and finding.needed
    return int(sick)


def examine(home: Home) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    old = sys.version_info < (3, 11)
    yield Finding("Python", version, "install Python 3.11 to 3.13" if old else "")
    yield from _packages()
    yield from _disk(home)
    yield _confinement(home)
    if sys.platform == "linux":
        yield Finding("fast kernels", "a fork server starts them in milliseconds")
    else:
        yield Finding("fast kernels", f"not on {sys.platform}; jobs start stock kernels")
    found = home.daemon()
    if found is None:
        yield Finding("daemon", "not running", "studio start", needed=False)
    else:
        yield Finding("daemon", f"answers at {found['url']} (process {found['pid']})")


def _packages() -> Iterator[Finding]:
    for requirement in metadata.requires("studio-ext") or ():
        if "extra ==" in requirement:
            continue
        name = requirement.split(";")[0].split(">")[0].split("<")[0].split("=")[0].strip()
        try:
            metadata.version(name)
        except metadata.PackageNotFoundError:
            yield Finding(name, "not installed", f"pip install '{requirement}'")
    if util.find_spec("pyarrow") is None:
        yield Finding("parquet", "no pyarrow", "pip install pyarrow", needed=False)


def _disk(home: Home) -> Iterator[Finding]:
    from ..store.database import NETWORK_FILE_SYSTEMS, file_system  # not quick to import

    place = home.root
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    cure = "" if free > ROOM else f"du -sh {home.root}/* | sort -h"
    yield Finding("disk", f"{free / 1e9:.1f} GB free at {place}", cure)
    if not os.access(place, os.W_OK):
        yield Finding("home", f"{place} is not writable", "export STUDIO_HOME=/a/folder/of/yours")
    kind = file_system(place)
    if kind in NETWORK_FILE_SYSTEMS:
        yield Finding(
            "home", f"{place} is on {kind}, a network file system", "export STUDIO_HOME=/local/path"
        )


def _confinement(home: Home) -> Finding:
    from ..kernels.confine import rehearse

    reason = rehearse(home.root if home.root.is_dir() else Path.cwd())
    if not reason:
        return Finding("/opt/ml", "jobs see their folder there")
    return Finding("/opt/ml", f"not offered: {reason}; jobs use the SM_* variables instead")
