"""The environments of one home: made once, whole or not there, and kept while they are used.

``<fingerprint>/``      an environment; ``environment.json`` in it is written last of all
``<fingerprint>.lock``  held alone by who makes or removes it, shared by who uses it
``.studio_<pid>_…/``    one that is being made or removed by that process
"""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..files import TEMPORARY, is_orphan, read_json, write_json
from ..processes.lock import Lock
from . import tool
from .spec import Spec
from .tool import EnvironmentFailed, Tell

RECORD = "environment.json"
LOCK = ".lock"
LOOK = 0.1  # seconds between looking whether another process is ready


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment that is whole.

    Attributes:
        made: seconds since the epoch.
        used: seconds since the epoch when a job last asked for it.
        hold: keeps it from being removed, until it is let go or the process ends.
    """

    path: Path
    spec: Spec
    made: float
    used: float
    hold: Lock | None = None

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.path / "bin" / "python"

    def release(self) -> None:
        """Let others remove it."""
        if self.hold is not None:
            self.hold.release()


class Environments:
    """The environments below ``root``, which is made when it is needed."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def every(self) -> list[Environment]:
        """Those that are whole, the last used first."""
        found = filter(None, map(_read, self._folders()))
        return sorted(found, key=lambda each: each.used, reverse=True)

    def find(self, spec: Spec) -> Environment | None:
        """The environment if it is there already, held; None when it has to be made."""
        path = self.root / spec.fingerprint
        if _read(path) is None:
            return None
        lock = Lock(self._lock(path))
        found = _read(path) if lock.take(shared=True) else None
        if found is None:
            lock.release()
            return None
        os.utime(path / RECORD)
        return Environment(path, found.spec, found.made, time.time(), lock)

    def make(self, spec: Spec, tell: Tell = lambda line: None) -> Environment:
        """The environment, held; made first when it is not there.

        Of several processes that ask at once, one makes it and the others wait.

        Args:
            tell: is given a line at a time while that takes long.

        Raises:
            EnvironmentFailed: it cannot be made; the package tool's words.
            OSError: as the system says.
        """
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.root / spec.fingerprint
        lock = Lock(self._lock(path))
        told = False
        while (found := self.find(spec)) is None:
            if lock.take():
                try:
                    if _read(path) is None:
                        self._make(spec, path, tell)
                finally:
                    lock.release()
                continue
            if not told:
                tell(f"waiting for the environment {spec.name}, which another process makes")
                told = True
            time.sleep(LOOK)
        return found

    def remove(self, environment: Environment) -> bool:
        """Remove it, unless somebody uses it. Returns whether it is gone."""
        lock = Lock(self._lock(environment.path))
        if not lock.take():
            return False
        try:
            self._discard(environment.path)
            return True
        finally:
            lock.release()

    def remove_unused(self, age: float = 0.0) -> list[Environment]:
        """Remove those that nobody uses nor has asked for in ``age`` seconds; which they were."""
        self.sweep()
        limit = time.time() - age
        return [each for each in self.every() if each.used <= limit and self.remove(each)]

    def sweep(self) -> None:
        """Remove what dead processes left unfinished."""
        for path in self.root.glob(f"{TEMPORARY}*"):
            if is_orphan(path.name):
                shutil.rmtree(path, ignore_errors=True)

    def _make(self, spec: Spec, path: Path, tell: Tell) -> None:
        started = time.monotonic()
        self.sweep()
        tell(
            f"making the environment {spec.name}: Python {spec.python}, "
            f"{len(spec.requirements)} packages"
        )
        draft = self._draft()
        draft.mkdir(mode=0o700)
        try:
            fill(draft, spec, tell)
            write_json(draft / RECORD, {"spec": spec.plain(), "made": time.time()})
            if path.exists():
                self._discard(path)  # its interpreter is gone
            os.rename(draft, path)
        except EnvironmentFailed as error:
            cure = spec.cure(str(error))
            if not cure:
                raise
            raise EnvironmentFailed(f"{error}; run: {cure}") from None
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        tell(f"the environment is ready after {time.monotonic() - started:.1f} s")

    def _discard(self, path: Path) -> None:
        """Remove a folder; nobody sees a part of it."""
        gone = self._draft()
        os.rename(path, gone)
        shutil.rmtree(gone, ignore_errors=True)

    def _draft(self) -> Path:
        return self.root / f"{TEMPORARY}{os.getpid()}_{secrets.token_hex(8)}"

    def _lock(self, path: Path) -> Path:
        return path.with_name(path.name + LOCK)

    def _folders(self) -> Iterator[Path]:
        if self.root.is_dir():
            yield from (path for path in self.root.iterdir() if path.name[0] != ".")


def fill(folder: Path, spec: Spec, tell: Tell) -> None:
    """Make the environment in an empty folder, which may be renamed afterwards.

    Raises:
        EnvironmentFailed: in the tool's words.
    """
    what = f"the environment {spec.name} could not be made"
    python = folder / "bin" / "python"
    venv = [tool.uv(), "venv", "--quiet", "--no-project", "--relocatable", "--allow-existing"]
    tool.run(
        [*venv, "--python", _interpreter(spec.python), str(folder)],
        cwd=folder, what=what, tell=tell,
    )  # fmt: skip
    pins = folder / "requirements.txt"
    pins.write_text("".join(f"{requirement}\n" for requirement in spec.requirements))
    if spec.requirements:
        install = tool.pip("install", "--no-deps", "--python", str(python))
        tool.run([*install, "-r", str(pins)], cwd=folder, what=what, tell=tell)
        # The spec names every package: what one of them misses would show in the middle of a job.
        tool.run(
            [tool.uv(), "pip", "check", "--quiet", "--python", str(python)],
            cwd=folder, what=what, tell=tell,
        )  # fmt: skip
    if spec.imports:
        tell(f"trying to import {', '.join(spec.imports)}")
        code = "; ".join(f"import {module}" for module in spec.imports)
        tool.run([str(python), "-c", code], cwd=folder, what=what, tell=tell)


def _interpreter(version: str) -> str:
    """What uv is asked for: our own interpreter where it is of the version, else any such."""
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    if version in (own, f"{own}.{sys.version_info.micro}"):
        return os.path.realpath(sys.executable)
    return version


def _read(path: Path) -> Environment | None:
    """The environment in a folder; None when there is none, or its interpreter is gone."""
    try:
        record = read_json(path / RECORD)
        used = (path / RECORD).stat().st_mtime
    except (OSError, ValueError):
        return None
    if record is None:
        return None
    found = Environment(path, Spec.of(record["spec"]), record["made"], used)
    return found if os.access(found.python, os.X_OK) else None
