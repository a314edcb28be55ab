"""``$STUDIO_HOME``: where everything of one Studio lies, and where its sockets are."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import StudioError
from .files import read_json, write_json
from .processes.identity import Identity

SOCKET_PATH = 107  # bytes of a socket's path, on Linux
LONGEST = len("/run-0123456789/studio-k-0123456-01234567/k-5")  # of what is below the folder


class UnsafeDirectory(StudioError):
    """A folder that must be ours alone is not."""


class UnusableHome(StudioError):
    """There is no place for the home's files."""


@dataclass(frozen=True, slots=True)
class Home:
    """One Studio's folder. Two homes share nothing."""

    root: Path

    @classmethod
    def current(cls) -> Home:
        """The home that ``$STUDIO_HOME`` names, ``~/.studio`` without it."""
        return cls(Path(os.environ.get("STUDIO_HOME") or "~/.studio").expanduser().absolute())

    @property
    def database(self) -> str:
        """The database's URL; ``$STUDIO_DATABASE`` moves it to a server."""
        return os.environ.get("STUDIO_DATABASE") or f"sqlite:///{self.root / 'studio.db'}"

    @property
    def buckets(self) -> Path:
        return self.root / "s3"

    @property
    def jobs(self) -> Path:
        return self.root / "jobs"

    @property
    def environments(self) -> Path:
        return self.root / "environments"

    @property
    def identity(self) -> Path:
        return self.root / "identity"

    @property
    def lock(self) -> Path:
        return self.root / "daemon.lock"

    @property
    def ports(self) -> Path:
        return self.root / "ports.json"

    @property
    def settings(self) -> Path:
        return self.root / "settings.json"

    @property
    def log(self) -> Path:
        return self.root / "daemon.log"

    @property
    def audit(self) -> Path:
        return self.root / "audit.log"

    @property
    def record(self) -> Path:
        """What the running daemon says of itself."""
        return self.root / "daemon.json"

    @property
    def runtime(self) -> Path:
        """Where sockets are. Their paths may have 108 bytes at most, a home's may be longer."""
        mark = hashlib.sha256(str(self.root).encode()).hexdigest()[:8]
        own = Path(os.environ.get("XDG_RUNTIME_DIR") or "/run/none") / f"studio-{mark}"
        if os.access(own.parent, os.W_OK) and _holds_sockets(own):
            return own
        shared = Path(tempfile.gettempdir()) / f"studio-{os.getuid()}-{mark}"
        return shared if _holds_sockets(shared) else Path("/tmp", shared.name)

    @property
    def consoles(self) -> Path:
        """Connection files of the kernels that jobs run in, while they do."""
        return self.runtime / "kernels"

    @property
    def bell(self) -> Path:
        return self.runtime / "bell"

    def make(self) -> None:
        """Create what is missing, for this user's eyes only.

        Raises:
            UnsafeDirectory: somebody else made the folder for sockets first.
            UnusableHome: a folder cannot be made.
        """
        for folder in (self.root, self.buckets, self.jobs, self.identity, self.runtime):
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                raise UnusableHome(
                    f"cannot make the folder {folder}: {error.strerror}; choose another home "
                    "with: export STUDIO_HOME=/a/folder/of/yours"
                ) from None
        status = self.runtime.lstat()
        if status.st_uid != os.getuid() or status.st_mode & 0o077 or self.runtime.is_symlink():
            raise UnsafeDirectory(
                f"{self.runtime} is not ours alone; remove it with: rm -r {self.runtime}"
            )

    @property
    def roots(self) -> tuple[Path, ...]:
        """Folders whose notebooks may be run by path."""
        return tuple(Path(root) for root in (read_json(self.settings) or {}).get("roots", ()))

    def serve_root(self, root: Path) -> None:
        """Allow the notebooks below ``root`` to be run by path; the daemon need not restart."""
        kept = read_json(self.settings) or {}
        known = list(dict.fromkeys([*kept.get("roots", ()), str(root.resolve())]))
        if known != kept.get("roots"):
            write_json(self.settings, {**kept, "roots": known}, mode=0o600)

    def daemon(self) -> dict[str, Any] | None:
        """What the daemon says of itself; None when none is running."""
        found: dict[str, Any] | None = read_json(self.record)
        if found is None or not Identity(found["pid"], found["started"]).alive():
            return None
        return found


def _holds_sockets(folder: Path) -> bool:
    """Whether the paths of all sockets below are short enough."""
    return len(os.fsencode(folder)) + LONGEST <= SOCKET_PATH
