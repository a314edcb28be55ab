"""Asking a running execution to stop, from a signal handler or another thread."""

from __future__ import annotations

import contextlib
import os
import time


class Stop:
    """A request to stop, with a deadline.

    ``request`` only sets a number and writes one byte to a pipe, so that it may be called in a
    signal handler. The engine watches ``fileno()``.
    """

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)
        self._deadline: float | None = None

    def request(self, grace: float = 120.0) -> None:
        """Stop: what runs has ``grace`` seconds to end by itself. The earliest deadline counts."""
        deadline = time.monotonic() + grace
        if self._deadline is None or deadline < self._deadline:
            self._deadline = deadline
        with contextlib.suppress(OSError):  # full: asked before; closed: it is over
            os.write(self._writer, b"s")

    @property
    def requested(self) -> bool:
        return self._deadline is not None

    @property
    def remaining(self) -> float:
        """Seconds of grace left, never negative; infinite when nobody asked."""
        return (
            float("inf") if self._deadline is None else max(0.0, self._deadline - time.monotonic())
        )

    def fileno(self) -> int:
        """Readable once a stop is requested."""
        return self._reader

    def drain(self) -> None:
        """Take the bytes, so that the next request wakes the engine again."""
        with contextlib.suppress(BlockingIOError):
            while os.read(self._reader, 64):
                pass

    def close(self) -> None:
        if self._reader >= 0:
            os.close(self._reader)
            os.close(self._writer)
            self._reader = self._writer = -1

    def __del__(self) -> None:
        self.close()
