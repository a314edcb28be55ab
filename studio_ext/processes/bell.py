"""A doorbell: a datagram without content that says "look again".

What happened is in files and in the store; a lost ring costs one tick, never a change.
"""

from __future__ import annotations

import contextlib
import os
import socket
from pathlib import Path


class Bell:
    """The ear of the daemon. Removes a socket that a dead one left."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind(str(path))
        os.chmod(path, 0o600)

    def fileno(self) -> int:
        return self._socket.fileno()

    def hear(self) -> int:
        """Take all waiting rings; returns how many."""
        rings = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                self._socket.recv(1)
                rings += 1
        return rings

    def close(self) -> None:
        self._socket.close()
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()


def ring(path: str | Path) -> bool:
    """Ring without waiting. False when nobody is there or the queue is full."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as out:
        try:
            out.sendto(b"", str(path))
        except OSError:
            return False
    return True
