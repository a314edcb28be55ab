"""The sidebar shows what is, as it happens."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from ..daemon import PATIENCE, Studio, notebook, request
from .conftest import show_sidebar
from .jupyter import Lab

BUCKET = "sidebar"
MILLISECONDS = PATIENCE * 1000
_numbers = itertools.count()


@pytest.fixture(scope="module")
def sleeper(served: Studio) -> Callable[..., str]:
    """Starts a job whose notebook sleeps in its second cell; returns the job's name."""
    served.client("s3").create_bucket(Bucket=BUCKET)
    image = served.put(
        BUCKET, "sleep.ipynb",
        notebook("import time", "time.sleep(seconds)", "1 / nothing", "4",
                 parameters="seconds = 600\nnothing = 1"),
    )  # fmt: skip

    def start(**parameters: str) -> str:
        name = f"sleeper-{next(_numbers)}"
        served.client("sagemaker").create_training_job(
            **request(name, image, BUCKET, HyperParameters=parameters)
        )
        return name

    return start


def row(page: Any, name: str) -> Any:
    """A resource's row in the list of its kind."""
    return page.locator(f'#studio-sidebar :not(.jp-mod-active)[data-studio-name="{name}"]')


def test_a_job_is_shown_while_it_runs_and_stopped(
    page: Any, served: Studio, sleeper: Callable[..., str]
) -> None:
    name = sleeper()
    running = page.locator("#jp-Studio-running")
    job = running.locator(f'[data-studio-name="{name}"]')
    job.get_by_text(re.compile(r"cell 3 of 5")).wait_for(timeout=MILLISECONDS)
    bar = job.get_by_role("progressbar")
    assert (bar.get_attribute("aria-valuenow"), bar.get_attribute("aria-valuemax")) == ("3", "5")
    job.get_by_role("button", name=f"Stop {name}").click()
    job.wait_for(state="detached", timeout=MILLISECONDS)
    assert served.end_of(name)["TrainingJobStatus"] == "Stopped"
    row(page, name).get_by_text("Stopped").wait_for(state="attached")


def test_a_failure_says_why(page: Any, served: Studio, sleeper: Callable[..., str]) -> None:
    name = sleeper(seconds="0", nothing="0")
    row(page, name).get_by_text("ZeroDivisionError").wait_for(timeout=MILLISECONDS)
    row(page, name).get_by_text("Failed").wait_for(state="attached")


def test_what_jobs_say_is_shown_as_text(page: Any, served: Studio) -> None:
    script = "<img src=x onerror=alert(1)>"
    served.client("s3").create_bucket(Bucket=BUCKET)
    image = served.put(BUCKET, "hostile.ipynb", notebook(f"raise ValueError({script!r})"))
    served.client("sagemaker").create_training_job(**request("hostile", image, BUCKET))
    page.on("dialog", lambda dialog: pytest.fail("a script ran"))
    row(page, "hostile").get_by_text(script).wait_for(timeout=MILLISECONDS)
    assert page.locator("#studio-sidebar img").count() == 0


def test_the_newest_are_shown_first(page: Any, served: Studio, sleeper: Callable[..., str]) -> None:
    names = [sleeper(seconds="0") for _ in range(6)]
    for name in names:
        served.end_of(name)
    page.locator("#studio-sidebar").get_by_title("Look again").click()
    shown = page.locator("#studio-sidebar :not(.jp-mod-active)[data-studio-name]")
    page.wait_for_function(
        "([name]) => document.querySelectorAll('#studio-sidebar [data-studio-name]')[0]"
        "?.dataset.studioName === name", arg=[names[-1]],
    )  # fmt: skip
    found = shown.evaluate_all("nodes => nodes.map(node => node.dataset.studioName)")
    assert found == names[:0:-1]


