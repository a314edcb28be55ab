"""Jobs side by side: what differs, which is best, and their learning curves."""

from __future__ import annotations

from typing import Any

import pytest

from ..daemon import PATIENCE, Studio, notebook, request

BUCKET = "compares"
MILLISECONDS = PATIENCE * 1000
LOSS = {"Name": "train:loss", "Regex": "loss=([0-9.]+)"}


@pytest.fixture(scope="module")
def jobs(served: Studio) -> list[str]:
    """Three jobs that ended with losses 0.1, 0.3 and 0.2."""
    served.client("s3").create_bucket(Bucket=BUCKET)
    image = served.put(
        BUCKET, "learn.ipynb",
        notebook("for step in range(5):\n    print(f'loss={rate + 1 / (step + 1) - 0.2}')",
                 parameters="rate = 0.0\nsame = 1"),
    )  # fmt: skip
    names = []
    for number, rate in enumerate(("0.1", "0.3", "0.2")):
        names.append(f"compared-{number}")
        parameters = {"rate": rate, "same": "1"}
        asked = request(names[-1], image, BUCKET, HyperParameters=parameters)
        asked["AlgorithmSpecification"]["MetricDefinitions"] = [LOSS]
        served.client("sagemaker").create_training_job(**asked)
    for name in names:
        assert served.end_of(name)["TrainingJobStatus"] == "Completed"
    return names


def show(page: Any, names: list[str]) -> Any:
    """The comparison of jobs, opened."""
    page.evaluate(
        "names => window.jupyterapp.commands.execute('studio:compare', {names}).then(() => null)",
        names,
    )
    found = page.get_by_role("region", name="Compare Jobs", exact=True)
    found.get_by_role("rowheader", name="train:loss").wait_for(timeout=MILLISECONDS)
    return found


def order(shown: Any) -> list[str]:
    return [text for text in shown.locator("thead .jp-Studio-link").all_inner_texts() if text]


def test_what_differs_is_marked_and_the_best_named(page: Any, jobs: list[str]) -> None:
    shown = show(page, jobs)
    shown.locator("tr.jp-mod-differs").filter(has_text="rate").wait_for()
    assert shown.get_by_role("row", name="same 1 1 1").count() == 1
    best = shown.get_by_role("row", name="train:loss").locator(".jp-mod-best")
    assert best.count() == 1
    assert best.inner_text().startswith("0.1")
    shown.get_by_label("only what differs").check()
    shown.get_by_role("row", name="same 1 1 1").wait_for(state="detached")


def test_jobs_are_sorted_by_a_metric(page: Any, jobs: list[str]) -> None:
    shown = show(page, jobs)
    assert order(shown) == jobs
    shown.get_by_role("button", name="train:loss").click()
    assert order(shown) == [jobs[0], jobs[2], jobs[1]]
    shown.get_by_role("button", name="train:loss").click()
    assert order(shown) == [jobs[1], jobs[2], jobs[0]]


def test_jobs_come_and_go(page: Any, jobs: list[str]) -> None:
    shown = show(page, jobs[:2])
    shown.get_by_label("Name of a job").fill(jobs[2])
    shown.get_by_role("button", name="Add", exact=True).click()
    shown.get_by_role("button", name=jobs[2], exact=True).wait_for()
    shown.get_by_role("button", name=f"Take {jobs[0]} out of the comparison").click()
    assert order(shown) == jobs[1:]


def test_learning_curves_lie_over_each_other(page: Any, jobs: list[str]) -> None:
    shown = show(page, jobs)
    curves = shown.get_by_label("train:loss of each job by iteration")
    curves.locator("svg .mark-line path").nth(2).wait_for(timeout=MILLISECONDS)
    shown.get_by_label("The numbers in which the jobs differ").locator("svg").wait_for()
