"""What lets the sagemaker SDK run against Studio unchanged.

The SDK builds the URL of STS itself, ``https://`` and a host name from botocore's table of
endpoints, past every variable. botocore reads that table from ``~/.aws/models`` before its own, so
a copy there in which STS is this machine leads it here. It does so for every program of that home:
therefore only on request, with the old file kept, and with a way back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore.loaders import Loader

from ..errors import StudioError
from ..files import write_whole

_MARK = "studio"
_SERVICES = ("sts",)

SETTINGS = """\
# The sagemaker SDK reports its use to its makers unless told otherwise.
SchemaVersion: '1.0'
SageMaker:
  PythonSDK:
    Modules:
      TelemetryOptOut: true
"""


class EndpointTable:
    """``endpoints.json`` in a folder that botocore reads.

    Args:
        folder: ``~/.aws/models``, or one that only jobs are led to.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "endpoints.json"
        self.backup = folder / "endpoints.json.before-studio"

    @classmethod
    def of_user(cls, home: Path | None = None) -> EndpointTable:
        return cls((home or Path.home()) / ".aws" / "models")

    @property
    def is_ours(self) -> bool:
        return self.path.exists() and _MARK in _read(self.path)

    def install(self, tls_port: int) -> bool:
        """Writes the table with STS on this machine; an older file is kept beside it.

        Returns:
            Whether anything changed.

        Raises:
            StudioError: the file that is there is no table of endpoints.
        """
        source = self.path if self.path.exists() and not self.is_ours else None
        if source is None and self.backup.exists():
            source = self.backup
        table = _read(source) if source else Loader().load_data("endpoints")
        text = json.dumps(redirected(table, f"localhost:{tls_port}")).encode()
        if self.path.exists() and self.path.read_bytes() == text:
            return False
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if source == self.path:
            self.path.replace(self.backup)
        write_whole(self.path, text, sync=True)
        return True

    def undo(self) -> bool:
        """Puts back what was there; ``False`` when the file is not ours."""
        if not self.is_ours:
            return False
        if self.backup.exists():
            self.backup.replace(self.path)
        else:
            self.path.unlink()
        return True


def redirected(table: dict[str, Any], host: str) -> dict[str, Any]:
    """A copy of botocore's table in which STS has this host in every region."""
    copy: dict[str, Any] = json.loads(json.dumps(table))
    for partition in copy["partitions"]:
        for name in _SERVICES:
            service = partition.get("services", {}).get(name)
            if service is None:
                continue
            for entry in _entries(service):
                entry.pop("variants", None)
                entry.pop("hostname", None)
            service.setdefault("defaults", {}).update(hostname=host, protocols=["https"])
    copy[_MARK] = {"host": host, "undo": "studio env --sdk --undo"}
    return copy


def write_settings(folder: Path) -> Path:
    """The SDK's settings file for ``SAGEMAKER_USER_CONFIG_OVERRIDE``.

    SDKs before 2.233 know nothing of reports, and refuse the file: unset the variable for those.
    """
    path = folder / "sagemaker-sdk.yaml"
    if not path.exists() or path.read_text() != SETTINGS:
        write_whole(path, SETTINGS.encode())
    return path


def _entries(service: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield service.setdefault("defaults", {})
    yield from service.get("endpoints", {}).values()


def _read(path: Path) -> dict[str, Any]:
    try:
        table: dict[str, Any] = json.loads(path.read_bytes())
        table["partitions"]
    except (ValueError, KeyError, TypeError) as error:
        raise StudioError(
            f"{path} is no table of endpoints ({error}); move it away: mv {path} {path}.old"
        ) from None
    return table
