"""A console is attached to the kernel of a running job."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from ..daemon import PATIENCE, Studio, notebook, request

MILLISECONDS = PATIENCE * 1000
BUCKET = "consoles"
CELLS = 120
_numbers = itertools.count()


def attach(page: Any, name: str) -> None:
    page.evaluate(
        "name => window.jupyterapp.commands.execute("
        "'studio:attach-console', {kind: 'TrainingJob', name}).then(() => null)",
        name,
    )


@pytest.fixture
def start(served: Studio) -> Callable[[str], str]:
    """Starts a job of many cells that each take a while as long as nothing is found."""
    served.client("s3").create_bucket(Bucket=BUCKET)
    image = served.put(
        BUCKET, "look.ipynb",
        notebook(
            "import time\nfound = None",
            *["if found is None:\n    time.sleep(pause)"] * CELLS,
            "print('found', found)",
            parameters="pause = 0.0",
        ),
    )  # fmt: skip

    def start(pause: str) -> str:
        name = f"looked-into-{next(_numbers)}"
        served.client("sagemaker").create_training_job(
            **request(name, image, BUCKET, HyperParameters={"pause": pause})
        )
        return name

    return start


def test_what_is_typed_runs_between_two_cells(
    page: Any, served: Studio, start: Callable[[str], str]
) -> None:
    name = start("0.4")
    served.until(name, "Training")
    running = page.locator("#jp-Studio-running").locator(f'[data-studio-name="{name}"]')
    running.get_by_text(f"of {CELLS + 4}").wait_for(timeout=MILLISECONDS)
    attach(page, name)
    console = page.locator(".jp-CodeConsole:visible")
    console.locator(".jp-CodeConsole-input .cm-content").click()
    page.keyboard.type("found = 42")
    page.keyboard.press("Shift+Enter")
    assert served.end_of(name)["TrainingJobStatus"] == "Completed"
    assert served.log_of(name) == ["found 42"]


def test_a_job_that_has_ended_has_no_kernel(
    page: Any, served: Studio, start: Callable[[str], str]
) -> None:
    name = start("0")
    served.end_of(name)
    attach(page, name)
    page.get_by_text("It has no kernel to talk to").first.wait_for()
