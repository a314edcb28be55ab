"""A JupyterLab of our own, and the Chromium to look at it with."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TOKEN = "a-token-of-the-tests"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage"]


@dataclass
class Lab:
    """A JupyterLab.

    Attributes:
        root: the folder that it serves.
    """

    url: str
    root: Path
    command: list[str]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, again on the same port, and wait until it answers."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        limit = time.monotonic() + 90
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/api", timeout=5).read()
                return
            except OSError:
                assert self.process.poll() is None, self.log.read_text()
                assert time.monotonic() < limit, self.log.read_text()
                time.sleep(0.1)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(30)


@contextmanager
def serving_lab(home: Path, root: Path, own: Path) -> Iterator[Lab]:
    """Run JupyterLab over the folder ``root`` and the Studio of ``home``.

    Args:
        own: an empty folder for its settings and its log.
    """
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    places = ("_CONFIG_DIR", "_DATA_DIR", "_RUNTIME_DIR", "LAB_WORKSPACES_DIR", "LAB_SETTINGS_DIR")
    environment = {
        **os.environ,
        "STUDIO_HOME": str(home),
        **{f"JUPYTER{name}": str(own / name.strip("_")) for name in places},
    }
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1",
        f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}",
        f"--ServerApp.root_dir={root}", "--LabApp.news_url=None",
        "--LabApp.expose_app_in_browser=True",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]  # fmt: skip
    lab = Lab(f"http://127.0.0.1:{port}", root, command, environment, own / "lab.log")
    lab.start()
    try:
        yield lab
    finally:
        lab.stop()


def chromium() -> str | None:
    """The browser's program, None where there is none."""
    return next((path for name in CHROMIUM if (path := shutil.which(name))), None)
