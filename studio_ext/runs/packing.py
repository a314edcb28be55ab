"""What a run leaves: the files that are published, and the rubbish that is not."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from ..bucket import archives
from ..files import TEMPORARY
from . import layout

ARCHIVE, DATA = "model.tar.gz", "output.tar.gz"


def pack(folder: Path, *, model: bool) -> dict[str, str]:
    """Pack the run in ``folder``.

    Args:
        model: ``model/`` too, which only a run that failed keeps to itself.

    Returns:
        What there is to publish: ``model``, ``output`` and ``notebook`` to paths in the folder.

    Raises:
        OSError: no room, say. What could not be packed whole is not there.
    """
    files = {}
    if model and _holds_something(folder / layout.MODEL):
        archives.pack(folder / layout.MODEL, folder / ARCHIVE)
        files["model"] = ARCHIVE
    if _holds_something(folder / layout.OUTPUT_DATA):
        archives.pack(folder / layout.OUTPUT_DATA, folder / DATA)
        files["output"] = DATA
    if (folder / layout.NOTEBOOK).exists():
        files["notebook"] = layout.NOTEBOOK
    return files


def sweep(folder: Path) -> None:
    """Remove what a runner that was killed had not finished. Call it when nobody runs there.

    What the job itself wrote, in ``model/`` and ``output/``, is not looked at.
    """
    places = [folder, folder / layout.CONFIG, folder / layout.CODE]
    places += [folder / layout.CHECKPOINTS, folder / layout.INPUT]
    pattern = f"{TEMPORARY}*"
    for number, place in enumerate(places):
        for path in place.rglob(pattern) if number > 2 else place.glob(pattern):
            _remove(path)


def make_room(folder: Path, *, everything: bool) -> None:
    """On a full disk, remove what the run itself can spare, or all that is big."""
    names = [layout.INPUT, *([ARCHIVE, DATA, layout.MODEL] if everything else [])]
    for name in names:
        _remove(folder / name)


def _holds_something(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
        return
    with contextlib.suppress(OSError):
        path.unlink()
