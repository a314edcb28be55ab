"""A real JupyterLab on the shared daemon, in a real Chromium."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ..daemon import Studio
from .jupyter import FLAGS, TOKEN, Lab, chromium, serving_lab

# What JupyterLab itself says on every page, here without network and without our extension.
NOISE = (
    re.compile(r"Failed to load resource: net::ERR_"),
    re.compile(r"\[Violation\]|Download the React DevTools"),
    re.compile(r"Plugin \S+ (is taking too long to|.* took .*ms to) activate"),  # a busy machine
)


@pytest.fixture(scope="session")
def lab(served: Studio, notebooks: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab over the notebooks' folder and the home of ``served``."""
    own = tmp_path_factory.mktemp("jupyter")
    with serving_lab(served.home.root, notebooks, own) as lab:
        yield lab


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium. Playwright keeps an event loop running meanwhile, which nobody else could use."""
    from playwright.sync_api import sync_playwright

    found = chromium()
    if found is None:
        pytest.skip("no Chromium here; run: apt install chromium, and this again")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def _nothing_runs_on(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that fails leaves no job behind that would hold the cores of the next."""
    yield
    if "served" in request.fixturenames:
        sagemaker = request.getfixturevalue("served").client("sagemaker")
        for job in sagemaker.list_training_jobs(StatusEquals="InProgress")["TrainingJobSummaries"]:
            with contextlib.suppress(ClientError):  # it has ended meanwhile
                sagemaker.stop_training_job(TrainingJobName=job["TrainingJobName"])


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """With a failure comes what the pages showed: their text, and a picture's path."""
    outcome: Any = yield
    report = outcome.get_result()
    if report.when != "call" or not report.failed:
        return
    for number, context in enumerate(getattr(item, "funcargs", {}).get("contexts", ())):
        for page in context.pages:
            picture = item.funcargs["tmp_path"] / f"failed-{number}.png"
            page.screenshot(path=picture)
            report.sections.append((f"page ({picture})", page.locator("body").inner_text()))


@pytest.fixture
def contexts(tmp_path: Path) -> Iterator[list[Any]]:
    """The windows that a test opens."""
    contexts: list[Any] = []
    yield contexts
    for context in contexts:
        context.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained about; a test that provokes complaints clears it."""
    return []


@pytest.fixture
def open_page(
    browser: Any, lab: Lab, contexts: list[Any], complaints: list[str]
) -> Callable[..., Any]:
    """Opens JupyterLab in a new window: ``open_page(width=1280, path="lab/tree/a.ipynb")``."""

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

    return open_page


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
