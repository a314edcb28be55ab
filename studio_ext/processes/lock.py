"""A lock that ends with the process that holds it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class Lock:
    """A ``flock`` on a file that stays.

    The kernel lets go of it when the last process that inherited the descriptor ends; children
    started by ``exec`` do not inherit it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def take(self, *, shared: bool = False) -> bool:
        """Take it without waiting. False when somebody else has it.

        Args:
            shared: with all who share it; the others want it alone.
        """
        if self._descriptor is not None:
            return True
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
