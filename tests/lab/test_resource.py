"""The page of a resource: what it says while a job runs, why one failed, and what can be done."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from ..daemon import PATIENCE, Studio, notebook, request
from .jupyter import Lab

BUCKET = "pages"
MILLISECONDS = PATIENCE * 1000
LOSS = {"Name": "train:loss", "Regex": "loss=([0-9.]+)"}
SCRIPT = "<img src=x onerror=alert(1)>"
_numbers = itertools.count()

Start = Callable[..., str]


@pytest.fixture(scope="module")
def start(served: Studio) -> Start:
    """Starts a job that prints ``steps`` losses and a script; returns its name."""
    served.client("s3").create_bucket(Bucket=BUCKET)
    image = served.put(
        BUCKET, "learn.ipynb",
        notebook("import time", f"print({SCRIPT!r})",
                 "for step in range(steps):\n    print(f'\\x1b[32mloss={1 / (step + 1)}\\x1b[0m')\n"
                 "    time.sleep(pause)",
                 "1 / divisor", "'the end'",
                 parameters="steps = 5\npause = 0.0\ndivisor = 1"),
    )  # fmt: skip

    def begin(more: dict[str, Any] | None = None, **parameters: str) -> str:
        name = f"learn-{next(_numbers)}"
        asked = request(name, image, BUCKET, HyperParameters=parameters, **(more or {}))
        asked["AlgorithmSpecification"]["MetricDefinitions"] = [LOSS]
        served.client("sagemaker").create_training_job(**asked)
        return name

    return begin


def show(page: Any, name: str, kind: str = "TrainingJob") -> Any:
    """The page of a resource, opened."""
    page.evaluate(
        "args => window.jupyterapp.commands.execute('studio:open-resource', args).then(() => null)",
        {"kind": kind, "name": name},
    )
    found = page.get_by_role("region", name=name, exact=True)
    found.get_by_role("heading", name=name.split("/")[-1], level=1).wait_for(timeout=MILLISECONDS)
    return found


def test_a_job_is_followed_while_it_runs_and_stopped(
    page: Any, served: Studio, start: Start
) -> None:
    name = start(steps="10000", pause="0.05")
    shown = show(page, name)
    shown.get_by_text("cell 5 of 7 running").wait_for(timeout=MILLISECONDS)
    shown.get_by_label("loss by iteration").locator("svg").wait_for(timeout=MILLISECONDS)
    log = shown.get_by_role("log")
    log.get_by_text("loss=0.1").first.wait_for()
    assert "\x1b" not in log.inner_text()
    assert "[32m" not in log.inner_text()
    shown.get_by_role("button", name="Stop", exact=True).click()
    shown.locator("h1 ~ .jp-Studio-status").get_by_text("Stopped").wait_for(timeout=MILLISECONDS)
    assert served.end_of(name)["TrainingJobStatus"] == "Stopped"


def test_a_chart_keeps_up_with_the_job(page: Any, start: Start) -> None:
    name = start(steps="40", pause="0.1")
    shown = show(page, name)
    points = shown.get_by_label("loss by iteration").locator("svg .mark-symbol path")
    points.nth(2).wait_for(timeout=MILLISECONDS)
    svg = shown.get_by_label("loss by iteration").locator("svg").element_handle()
    points.nth(35).wait_for(timeout=MILLISECONDS)
    assert svg.evaluate("node => node.isConnected"), "the chart was drawn anew and lost its zoom"


def test_a_failure_is_explained_on_the_first_screen(
    page: Any, served: Studio, start: Start
) -> None:
    name = start(divisor="0")
    served.end_of(name)
    shown = show(page, name)
    card = shown.get_by_role("region", name="Why it failed")
    for words in ("ZeroDivisionError: division by zero", "Cell 6", "1 / divisor"):
        found = card.get_by_text(words).first
        found.wait_for(timeout=MILLISECONDS)
        assert found.bounding_box()["y"] < 800, f"{words} is below the first screen"
    card.get_by_role("button", name="Open at the failing cell").click()
    page.get_by_text("Cell 6/7").first.wait_for()
    active = page.locator(".jp-Notebook-cell.jp-mod-active").last
    assert "1 / divisor" in active.inner_text()


def test_a_failed_run_is_mended_in_a_copy(
    page: Any, served: Studio, notebooks: Any, start: Start
) -> None:
    name = start({"Environment": {"COLOUR": "blue"}}, divisor="0")
    served.end_of(name)
    card = show(page, name).get_by_role("region", name="Why it failed")
    card.get_by_role("button", name="Mend in a copy").click(timeout=MILLISECONDS)
    page.get_by_role("tab", name=f"{name}.ipynb").wait_for(timeout=MILLISECONDS)
    copy = json.loads((notebooks / f"{name}.ipynb").read_text())
    assert copy["metadata"]["kernelspec"]["name"] == "python3-fast"
    first = "".join(copy["cells"][0]["source"])
    assert '"COLOUR": "blue"' in first
    compile(first, "the first cell", "exec")


def test_what_a_job_prints_and_is_called_is_text(page: Any, served: Studio, start: Start) -> None:
    page.on("dialog", lambda dialog: pytest.fail("a script ran"))
    name = start({"Tags": [{"Key": "x", "Value": "plain"}], "Environment": {"A": SCRIPT}})
    served.end_of(name)
    shown = show(page, name)
    shown.get_by_role("log").get_by_text(SCRIPT).wait_for()
    shown.get_by_text(SCRIPT).first.wait_for()
    assert shown.locator('img[src="x"]').count() == 0


def test_the_log_is_searched(page: Any, served: Studio, start: Start) -> None:
    name = start(steps="6000")
    served.end_of(name)
    shown = show(page, name)
    log = shown.get_by_role("log")
    log.get_by_text(re.compile("loss=0.000166")).first.wait_for(timeout=MILLISECONDS)
    assert log.inner_text().count("\n") <= 5100
    shown.get_by_role("searchbox", name="Search the log").fill("loss=0.5\n"[:-1])
    shown.get_by_text(re.compile(r"^\d[\d,]* of 5000 lines$")).wait_for()
    shown.get_by_role("searchbox", name="Search the log").fill("")
    shown.get_by_role("button", name="Show earlier lines").click()
    log.get_by_text("loss=0.5").first.wait_for()
    shown.get_by_label("follow").check()
    log.get_by_text(re.compile("loss=0.000166")).first.wait_for()


def test_tags_are_added_and_removed(
    page: Any, served: Studio, start: Start, complaints: list[str]
) -> None:
    name = start()
    arn = served.end_of(name)["TrainingJobArn"]
    shown = show(page, name)
    shown.get_by_role("textbox", name="Key").fill("team")
    shown.get_by_role("textbox", name="Value").fill(SCRIPT)
    shown.get_by_role("textbox", name="Value").press("Enter")
    shown.get_by_role("alert").get_by_text("failed to satisfy constraint").wait_for()
    complaints.clear()  # of the refusal
    shown.get_by_role("textbox", name="Key").fill("team")
    shown.get_by_role("textbox", name="Value").fill("blue")
    shown.get_by_role("button", name="Add tag").click()
    shown.get_by_text("team: blue").wait_for()
    assert served.client("sagemaker").list_tags(ResourceArn=arn)["Tags"] == [
        {"Key": "team", "Value": "blue"}
    ]
    shown.get_by_role("button", name="Remove the tag team").click()
    shown.get_by_text("team: blue").wait_for(state="detached")


def test_the_code_makes_the_same_job_again(page: Any, served: Studio, start: Start) -> None:
    name = start({"Tags": [{"Key": "team", "Value": "it is blue"}]})
    served.end_of(name)
    shown = show(page, name)
    shown.get_by_role("button", name="Code", exact=True).click()
    code = shown.locator(".jp-StudioPage-code")
    text = code.inner_text()

    class Boto3:
        asked: dict[str, Any]

        def client(self, service: str) -> Boto3:
            return self

        def create_training_job(self, **asked: Any) -> None:
            self.asked = asked

    fake = Boto3()
    exec(text.replace("import boto3", ""), {"boto3": fake})
    assert fake.asked["Tags"] == [{"Key": "team", "Value": "it is blue"}]
    served.client("sagemaker").create_training_job(**{**fake.asked, "TrainingJobName": f"{name}-b"})
    shown.get_by_label("Language").select_option("cli")
    assert code.inner_text().startswith("aws sagemaker create-training-job --cli-input-json '{")


def test_records_have_pages_and_lead_to_each_other(page: Any, served: Studio) -> None:
    sagemaker = served.client("sagemaker")
    role = "arn:aws:iam::123456789012:role/StudioExecutionRole"
    sagemaker.create_model(
        ModelName="of-pages", PrimaryContainer={"Image": "i"}, ExecutionRoleArn=role
    )
    variant = {
        "VariantName": "one", "ModelName": "of-pages", "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }  # fmt: skip
    sagemaker.create_endpoint_config(
        EndpointConfigName="pages-config", ProductionVariants=[variant]
    )
    shown = show(page, "pages-config", "EndpointConfig")
    shown.get_by_role("button", name="of-pages").click()
    model = page.get_by_role("region", name="of-pages", exact=True)
    model.get_by_role("heading", name="of-pages", level=1).wait_for()
    model.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Delete of-pages").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    model.get_by_text("deleted").first.wait_for()


def test_a_page_comes_back_with_a_reload(page: Any, served: Studio, lab: Lab, start: Start) -> None:
    name = start()
    served.end_of(name)
    show(page, name)
    page.wait_for_timeout(2500)  # JupyterLab saves its layout after a while
    page.goto(f"{lab.url}/lab")
    heading = page.get_by_role("heading", name=name, level=1)
    heading.wait_for(timeout=MILLISECONDS)
