"""A console is attached to the kernel of a running job."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ..daemon import PATIENCE, Studio, notebook, request

MILLISECONDS = PATIENCE * 1000
BUCKET = "consoles"


def attach(page: Any, name: str) -> None:
    page.evaluate(
        "name => window.jupyterapp.commands.execute("
        "'studio:attach-console', {kind: 'TrainingJob', name}).then(() => null)",
        name,
    )


@pytest.fixture
def waiting(served: Studio, tmp_path: Path) -> tuple[str, Path]:
    """A job whose first cell waits for a file, and the file."""
    flag = tmp_path / "go on"
    served.client("s3").create_bucket(Bucket=BUCKET)
    image = served.put(
        BUCKET, "wait.ipynb",
        notebook(
            "import pathlib, time\nfound = None",
            "while not pathlib.Path(flag).exists():\n    time.sleep(0.1)",
            "print('found', found)",
            parameters="flag = ''",
        ),
    )  # fmt: skip
    name = f"waiting-{tmp_path.name.replace('_', '-')}"
    served.client("sagemaker").create_training_job(
        **request(name, image, BUCKET, HyperParameters={"flag": str(flag)})
    )
    return name, flag


def test_what_is_typed_runs_after_the_current_cell(
    page: Any, served: Studio, waiting: tuple[str, Path]
) -> None:
    name, flag = waiting
    running = page.locator("#jp-Studio-running").locator(f'[data-studio-name="{name}"]')
    running.get_by_text("cell 3 of 4").wait_for(timeout=MILLISECONDS)
    attach(page, name)
    console = page.locator(".jp-CodeConsole:visible")
    console.locator(".jp-CodeConsole-input .cm-content").click()
    page.keyboard.type("found = 42")
    page.keyboard.press("Shift+Enter")
    console.locator(".jp-CodeConsole-content .jp-CodeCell", has_text="found = 42").wait_for()
    flag.touch()
    assert served.end_of(name)["TrainingJobStatus"] == "Completed"
    assert served.log_of(name) == ["found 42"]


def test_a_job_that_has_ended_has_no_kernel(
    page: Any, served: Studio, waiting: tuple[str, Path]
) -> None:
    name, flag = waiting
    flag.touch()
    served.end_of(name)
    attach(page, name)
    page.get_by_role("dialog").get_by_text("It has no kernel to talk to").wait_for()
