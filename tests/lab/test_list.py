"""The list of a kind: found, sorted, selected and acted on, however long it is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from studio_ext.store import Store

from ..benchmarks.lists import fill
from ..daemon import PATIENCE, Studio, notebook, request, serving
from .jupyter import TOKEN, serving_lab

BUCKET = "lists"
MILLISECONDS = PATIENCE * 1000
ROLE = "arn:aws:iam::123456789012:role/StudioExecutionRole"

# Scrolls for five seconds: rows in the page, rows gone by, and milliseconds between two frames.
SCROLL = """async () => {
  const node = document.querySelector('.jp-StudioList-scroll');
  const pauses = [];
  let last = performance.now();
  const end = last + 5000;
  const frame = now => {
    pauses.push(now - last);
    last = now;
    if (now < end) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  while (performance.now() < end) {
    node.scrollTop += 600;
    await new Promise(resolve => setTimeout(resolve, 30));
  }
  pauses.sort((one, other) => one - other);
  return {
    rows: document.querySelectorAll('.jp-StudioList-row').length,
    seen: node.scrollTop / 28,
    p99: pauses[Math.floor(pauses.length * 0.99)],
    longest: pauses[pauses.length - 1]
  };
}"""


def show(page: Any, kind: str) -> Any:
    """The list of a kind, opened."""
    page.evaluate(
        "kind => window.jupyterapp.commands.execute('studio:open-list', {kind}).then(() => null)",
        kind,
    )
    found = page.get_by_role("region", name=kind, exact=True)
    found.get_by_role("grid").or_(found.get_by_role("button", name="Create")).first.wait_for(
        timeout=MILLISECONDS
    )
    return found


def model(served: Studio, name: str) -> None:
    served.client("sagemaker").create_model(
        ModelName=name, PrimaryContainer={"Image": "i"}, ExecutionRoleArn=ROLE
    )


def row(shown: Any, name: str) -> Any:
    return shown.locator(f'[data-studio-name="{name}"]')


def test_an_empty_list_offers_the_one_thing_to_do(page: Any) -> None:
    shown = show(page, "Workteam")
    shown.get_by_text("There are no").wait_for()
    shown.locator(".jp-StudioList-empty").get_by_role("button", name="Create workteam").wait_for()


def test_it_is_filtered_and_sorted_on_the_server(page: Any, served: Studio) -> None:
    for number in range(130):
        model(served, f"listed-{number:03}")
    shown = show(page, "Model")
    row(shown, "listed-129").wait_for()
    shown.get_by_role("button", name="Name").click()
    row(shown, "listed-000").wait_for()
    shown.get_by_role("searchbox", name="Filter by name").fill("listed-12")
    row(shown, "listed-000").wait_for(state="detached")
    row(shown, "listed-120").wait_for()
    assert shown.locator(".jp-StudioList-row").count() == 10
    shown.get_by_role("searchbox", name="Filter by name").fill("no such model")
    shown.get_by_text("None fits the filter.").wait_for()


def test_what_happens_is_shown_at_once(page: Any, served: Studio) -> None:
    model(served, "before")
    shown = show(page, "Model")
    row(shown, "before").wait_for()
    model(served, "afterwards")
    row(shown, "afterwards").wait_for()
    served.client("sagemaker").delete_model(ModelName="afterwards")
    row(shown, "afterwards").wait_for(state="detached")


def test_many_are_deleted_with_their_names_in_the_question(page: Any, served: Studio) -> None:
    for number in range(3):
        model(served, f"doomed-{number}")
    shown = show(page, "Model")
    for number in range(2):
        shown.get_by_label(f"Select doomed-{number}").check()
    shown.get_by_text("2 selected").wait_for()
    shown.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("doomed-0").wait_for()
    dialog.get_by_text("doomed-1").wait_for()
    assert dialog.get_by_text("doomed-2").count() == 0
    dialog.get_by_role("button", name="Delete").click()
    row(shown, "doomed-0").wait_for(state="detached")
    row(shown, "doomed-1").wait_for(state="detached")
    row(shown, "doomed-2").wait_for()


def test_it_is_used_with_the_keyboard_alone(page: Any, served: Studio) -> None:
    for number in range(3):
        model(served, f"keys-{number}")
    shown = show(page, "Model")
    row(shown, "keys-0").wait_for()
    shown.get_by_role("grid").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    shown.get_by_text("1 selected").wait_for()
    assert row(shown, "keys-1").get_attribute("aria-selected") == "true"
    page.keyboard.press("Escape")
    shown.get_by_text("selected").wait_for(state="detached")
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    page.get_by_role("region", name="keys-2", exact=True).wait_for()


def test_jobs_are_stopped_and_compared(page: Any, served: Studio) -> None:
    served.client("s3").create_bucket(Bucket=BUCKET)
    image = served.put(BUCKET, "s.ipynb", notebook("import time", "time.sleep(600)"))
    for number in range(2):
        served.client("sagemaker").create_training_job(
            **request(f"listed-job-{number}", image, BUCKET)
        )
    shown = show(page, "TrainingJob")
    for number in range(2):
        shown.get_by_label(f"Select listed-job-{number}").check()
    shown.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Stop", exact=True).click()
    for number in range(2):
        served.until(f"listed-job-{number}", "Stopped")
        row(shown, f"listed-job-{number}").get_by_text("Stopped").wait_for(timeout=MILLISECONDS)
    for number in range(2):
        shown.get_by_label(f"Select listed-job-{number}").check()
    shown.get_by_role("button", name="Compare").click()
    compared = page.get_by_role("region", name="Compare Jobs", exact=True)
    compared.get_by_role("button", name="listed-job-1", exact=True).wait_for()


@pytest.mark.slow
def test_a_hundred_thousand_are_scrolled_without_a_pause(browser: Any, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    fill(Store(f"sqlite:///{home}/studio.db"), 100_000)
    (tmp_path / "own").mkdir()
    with (
        serving(tmp_path) as studio,
        serving_lab(studio.home.root, tmp_path, tmp_path / "own") as lab,
    ):
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(f"{lab.url}/lab?token={TOKEN}&reset")
        page.wait_for_function("window.jupyterapp?.commands.hasCommand('studio:open-notebook')")
        shown = show(page, "TrainingJob")
        shown.get_by_text(re.compile("of 100,000")).wait_for(timeout=MILLISECONDS)
        runs = [page.evaluate(SCROLL) for _ in range(3)]
        page.close()
    assert all(run["rows"] < 100 for run in runs)  # in the page, of the thousands that went by
    assert runs[-1]["seen"] > 1000
    # One pause in a hundred may be the machine's, and so may a whole run.
    assert min(run["p99"] for run in runs) < 100, runs