def test_the_filter_finds_by_name_and_status(
    page: Any, served: Studio, sleeper: Callable[..., str]
) -> None:
    bad, good = sleeper(seconds="0", nothing="0"), sleeper(seconds="0")
    served.end_of(bad)
    served.end_of(good)
    box = page.locator("#studio-sidebar").get_by_role("searchbox")
    box.fill("failed")
    row(page, good).wait_for(state="detached")
    row(page, bad).wait_for()
    box.fill(good[3:])
    row(page, bad).wait_for(state="detached")
    row(page, good).wait_for()
    box.fill("no such thing")
    page.get_by_text("Nothing matches “no such thing”.").first.wait_for()


def test_the_sidebar_is_used_with_the_keyboard_alone(
    page: Any, served: Studio, sleeper: Callable[..., str]
) -> None:
    name = sleeper(seconds="0")
    served.end_of(name)
    row(page, name).get_by_text("Completed").wait_for(state="attached", timeout=MILLISECONDS)
    page.locator("#studio-sidebar").get_by_role("searchbox").focus()
    heading = page.locator(":focus")
    for _ in range(40):
        if (
            heading.evaluate("node => node.closest('[data-studio-name]')?.dataset.studioName")
            == name
        ):
            break
        page.keyboard.press("ArrowDown")
    else:
        pytest.fail(f"the arrows do not reach {name}")
    page.keyboard.press("Enter")
    page.get_by_role("tab", name=name).wait_for()


def test_it_comes_back_after_the_daemon_and_after_jupyter(
    page: Any, served: Studio, lab: Lab, sleeper: Callable[..., str], complaints: list[str]
) -> None:
    footer = page.locator("#studio-sidebar").get_by_role("status")
    footer.get_by_text("connected").wait_for()
    served.client("sagemaker").list_training_jobs()
    from studio_ext.launch import end, ensure

    end(served.home)
    footer.get_by_text("reconnecting, last seen").wait_for()
    ensure(served.home, ("--grace", "2"))
    footer.get_by_text("connected").wait_for()
    name = sleeper(seconds="0")
    row(page, name).wait_for(timeout=MILLISECONDS)

    lab.stop()
    footer.get_by_text("reconnecting, last seen").wait_for()
    lab.start()
    footer.get_by_text("connected").wait_for(timeout=MILLISECONDS)
    name = sleeper(seconds="0")
    row(page, name).wait_for(timeout=MILLISECONDS)
    complaints.clear()  # of connections that were refused meanwhile, which is what we did


def test_open_sections_stay_open(
    open_page: Callable[..., Any], lab: Lab, complaints: list[str]
) -> None:
    page = open_page()
    sidebar = show_sidebar(page)
    heading = sidebar.get_by_role("button", name=re.compile("^Inference", re.I)).first
    assert heading.get_attribute("aria-expanded") == "false"
    heading.click()
    time.sleep(5)  # JupyterLab saves its state after a while
    page.goto(f"{lab.url}/lab")
    page.wait_for_selector("#jupyterlab-splash", state="detached")
    inference = re.compile("^Inference", re.I)
    sidebar.get_by_role("button", name=inference, expanded=True).first.wait_for()
    assert complaints == []


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_words_are_readable_in_both_themes(page: Any, theme: str) -> None:
    page.evaluate(
        "theme => window.jupyterapp?.commands.execute('apputils:change-theme', {theme})", theme
    )
    page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=theme)
    for selector in (".jp-StudioSidebar-footer", ".jp-StudioSidebar-title"):
        assert contrast(page, selector) >= 4.5, f"{selector} in {theme}"


def contrast(page: Any, selector: str) -> float:
    """The ratio of WCAG 2 between a text and what is behind it."""
    return float(page.evaluate(CONTRAST, selector))


CONTRAST = """selector => {
  const node = document.querySelector(selector);
  const numbers = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b]
    .map(v => v / 255)
    .map(v => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  let behind = node;
  while (numbers(getComputedStyle(behind).backgroundColor)[3] === 0) {
    behind = behind.parentElement;
  }
  const one = light(numbers(getComputedStyle(node).color));
  const other = light(numbers(getComputedStyle(behind).backgroundColor));
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}"""
