"""A profile of its own in ``~/.aws``, chosen by ``AWS_PROFILE``; all others stay as they are."""

from __future__ import annotations

import os
import re
from pathlib import Path

from ..errors import StudioError
from ..files import write_whole
from .environment import Endpoint
from .keys import Credential

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Profile:
    """One profile in the files ``config`` and ``credentials``.

    Args:
        name: of the profile, not ``default``, which is everybody's.
        folder: ``~/.aws``.
    """

    def __init__(self, name: str = "studio", folder: Path | None = None) -> None:
        if not _NAME.fullmatch(name) or name == "default":
            raise StudioError(
                f"profile {name!r}: expected letters, digits, '-' and '_', and not 'default'"
            )
        folder = folder or Path.home() / ".aws"
        self.name = name
        self.config = Path(os.environ.get("AWS_CONFIG_FILE") or folder / "config")
        self.credentials = Path(
            os.environ.get("AWS_SHARED_CREDENTIALS_FILE") or folder / "credentials"
        )

    def write(self, endpoint: Endpoint, credential: Credential) -> None:
        """Adds the profile, or replaces it."""
        settings = {"region": endpoint.region, "endpoint_url": endpoint.url}
        if endpoint.bundle is not None:
            settings["ca_bundle"] = str(endpoint.bundle)
        keys = {
            "aws_access_key_id": credential.access_key,
            "aws_secret_access_key": credential.secret_key,
        }
        _replace(self.config, f"profile {self.name}", settings)
        _replace(self.credentials, self.name, keys)

    def remove(self) -> bool:
        """Takes the profile out again; ``False`` when there is none."""
        gone = [
            _replace(path, title, None)
            for path, title in (
                (self.config, f"profile {self.name}"),
                (self.credentials, self.name),
            )
        ]
        return any(gone)


def _replace(path: Path, title: str, values: dict[str, str] | None) -> bool:
    """Sets one section of an INI file; all other lines stay as they are, comments too.

    Returns:
        Whether the section was there before.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lines = path.read_text().splitlines() if path.exists() else []
    kept: list[str] = []
    inside = found = False
    for line in lines:
        header = re.fullmatch(r"\s*\[\s*(.+?)\s*\]\s*", line)
        if header:
            inside = " ".join(header[1].split()) == title
            found |= inside
        if not inside:
            kept.append(line)
    if values is not None:
        if kept and kept[-1].strip():
            kept.append("")
        kept += [f"[{title}]", *(f"{name} = {value}" for name, value in values.items())]
    if values is not None or found:
        write_whole(path, "".join(f"{line}\n" for line in kept).encode(), mode=0o600)
    return found
