"""A PostgreSQL server of our own, where one is installed, and empty databases on it."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

USER = "postgres"  # who the server runs as when we are root, which it refuses to be
QUICK = "-c fsync=off -c full_page_writes=off -c listen_addresses="


def server() -> Path | None:
    """The folder of PostgreSQL's programs, newest first; Debian keeps them off PATH."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return versions[-1].parent if versions else None


@contextmanager
def running(programs: Path, folder: Path) -> Iterator[str]:
    """Run a server in ``folder`` until the block ends; its URL without a database."""
    who: dict[str, Any] = {}
    if os.geteuid() == 0:
        account = pwd.getpwnam(USER)
        os.chown(folder, account.pw_uid, account.pw_gid)
        for above in folder.parents:
            if not above.stat().st_mode & 0o001:
                above.chmod(above.stat().st_mode | 0o011)
            if above.parent == Path("/tmp"):
                break
        who = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    data = folder / "data"
    quiet: dict[str, Any] = {"check": True, "capture_output": True, "cwd": folder, **who}
    subprocess.run([programs / "initdb", "-D", data, "-U", USER, "-A", "trust", "-N"], **quiet)
    options = f"{QUICK} -k {folder}"
    log = folder / "log"
    subprocess.run(
        [programs / "pg_ctl", "-D", data, "-w", "-l", log, "-o", options, "start"],
        **{**quiet, "capture_output": False},
    )
    try:
        yield f"postgresql+psycopg://{USER}@/{{}}?host={folder}"
    finally:
        subprocess.run([programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"], **quiet)
