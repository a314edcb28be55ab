"""A script of the user's, before its notebook runs it: its source, and its environment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..bucket import archives
from ..bucket.objects import Objects
from ..bucket.uri import S3Uri
from ..environments import pins
from ..environments.environments import Environment, Environments
from ..environments.spec import Spec
from ..environments.tool import Tell
from ..errors import StudioError
from . import layout
from .spec import Script

REQUIREMENTS = "requirements.txt"
LARGEST = 1 << 20  # bytes of a file that is looked through


def stage(script: Script, folder: Path, objects: Objects) -> None:
    """Unpack the script's archive into ``code/``.

    Raises:
        StudioError: it is not there, or no archive that may be unpacked.
    """
    uri = S3Uri.parse(script.source)
    found = objects.find(uri.bucket, uri.key)
    if found is None:
        raise StudioError(f"the script's source {script.source} is not there")
    archive = folder / f".{Path(uri.key).name}"
    try:
        objects.fetch(found, archive)
        archives.unpack(archive, folder / layout.CODE)
    finally:
        archive.unlink(missing_ok=True)


def environment(script: Script, folder: Path, tell: Tell) -> Environment:
    """The environment of the script, with what its ``requirements.txt`` asks for.

    Raises:
        StudioError: it cannot be made.
    """
    spec = Spec.of(script.environment)
    requirements = folder / layout.CODE / REQUIREMENTS
    if requirements.is_file():
        spec = pins.extended(spec, requirements, tell)
    return Environments(Path(script.environments)).make(spec, tell)


def is_ready(script: Script, folder: Path) -> bool:
    """Whether the environment needs no time."""
    if (folder / layout.CODE / REQUIREMENTS).exists():
        return False
    found = Environments(Path(script.environments)).find(Spec.of(script.environment))
    if found is not None:
        found.release()
    return found is not None


def texts(folder: Path) -> Iterator[str]:
    """What the source's files say, the large ones left out."""
    for path in sorted((folder / layout.CODE).rglob("*")):
        if path.is_file() and path.stat().st_size <= LARGEST:
            yield path.read_text(errors="replace")
