"""A real JupyterLab on the shared daemon, in a real Chromium."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ..daemon import Studio

TOKEN = "a-token-of-the-tests"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")

# What JupyterLab itself says on every page, here without network and without our extension.
NOISE = (
    re.compile(r"Failed to load resource: net::ERR_"),
    re.compile(r"\[Violation\]|Download the React DevTools"),
)


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
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(30)

    def start(self) -> None:
        """Start it again on the same port."""
        self.process = _run(self.command, self.environment, self.root)
        _wait(self.url, self.process)


def _run(command: list[str], environment: dict[str, str], root: Path) -> subprocess.Popen[bytes]:
    with open(root.parent / "lab.log", "ab") as log:
        return subprocess.Popen(
            command, env=environment, stdout=log, stderr=log, start_new_session=True
        )


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    limit = time.monotonic() + 90
    while True:
        try:
            urllib.request.urlopen(f"{url}/api", timeout=5).read()
            return
        except OSError:
            assert process.poll() is None, "JupyterLab ended at once; see lab.log"
            assert time.monotonic() < limit, "JupyterLab did not answer in time"
            time.sleep(0.1)


@pytest.fixture(scope="session")
def lab(served: Studio, notebooks: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab over the notebooks' folder and the home of ``served``."""
    own = tmp_path_factory.mktemp("jupyter")
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    environment = {
        **os.environ,
        "STUDIO_HOME": str(served.home.root),
        **{
            f"JUPYTER{name}": str(own / name)
            for name in ("_CONFIG_DIR", "_DATA_DIR", "_RUNTIME_DIR", "LAB_WORKSPACES_DIR")
        },
        "JUPYTERLAB_SETTINGS_DIR": str(own / "settings"),
    }
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1",
        f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}",
        f"--ServerApp.root_dir={notebooks}", "--LabApp.news_url=None", "--LabApp.expose_app_in_browser=True",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]  # fmt: skip
    lab = Lab(f"http://127.0.0.1:{port}", notebooks, command, environment,
              _run(command, environment, notebooks))  # fmt: skip
    _wait(lab.url, lab.process)
    yield lab
    lab.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium here; run: apt install chromium, and this again")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained about; a test that provokes complaints clears it."""
    return []


@pytest.fixture
def open_page(browser: Any, lab: Lab, complaints: list[str]) -> Iterator[Callable[..., Any]]:
    """Opens JupyterLab in a new window: ``open_page(width=1280, theme="JupyterLab Dark")``."""
    contexts = []

    def note(kind: str, text: str) -> None:
        if not any(pattern.search(text) for pattern in NOISE):
            complaints.append(f"{kind}: {text}")

    def open_page(
        width: int = 1280, height: int = 800, path: str = "lab", reset: bool = True
    ) -> Any:
        context = browser.new_context(viewport={"width": width, "height": height}, locale="en-US")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: note("error", str(error)))
        page.on(
            "console",
            lambda said: said.type in ("error", "warning") and note(said.type, said.text),
        )
        page.goto(f"{lab.url}/{path}?token={TOKEN}" + "&reset" * reset)
        page.wait_for_selector("#jupyterlab-splash", state="detached")
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def page(open_page: Callable[..., Any], complaints: list[str]) -> Iterator[Any]:
    """JupyterLab with the sidebar open; the browser must not complain."""
    page = open_page()
    show_sidebar(page)
    yield page
    assert complaints == []


def show_sidebar(page: Any) -> Any:
    """The sidebar, opened if it was not."""
    sidebar = page.locator("#studio-sidebar")
    if not sidebar.is_visible():
        page.get_by_role("tab", name="Studio").or_(
            page.locator('li[data-id="studio-sidebar"]')
        ).first.click()
    sidebar.wait_for()
    return sidebar
