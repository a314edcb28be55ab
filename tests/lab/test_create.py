"""Forms make what AWS's clients would make, and say what is wrong where it is wrong."""

from __future__ import annotations

import itertools
import json
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ..daemon import PATIENCE, Studio, channel, request
from .conftest import show_sidebar

MILLISECONDS = PATIENCE * 1000
XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
_numbers = itertools.count()


@pytest.fixture(scope="module")
def flowers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table as people have them: names on top, texts for classes, the target last."""
    chance = random.Random(1)
    rows = ["length,width,<img src=x onerror=alert(1)>,species"]
    for _ in range(120):
        kind = chance.choice(("setosa", "versicolor", "virginica"))
        size = {"setosa": 1.0, "versicolor": 4.0, "virginica": 6.0}[kind]
        values = [f"{chance.gauss(size, 0.3):.2f}" for _ in range(3)]
        rows.append(",".join([*values, kind]))
    path = tmp_path_factory.mktemp("tables") / "flowers.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def run(page: Any, command: str, **arguments: Any) -> None:
    page.evaluate(
        "([command, args]) => window.jupyterapp.commands.execute(command, args).then(() => null)",
        [command, arguments],
    )


def form(page: Any, kind: str = "TrainingJob", **arguments: Any) -> Any:
    """The open form."""
    run(page, "studio:create", kind=kind, **arguments)
    found = page.locator(".jp-StudioForm:visible")
    found.get_by_label("Name").first.wait_for(timeout=MILLISECONDS)
    return found


def to_json(found: Any) -> dict[str, Any]:
    found.get_by_role("button", name="JSON").click()
    written: dict[str, Any] = json.loads(found.get_by_label("Request as JSON").input_value())
    return written


def create(found: Any) -> None:
    found.get_by_role("button", name="Create", exact=True).click()


def test_a_model_is_trained_on_ones_own_csv_in_under_a_minute(
    page: Any, served: Studio, flowers: Path
) -> None:
    began = time.monotonic()
    page.get_by_text("Train a Model", exact=True).click()
    found = page.locator(".jp-StudioForm:visible")
    found.get_by_label("Training data file").set_input_files(flowers)
    found.get_by_text("3 classes: setosa, versicolor, virginica").wait_for(timeout=MILLISECONDS)
    found.get_by_text("held out for validation").wait_for(timeout=MILLISECONDS)
    assert found.locator("img").count() == 0, "a column's name is text"
    name = found.get_by_label("Name").first.input_value()
    create(found)
    page.get_by_role("heading", name=name).wait_for(timeout=MILLISECONDS)
    job = served.end_of(name)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert time.monotonic() - began < 60
    given = job["HyperParameters"]
    assert (given["objective"], given["num_class"]) == ("multi:softmax", "3")
    assert {each["ChannelName"] for each in job["InputDataConfig"]} == {"train", "validation"}
    metrics = {each["MetricName"]: each["Value"] for each in job["FinalMetricDataList"]}
    assert metrics["validation:mlogloss"] < 0.5


def test_constraints_are_checked_as_one_types(page: Any) -> None:
    found = form(page)
    name = found.get_by_label("Name").first
    name.fill("not a name")
    problem = found.get_by_text("Expected letters, digits and hyphens").first
    problem.wait_for()
    assert name.get_attribute("aria-invalid") == "true"
    name.fill("a-name")
    problem.wait_for(state="detached")


def test_hyperparameters_are_checked_by_their_ranges(page: Any) -> None:
    found = form(page)
    found.get_by_text("hyperparameters", exact=False).first.click()
    found.get_by_label("eta", exact=True).fill("7")
    found.get_by_text("Expected 0 … 1.").wait_for()
    found.get_by_label("eta", exact=True).fill("0.5")
    assert to_json(found)["HyperParameters"]["eta"] == "0.5"


def test_form_and_json_are_one_request(page: Any) -> None:
    found = form(page)
    written = to_json(found)
    assert "TrainingInputMode" in written["AlgorithmSpecification"]
    written["TrainingJobName"] = "from-json"
    found.get_by_label("Request as JSON").fill(json.dumps(written))
    found.get_by_role("button", name="Form", exact=True).click()
    assert found.get_by_label("Name").first.input_value() == "from-json"
    found.get_by_role("button", name="JSON").click()
    found.get_by_label("Request as JSON").fill("{")
    found.get_by_role("alert").wait_for()


def test_what_the_server_refuses_stands_at_its_field(
    page: Any, served: Studio, complaints: list[str]
) -> None:
    inputs = [channel("train", "s3://no-such-bucket/train", "text/csv")]
    rounds = {"num_round": "1"}
    asked = request(
        "refused", XGBOOST, "made-by-form", HyperParameters=rounds, InputDataConfig=inputs
    )
    found = form(page, request=asked)
    create(found)
    field = found.locator(".jp-StudioForm-field", has_text="Training data")
    field.get_by_text("bucket 'no-such-bucket' does not exist").wait_for(timeout=MILLISECONDS)
    complaints.clear()  # the browser tells of the refusal too


def test_data_is_asked_for_before_the_server_is(page: Any) -> None:
    found = form(page)
    create(found)
    found.get_by_text("Give it data to learn from.").first.wait_for()


def test_every_member_of_the_request_is_in_the_form(page: Any) -> None:
    found = form(page)
    found.locator("summary", has_text="More").last.click()
    found.get_by_label("Max runtime in seconds").first.fill("120")
    assert to_json(found)["StoppingCondition"] == {"MaxRuntimeInSeconds": 120}


def test_a_record_is_made_with_the_generated_form(page: Any, served: Studio) -> None:
    found = form(page, "Experiment")
    name = f"made-by-form-{next(_numbers)}"
    found.get_by_label("Name").first.fill(name)
    create(found)
    page.get_by_role("heading", name=name).wait_for(timeout=MILLISECONDS)
    client = served.client("sagemaker")
    assert client.describe_experiment(ExperimentName=name)["ExperimentName"] == name


def test_a_clone_has_the_request_and_another_name(page: Any, served: Studio) -> None:
    client = served.client("sagemaker")
    name = f"original-{next(_numbers)}"
    client.create_model_card(ModelCardName=name, Content='{"a": 1}', ModelCardStatus="Draft")
    run(page, "studio:clone", kind="ModelCard", name=name)
    found = page.locator(".jp-StudioForm:visible")
    found.get_by_role("heading", name=f"Clone of {name}").wait_for(timeout=MILLISECONDS)
    written = to_json(found)
    assert written["Content"] == '{"a": 1}'
    assert written["ModelCardName"] != name
    assert written["ModelCardName"].startswith("original-")


def test_the_code_to_copy_makes_the_same_request(page: Any) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    found = form(page)
    found.get_by_role("button", name="Copy as boto3").click()
    code = page.evaluate("navigator.clipboard.readText()")
    sent: dict[str, Any] = {}

    class Boto3:
        @staticmethod
        def client(service: str) -> Any:
            return Boto3()

        def create_training_job(self, **members: Any) -> None:
            sent.update(members)

    exec(code.replace("import boto3", ""), {"boto3": Boto3})
    assert sent == to_json(found)


def test_a_form_comes_back_with_the_page(
    open_page: Callable[..., Any], complaints: list[str]
) -> None:
    page = open_page()
    show_sidebar(page)
    form(page)
    page.wait_for_timeout(1500)  # JupyterLab saves its layout a second after the last change
    page.reload()
    page.wait_for_selector("#jupyterlab-splash", state="detached")
    page.locator(".jp-StudioForm:visible").get_by_label("Name").first.wait_for(timeout=MILLISECONDS)
    assert complaints == []
