"""``studio/contents``: the ``studio:`` drive, in the words of Jupyter's contents API.

``buckets/<bucket>/<key>`` are the objects of S3, ``jobs/<kind>/<region>/<name>/<attempt>`` the
folders that runs work in, which are only for reading. The browser mounts it with JupyterLab's own
``Drive``.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import mimetypes
import os
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
from jupyter_server.services.contents.filecheckpoints import AsyncGenericFileCheckpoints
from jupyter_server.services.contents.handlers import (
    CheckpointsHandler,
    ContentsHandler,
    ModifyCheckpointsHandler,
)
from jupyter_server.services.contents.manager import AsyncContentsManager
from tornado import web

from .base import RESOURCE
from .objects import Entry, Objects
from .runs import Runs
from .upstream import Upstream

BUCKETS, JOBS = "buckets", "jobs"
LARGEST = 100 << 20  # bytes of a file that a browser is given as JSON
MOST = 10_000  # entries of a folder

Model = dict[str, Any]


class StudioContents(AsyncContentsManager):
    """Buckets and runs as folders and files.

    Notebooks are never trusted here: their outputs come from jobs, and from whoever may write to
    the bucket.
    """

    def __init__(self, upstream: Upstream, **options: Any) -> None:
        home = upstream.home
        checkpoints = {"root_dir": str(home.root / "checkpoints")}
        super().__init__(
            checkpoints_class=AsyncGenericFileCheckpoints,
            checkpoints_kwargs=checkpoints,
            **options,
        )
        Path(checkpoints["root_dir"]).mkdir(mode=0o700, exist_ok=True)
        self._objects = Objects(upstream)
        self._jobs = Runs(
            largest=LARGEST,
            root_dir=str(home.jobs),
            parent=self,
            checkpoints_class=AsyncGenericFileCheckpoints,
            checkpoints_kwargs=checkpoints,
        )
        self._arriving: dict[str, Path] = {}

    # -- what is there ----------------------------------------------------------------------

    async def dir_exists(self, path: str) -> bool:
        place, bucket, key = _parts(path)
        if place == JOBS:
            return bool(await self._jobs.dir_exists(key))
        if place == BUCKETS and bucket:
            if not key:
                return any(name == bucket for name, _ in await self._objects.buckets())
            return await self._objects.is_folder(bucket, key)
        return place in ("", BUCKETS)

    async def file_exists(self, path: str = "") -> bool:
        place, bucket, key = _parts(path)
        if place == JOBS:
            return bool(await self._jobs.file_exists(key))
        if not (bucket and key):
            return False
        return await self._objects.find(bucket, key) is not None

    async def is_hidden(self, path: str) -> bool:
        place, _, key = _parts(path)
        return place == JOBS and bool(await self._jobs.is_hidden(key))

    async def get(
        self,
        path: str,
        content: bool = True,
        type: str | None = None,
        format: str | None = None,
        require_hash: bool = False,
    ) -> Model:
        path = path.strip("/")
        model = await self._model(path, content, type, format)
        if require_hash and model["type"] != "directory":
            # Reading the file to tell its SHA-256 would take long where it is large.
            model |= {"hash": await self._mark(path), "hash_algorithm": "etag"}
        return model

    async def _mark(self, path: str) -> str:
        """What changes with a file, so that JupyterLab sees what was done behind its back."""
        place, bucket, key = _parts(path)
        if place == JOBS:
            return self._jobs.mark(key)
        entry = await self._objects.find(bucket, key)
        return "" if entry is None else entry.etag

    async def _model(self, path: str, content: bool, type: str | None, format: str | None) -> Model:
        place, bucket, key = _parts(path)
        if place == JOBS:
            return await self._job(path, key, content, type, format)
        if place == "":
            folders = [_folder(name, writable=False) for name in (BUCKETS, JOBS)]
            return _folder("", folders if content else None, writable=False)
        if place != BUCKETS:
            raise _missing(path)
        if not bucket:
            found = await self._objects.buckets() if content else []
            names = [_folder(f"{BUCKETS}/{name}", modified=made) for name, made in found]
            return _folder(path, names if content else None)
        entry = await self._objects.find(bucket, key) if key and type != "directory" else None
        if entry is not None:
            return await self._file(path, entry, bucket, content, type, format)
        if type in (None, "directory") and await self.dir_exists(path):
            return _folder(path, await self._children(path, bucket, key) if content else None)
        raise _missing(path)

    async def _job(
        self, path: str, inside: str, content: bool, type: str | None, format: str | None
    ) -> Model:
        found = await self._jobs.read(inside, content, type, format, path)
        if found["type"] == "notebook" and content:
            _distrust(found["content"])
        return found

    async def _children(self, path: str, bucket: str, key: str) -> list[Model]:
        prefix = f"{key}/" if key else ""
        found: list[Model] = []
        async for entry in self._objects.entries(bucket, prefix):
            name = entry.key.removeprefix(prefix).rstrip("/")
            if not name:
                continue
            if len(found) == MOST:
                self.log.warning("%s has more than %d entries; the rest is not shown", path, MOST)
                break
            place = f"{path}/{name}"
            found.append(_folder(place) if entry.is_folder else _plain(place, entry))
        return found

    async def _file(
        self, path: str, entry: Entry, bucket: str, content: bool, type: str | None,
        format: str | None,
    ) -> Model:  # fmt: skip
        model = _plain(path, entry)
        if type == "notebook" or (type is None and path.endswith(".ipynb")):
            model["type"] = "notebook"
        if not content:
            return model
        if entry.size > LARGEST:
            raise web.HTTPError(
                413, f"{path} has {entry.size} bytes, more than {LARGEST}; download it instead"
            )
        body = await self._objects.read(bucket, entry.key)
        if model["type"] == "notebook":
            return {**model, "format": "json", "mimetype": None, "content": _notebook(path, body)}
        return {**model, **_encoded(path, body, format)}

    # -- what changes -----------------------------------------------------------------------

    async def save(self, model: Model, path: str = "") -> Model:
        path = path.strip("/")
        bucket, key = self._writable(path)
        kind = model.get("type")
        if kind not in ("directory", "file", "notebook"):
            raise web.HTTPError(400, f"type is {kind!r}; expected directory, file or notebook")
        if kind == "directory":
            await self._make_folder(bucket, key)
            return await self.get(path, content=False, type="directory")
        if not key:
            raise web.HTTPError(400, f"{path} is a bucket's place; put files into a bucket")
        if model.get("content") is None:
            raise web.HTTPError(400, f"{path}: expected content")
        if "chunk" in model:
            return await self._save_chunk(path, bucket, key, model)
        body = _decoded(model)
        await self._objects.write(bucket, key, io.BytesIO(body), len(body))
        return await self.get(path, content=False)

    async def _make_folder(self, bucket: str, key: str) -> None:
        if key:
            await self._objects.make_folder(bucket, key)
        else:
            await self._objects.create_bucket(bucket)

    async def _save_chunk(self, path: str, bucket: str, key: str, model: Model) -> Model:
        """Gathers a large file on the disk, and stores it once it is whole."""
        body, number = _decoded(model), model["chunk"]
        if number == 1:
            self._forget(path)
            descriptor, name = tempfile.mkstemp(prefix="studio-upload-")
            os.close(descriptor)
            self._arriving[path] = Path(name)
        gathered = self._arriving.get(path)
        if gathered is None:
            raise web.HTTPError(400, f"chunk {number!r} of {path}: chunk 1 comes first")
        with open(gathered, "ab") as file:
            file.write(body)
        size = gathered.stat().st_size
        if number != -1:
            return _plain(path, Entry(key, size, datetime.now(UTC)))
        try:
            with open(gathered, "rb") as file:
                await self._objects.write(bucket, key, file, size)
        finally:
            self._forget(path)
        return await self.get(path, content=False)

    def _forget(self, path: str) -> None:
        gathered = self._arriving.pop(path, None)
        if gathered is not None:
            gathered.unlink(missing_ok=True)

    async def delete_file(self, path: str) -> None:
        path = path.strip("/")
        bucket, key = self._writable(path)
        if not key:
            await self._objects.delete_bucket(bucket)
        elif await self._objects.find(bucket, key) is not None:
            await self._objects.delete(bucket, key)
        elif await self._objects.is_folder(bucket, key):
            async for entry in self._objects.entries(bucket, f"{key}/", limit=2):
                if entry.key != f"{key}/":
                    raise web.HTTPError(
                        400,
                        f"the folder {key} is not empty; empty it with: "
                        f"aws s3 rm --recursive s3://{bucket}/{key}/",
                    )
            await self._objects.delete(bucket, f"{key}/")
        else:
            raise _missing(path)

    async def rename_file(self, old_path: str, new_path: str) -> None:
        bucket, key = self._writable(old_path.strip("/"))
        to_bucket, to_key = self._writable(new_path.strip("/"))
        if not (key and to_key):
            raise web.HTTPError(400, f"{old_path}: buckets keep their names; make another one")
        if (bucket, key) == (to_bucket, to_key):
            return
        if await self.file_exists(new_path) or await self.dir_exists(new_path):
            raise web.HTTPError(409, f"{new_path} exists already")
        if await self._objects.find(bucket, key) is not None:
            await self._objects.copy(bucket, key, to_bucket, to_key)
            await self._objects.delete(bucket, key)
            return
        # Everything is there twice before anything goes.
        moved = [each.key async for each in self._objects.entries(bucket, f"{key}/", delimiter="")]
        if not moved:
            raise _missing(old_path)
        if to_key.startswith(f"{key}/") and to_bucket == bucket:
            raise web.HTTPError(400, f"{old_path} cannot be moved into itself")
        for each in moved:
            target = to_key + each.removeprefix(key)
            await self._objects.copy(bucket, each, to_bucket, target)
        for each in moved:
            await self._objects.delete(bucket, each)

    def _writable(self, path: str) -> tuple[str, str]:
        """Bucket and key of a place that may change; the key is ``""`` for the bucket itself."""
        place, bucket, key = _parts(path)
        if place == JOBS:
            raise web.HTTPError(403, f"{path}: what jobs leave is only for reading; copy it")
        if place != BUCKETS or not bucket:
            raise web.HTTPError(400, f"{path or '/'}: expected buckets/<bucket>/<key>")
        return bucket, key


def _parts(path: str) -> tuple[str, str, str]:
    """``buckets/b/a/k`` is ``("buckets", "b", "a/k")``; below ``jobs`` there is no bucket."""
    place, _, rest = path.strip("/").partition("/")
    if place == JOBS:
        return JOBS, "", rest
    bucket, _, key = rest.partition("/")
    return place, bucket, key


def _missing(path: str) -> web.HTTPError:
    return web.HTTPError(404, f"there is no {path} in the studio drive".replace("%", "%%"))


def _base(path: str, modified: datetime | None = None) -> Model:
    when = modified or datetime.now(UTC)
    return {
        "name": path.rpartition("/")[2], "path": path, "created": when, "last_modified": when,
        "content": None, "format": None, "mimetype": None, "size": None, "writable": True,
        "hash": None, "hash_algorithm": None,
    }  # fmt: skip


def _folder(
    path: str,
    content: list[Model] | None = None,
    *,
    modified: datetime | None = None,
    writable: bool = True,
) -> Model:
    shown = {"format": "json", "content": content} if content is not None else {}
    return {**_base(path, modified), "type": "directory", "writable": writable, **shown}


def _plain(path: str, entry: Entry) -> Model:
    kind = "notebook" if path.endswith(".ipynb") else "file"
    return {**_base(path, entry.modified), "type": kind, "size": entry.size}


def _notebook(path: str, body: bytes) -> Any:
    try:
        found = nbformat.reads(body.decode(), as_version=4)
    except Exception as error:  # nbformat raises what its JSON, its schema and its upgrades raise
        raise web.HTTPError(400, f"{path} is no notebook: {error!s:.200}") from None
    return _distrust(found)


def _distrust(notebook: Any) -> Any:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.metadata["trusted"] = False
    return notebook


def _encoded(path: str, body: bytes, format: str | None) -> Model:
    """Content, format and type of a file, as text where that can be."""
    kind = mimetypes.guess_type(path)[0]
    if format in (None, "text"):
        try:
            return {"content": body.decode(), "format": "text", "mimetype": kind or "text/plain"}
        except UnicodeDecodeError:
            if format == "text":
                raise web.HTTPError(400, f"{path} is not UTF-8 text", reason="bad format") from None
    text = base64.encodebytes(body).decode("ascii")
    return {"content": text, "format": "base64", "mimetype": kind or "application/octet-stream"}


def _decoded(model: Model) -> bytes:
    """The bytes that a model of Jupyter's stands for."""
    content, form = model["content"], model.get("format")
    if model["type"] == "notebook":
        try:
            return str(nbformat.writes(nbformat.from_dict(content), version=4)).encode()
        except Exception as error:
            raise web.HTTPError(400, f"the content is no notebook: {error!s:.200}") from None
    if form == "json":
        return json.dumps(content).encode()
    if not isinstance(content, str) or form not in ("text", "base64"):
        raise web.HTTPError(400, f"format is {form!r}; expected text or base64 with a string")
    if form == "text":
        return content.encode()
    try:
        return base64.b64decode(content)
    except (binascii.Error, ValueError) as error:
        raise web.HTTPError(400, f"the content is not base64: {error}") from None


class _OnDrive:
    """Jupyter's handlers, over the drive instead of the server's files."""

    auth_resource = RESOURCE
    settings: Mapping[str, Any]

    @property
    def contents_manager(self) -> StudioContents:
        found: StudioContents = self.settings["studio_contents"]
        return found


class DriveHandler(_OnDrive, ContentsHandler):
    """Files and folders."""


class DriveCheckpointsHandler(_OnDrive, CheckpointsHandler):
    """The checkpoints of a file."""


class DriveCheckpointHandler(_OnDrive, ModifyCheckpointsHandler):
    """One checkpoint."""


_PATH = r"(?P<path>(?:(?:/[^/]+)+|/?))"

ROUTES: list[tuple[str, Callable[..., Awaitable[None]] | type]] = [
    (rf"/studio/contents{_PATH}/checkpoints", DriveCheckpointsHandler),
    (
        rf"/studio/contents{_PATH}/checkpoints/(?P<checkpoint_id>[\w-]+)",
        DriveCheckpointHandler,
    ),
    (rf"/studio/contents{_PATH}", DriveHandler),
]
