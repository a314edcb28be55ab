"""The output notebook: papermill's metadata, and saves that a reader can trust.

papermill rewrites the output in place twice per cell, so a polling reader sees torn files, a full
disk destroys the last good one, and a notebook of n cells costs n squared bytes. Here a save is a
temporary file and a rename, the first is made before the first cell, later ones are at least a
second apart and take at most a twentieth of the time, and the last is always made.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import writes_json

from studio_ext.files import sweep, write_whole
from studio_ext.kernels.papermill import NotebookExecutionManager

INTERVAL = 1.0  # seconds, at least, between two saves
SHARE = 0.05  # of the time, at most, goes into saves


class Book(NotebookExecutionManager):
    """The notebook being executed and its file.

    Args:
        nb: the notebook, with papermill's metadata.
        path: where to save it.
        before_save: called before each save, to bring ``nb`` up to date.
        saved: called with ``path`` after each save that succeeded.
    """

    def __init__(
        self,
        nb: NotebookNode,
        path: Path,
        *,
        before_save: Callable[[], None] = lambda: None,
        saved: Callable[[Path], None] = lambda path: None,
    ) -> None:
        super().__init__(nb, output_path=str(path), progress_bar=False, autosave_cell_every=0)
        self.path = path
        self.before_save = before_save
        self.saved = saved
        self.error = ""
        self._dirty = True
        self._last = float("-inf")
        self._cost = 0.0
        sweep(path.parent)

    def save(self, **kwargs: Any) -> None:
        """Note a change, and save when the last save is long enough ago."""
        self._dirty = True
        self.tick()

    def autosave_cell(self) -> None:
        """An output arrived."""
        self._dirty = True

    def tick(self) -> None:
        """Save what changed, if it is time to."""
        pause = max(INTERVAL, self._cost / SHARE)
        if self._dirty and time.monotonic() - self._last >= pause:
            self.write()

    def write(self, *, sync: bool = False) -> None:
        """Save now. A failure keeps the last good file and is kept in ``error``."""
        begin = time.monotonic()
        self.before_save()
        try:
            write_whole(self.path, f"{writes_json(self.nb)}\n".encode(), sync=sync)
        except OSError as error:
            self.error = f"{self.path}: {error.strerror or error}"
        else:
            self.error = ""
            self._dirty = False
            self.saved(self.path)
        self._last = time.monotonic()
        self._cost = self._last - begin
        self.last_save_time = self.now()

    def cell_failed(self, index: int) -> None:
        """Mark a cell, and with it the notebook, as failed."""
        self.cell_exception(self.nb.cells[index], cell_index=index)

    def close(self, *, ok: bool) -> None:
        """Write the end: times, ``exception``, and cells that did not run as ``pending``."""
        papermill = self.nb.metadata.papermill
        self.end_time = self.now()
        papermill["end_time"] = self.end_time.isoformat()
        papermill["duration"] = (self.end_time - self.start_time).total_seconds()
        papermill["exception"] = None if ok else True
        self.write(sync=True)
