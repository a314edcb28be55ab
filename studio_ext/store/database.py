"""Opening the database so that a commit is on disk and readers never wait."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url

from ..errors import StudioError

# SQLite's locks are promises of the local kernel; these file systems do not keep them.
NETWORK_FILE_SYSTEMS = frozenset(
    {"9p", "afs", "beegfs", "ceph", "cifs", "fuse.sshfs", "glusterfs", "gpfs", "lustre", "nfs",
     "nfs4", "smb3", "smbfs"}
)  # fmt: skip


class NetworkFileSystem(StudioError):
    """SQLite was asked to live on a network file system."""

    def __init__(self, path: Path, kind: str) -> None:
        super().__init__(
            f"{path} is on a network file system ({kind}), where SQLite would lose data; "
            "use a local disk (export STUDIO_HOME=/local/path) or a server "
            "(export STUDIO_DATABASE=postgresql+psycopg://user@host/studio)"
        )
        self.path, self.kind = path, kind


def connect(url: str) -> Engine:
    """An engine with Studio's settings for its dialect."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True)
    if parsed.database:
        kind = file_system(Path(parsed.database).parent)
        if kind in NETWORK_FILE_SYSTEMS:
            raise NetworkFileSystem(Path(parsed.database), kind)
    engine = create_engine(parsed, connect_args={"check_same_thread": False, "timeout": 30})
    event.listen(engine, "connect", _configure)
    return engine


def begin_read(connection: Connection) -> None:
    """Open a transaction whose statements all see the same state."""
    connection.begin()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN")


def begin_write(connection: Connection) -> None:
    """Open a transaction that is sure to be able to write.

    SQLite's deferred transaction may find at its first write that it read an old state; an
    immediate one queues at the start instead.
    """
    connection.begin()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def file_system(path: Path, mounts: str = "/proc/self/mounts") -> str:
    """The type of the file system that ``path`` is on, ``""`` where the system cannot say."""
    try:
        lines = Path(mounts).read_text().splitlines()
    except OSError:
        return ""
    target = os.path.realpath(path)
    best, kind = "", ""
    for line in lines:
        _, mounted, found, *_ = line.split(" ")
        mounted = mounted.encode().decode("unicode_escape")
        inside = target == mounted or target.startswith(mounted.rstrip("/") + "/")
        if inside and len(mounted) >= len(best):
            best, kind = mounted, found
    return kind


def _configure(raw: Any, _record: Any) -> None:
    raw.isolation_level = None  # the driver would begin transactions behind our back
    cursor = raw.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA busy_timeout=30000")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()
