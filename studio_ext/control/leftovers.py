"""Folders of runs whose jobs were deleted."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
from pathlib import Path

from ..store import Store

log = logging.getLogger(__name__)


class Leftovers:
    """Removes what nobody can find any more. Its methods block; call them from a thread.

    A job of the same name may have been made meanwhile: what its attempts need is kept. An attempt
    is in the store before its folder is on the disk, so no folder is taken for a leftover too
    early.

    Args:
        folder: of attempts: ``<kind>/<region>/<key>/<token>``.
    """

    def __init__(self, store: Store, folder: Path) -> None:
        self._store, self._folder = store, folder

    def clear(self, kind: str, region: str, key: str) -> int:
        """Remove what is left of one job; returns how many attempts that were."""
        place = self._folder / kind / region / key
        found = _names(place)
        with self._store.read() as reader:
            row = reader.get(kind, region, key)
            kept = {str(each.token) for each in reader.attempts(row.id)} if row else set()
        gone = [name for name in found if name not in kept]
        for name in gone:
            shutil.rmtree(place / name, ignore_errors=True)
        if not kept:
            _remove_empty(place)
        return len(gone)

    def clear_all(self) -> int:
        """Remove what earlier daemons had no time for."""
        removed = 0
        for kind in _names(self._folder):
            for region in _names(self._folder / kind):
                for key in _names(self._folder / kind / region):
                    removed += self.clear(kind, region, key)
        if removed:
            log.info("removed the folders of %d attempts of deleted jobs", removed)
        return removed


def _names(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    except FileNotFoundError:
        return []


def _remove_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):  # a new attempt has come, or there was no folder
        folder.rmdir()
