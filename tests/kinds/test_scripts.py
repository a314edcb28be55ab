"""Training jobs that run a script in a framework's environment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from studio_ext.errors import ValidationException
from studio_ext.frameworks.mxnet import ENVIRONMENT
from studio_ext.kinds.training import TrainingJob
from studio_ext.runs.spec import Script
from studio_ext.store import Store

from ..daemon import request
from .jobs import BUCKET, attempt, job, surroundings

IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/mxnet-training:1.9.0-cpu-py38"
SOURCE = f"s3://{BUCKET}/code/own.ipynb"  # an object that is there
GIVEN = {"sagemaker_program": "train.py", "sagemaker_submit_directory": f'"{SOURCE}"'}


@pytest.fixture
def kind(tmp_path: Path) -> TrainingJob:
    around = surroundings(tmp_path)
    around.environments = tmp_path / "environments"
    return TrainingJob(Store(f"sqlite:///{tmp_path}/studio.db"), around)


def body(image: str = IMAGE, **more: Any) -> dict[str, Any]:
    return request("a", image, BUCKET, **{"HyperParameters": GIVEN, **more})


def test_the_runner_is_told_of_script_and_environment(kind: TrainingJob, tmp_path: Path) -> None:
    given = {**GIVEN, "batch-size": "32"}
    params = body(HyperParameters=given)
    params["AlgorithmSpecification"]["MetricDefinitions"] = [{"Name": "a", "Regex": "a=(.)"}]
    kind.check(params)
    spec, _ = kind.prepare(job(params), attempt(tmp_path))
    assert spec.script == Script(
        source=SOURCE,
        environment=ENVIRONMENT.plain(),
        environments=str(tmp_path / "environments"),
        notices=["the image has MXNet 1.9.0, the script runs with MXNet 1.9.1"],
    )
    assert Path(spec.notebook).name == "mxnet.ipynb"
    assert spec.parameters["hyperparameters"] == given
    assert spec.parameters["metrics"] == [{"Name": "a", "Regex": "a=(.)"}]
    assert spec.hyperparameters is None
    spec.write(tmp_path)
    assert type(spec).read(tmp_path).script == spec.script


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"HyperParameters": {}}, "sagemaker_program is missing"),
        (
            {"HyperParameters": {**GIVEN, "sagemaker_submit_directory": "s3://none/a.tar.gz"}},
            "sagemaker_submit_directory: bucket 'none' does not exist",
        ),
        (
            {"HyperParameters": {**GIVEN, "sagemaker_submit_directory": f"s3://{BUCKET}/a.tar.gz"}},
            r"a.tar.gz' is not there; upload it with: tar czf",
        ),
        ({"image": "mxnet-inference:1.9.0-cpu-py38"}, "the one for training is mxnet-training"),
        ({"image": "sagemaker-mxnet:1.2.1-cpu-py2"}, "expected a version from 1.3 on"),
    ],
)
def test_what_cannot_run_is_refused(kind: TrainingJob, more: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationException, match=message):
        kind.check(body(**more))


def test_one_machine_only(kind: TrainingJob) -> None:
    params = body()
    params["ResourceConfig"]["InstanceCount"] = 2
    with pytest.raises(ValidationException, match="InstanceCount 2: expected 1"):
        kind.check(params)
