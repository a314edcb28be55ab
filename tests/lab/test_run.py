"""A notebook becomes a job with a form."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ..daemon import PATIENCE, Studio, notebook
from .jupyter import Lab

MILLISECONDS = PATIENCE * 1000
PARAMETERS = 'rate = 0.5  # how fast\nrounds = 3\nloud = True\nword = "hi"\nsizes = [1, 2]'


@pytest.fixture
def mine(lab: Lab) -> str:
    """A notebook of the user's own, in the folder that JupyterLab serves."""
    made = json.loads(
        notebook("print('is', rate, rounds, loud, word, sizes)", parameters=PARAMETERS)
    )
    made["metadata"]["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    (lab.root / "mine.ipynb").write_text(json.dumps(made))
    return "mine.ipynb"


def run(page: Any, command: str, **arguments: Any) -> None:
    page.evaluate(
        "([command, args]) => window.jupyterapp.commands.execute(command, args).then(() => null)",
        [command, arguments],
    )


def form(page: Any, path: str) -> Any:
    found = page.locator(".jp-StudioForm:visible")
    found.get_by_role("heading", name=f"Run {path} as a job").wait_for(timeout=MILLISECONDS)
    return found


def start(page: Any, found: Any) -> str:
    name: str = found.get_by_label("Name").first.input_value()
    found.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("heading", name=name).wait_for(timeout=MILLISECONDS)
    return name


def test_a_notebook_of_the_file_browser_runs_with_its_parameters(
    page: Any, served: Studio, mine: str
) -> None:
    page.locator('li[data-id="filebrowser"]').click()
    run(page, "filebrowser:refresh")
    page.locator(".jp-DirListing-item", has_text=mine).click(button="right")
    page.get_by_role("menuitem", name="Run as Job").click()
    found = form(page, mine)
    found.get_by_label("rate").fill("fast")
    found.get_by_text("Expected a number.").wait_for()
    assert found.get_by_role("button", name="Run", exact=True).is_disabled()
    found.get_by_label("rate").fill("0.25")
    found.get_by_label("loud").select_option("false")
    found.get_by_label("word").fill('a "word"')
    name = start(page, found)
    job = served.end_of(name)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert job["AlgorithmSpecification"]["TrainingImage"] == mine
    assert job["HyperParameters"] == {"rate": "0.25", "loud": "false", "word": 'a "word"'}
    assert 'is 0.25 3 False a "word" [1, 2]' in served.log_of(name)


def test_an_unsaved_notebook_is_saved_first(page: Any, lab: Lab, mine: str) -> None:
    run(page, "docmanager:open", path=mine, factory="Notebook")
    panel = page.locator(".jp-NotebookPanel:visible")
    panel.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Control+End")
    page.keyboard.type("\nunsaved = 1")
    panel.locator('[data-jp-item-name="run-as-job"]').locator("jp-button, button").first.click()
    found = form(page, mine)
    found.get_by_label("unsaved").wait_for()
    assert "unsaved = 1" in (lab.root / mine).read_text()


def test_the_same_again_with_other_parameters(page: Any, served: Studio, mine: str) -> None:
    run(page, "studio:run-notebook", path=mine)
    found = form(page, mine)
    found.get_by_label("rounds").fill("5")
    name = start(page, found)
    assert served.end_of(name)["TrainingJobStatus"] == "Completed"
    run(page, "studio:clone", kind="TrainingJob", name=name)
    clone = page.locator(".jp-StudioForm:visible")
    clone.get_by_label("rounds").wait_for(timeout=MILLISECONDS)
    assert clone.get_by_label("rounds").input_value() == "5"
    clone.get_by_label("rounds").fill("7")
    again: str = clone.get_by_label("Name").first.input_value()
    assert again != name
    clone.get_by_role("button", name="Create", exact=True).click()
    page.get_by_role("heading", name=again).wait_for(timeout=MILLISECONDS)
    assert served.end_of(again)["HyperParameters"] == {"rounds": "7"}
