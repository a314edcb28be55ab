"""The folders that runs work in, as files of the drive that are only for reading."""

from __future__ import annotations

import errno
import os
from typing import Any

from jupyter_server.services.contents.filemanager import AsyncFileContentsManager
from tornado import web

Model = dict[str, Any]


class Runs(AsyncFileContentsManager):
    """Files below ``root_dir``, which jobs write to: nothing there is believed.

    A link that leads out is not there, and no file is read that a browser could not hold.
    """

    def __init__(self, *, largest: int, **options: Any) -> None:
        super().__init__(**options)
        self._largest = largest

    async def read(
        self, path: str, content: bool, type: str | None, format: str | None, shown: str
    ) -> Model:
        """The model of a file or folder, under the path that the drive shows it by.

        Raises:
            HTTPError: 404 when it is not there, 413 when it is too large.
        """
        is_file = await self.file_exists(path)
        if not is_file and not await self.dir_exists(path):
            raise web.HTTPError(404, f"there is no {shown[:200]!r}".replace("%", "%%"))
        size = os.path.getsize(self._get_os_path(path)) if is_file else 0
        if content and size > self._largest:
            raise web.HTTPError(413, f"{shown} has {size} bytes, more than {self._largest}")
        found: Model = await self.get(path, content=content, type=type, format=format)
        return _moved(found, shown)

    def mark(self, path: str) -> str:
        """What changes with a file."""
        status = os.stat(self._get_os_path(path))
        return f"{status.st_mtime_ns:x}-{status.st_size:x}"

    async def dir_exists(self, path: str) -> bool:
        return self._is_there(path) and bool(await super().dir_exists(path))

    async def file_exists(self, path: str) -> bool:
        return self._is_there(path) and bool(await super().file_exists(path))

    async def is_hidden(self, path: str) -> bool:
        return self._is_there(path) and bool(await super().is_hidden(path))

    def _is_there(self, path: str) -> bool:
        try:
            self._get_os_path(path)
        except (OSError, ValueError):  # a NUL, say
            return False
        return True

    def _get_os_path(self, path: str) -> str:
        """Where a file is, ``OSError`` when nowhere: for that a listing leaves a name out."""
        found: str = super()._get_os_path(path)
        root = os.path.realpath(self.root_dir)
        if os.path.commonpath((os.path.realpath(found, strict=True), root)) != root:
            raise OSError(errno.ELOOP, "the link leads out of the folder of runs")
        return found


def _moved(model: Model, path: str) -> Model:
    moved = {**model, "path": path, "name": path.rpartition("/")[2], "writable": False}
    if isinstance(model["content"], list):
        moved["content"] = [_moved(each, f"{path}/{each['name']}") for each in model["content"]]
    return moved
