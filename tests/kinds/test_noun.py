"""What the model tells of nouns, against a list made by hand from the same model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from studio_ext.kinds.noun import noun, words

KNOWN: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("nouns.json").read_text())
# Where this module knows better: statuses inside nested fields, ARNs that only Describe shows,
# and the second AutoML API, which shares its Stop with the first.
BETTER = {
    "ClusterExtension": {"status": "Status"},
    "TrainingSession": {"status": "TrainingSessionStatus"},
    "Workforce": {"status": "Status"},
    "DeviceFleet": {"arn": "DeviceFleetArn"},
    "EdgePackagingJob": {"arn": "EdgePackagingJobArn"},
    "AutoMLJobV2": {"verbs": []},
}


@pytest.mark.parametrize("name", KNOWN)
def test_noun(name: str) -> None:
    found, known = noun(name), {**KNOWN[name], **BETTER.get(name, {})}
    assert list(found.ids) == known["ids"]
    assert found.arn == known["arn"]
    assert found.status == known["status"]
    assert found.nested == known["nested"]
    assert found.list is not None
    assert found.list.key == known["key"]
    assert found.list.operation.name == known["list"]
    regular = ("update", "delete", "stop", "start")
    assert [verb for verb in regular if verb in found.verbs] == known["verbs"]


@pytest.mark.parametrize(
    ("name", "token"),
    [
        ("TrainingJob", "training-job"),
        ("AutoMLJobV2", "automl-job"),
        ("Trial", "experiment-trial"),
        ("TrialComponent", "experiment-trial-component"),
        ("NotebookInstance", "notebook-instance"),
        ("DataQualityJobDefinition", "data-quality-job-definition"),
        ("MonitoringSchedule", "monitoring-schedule"),
        ("EdgeDeploymentPlan", "edge-deployment"),
        ("InferenceComponent", "inference-component"),
        ("Workteam", "workteam"),
    ],
)
def test_arn_types(name: str, token: str) -> None:
    assert noun(name).token == token


@pytest.mark.parametrize(
    ("name", "by", "descending", "size"),
    [
        ("TrainingJob", "CreationTime", False, 10),
        ("Model", "CreationTime", True, 10),
        ("HyperParameterTuningJob", "Name", False, 10),
        ("OptimizationJob", "CreationTime", False, 50),
        ("EdgeDeploymentPlan", "CREATION_TIME", True, 50),
        ("Workteam", "CreateDate", False, 10),
    ],
)
def test_defaults_are_the_documented_ones(name: str, by: str, descending: bool, size: int) -> None:
    model = noun(name).list
    assert model is not None
    found = (model.default_sort, model.default_descending, model.default_size)
    assert found == (by, descending, size)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("EndpointConfig", "endpoint configuration"),
        ("AutoMLJob", "AutoML job"),
        ("AppImageConfig", "app image configuration"),
        ("MlflowApp", "MLflow app"),
        ("CodeRepository", "code repository"),
    ],
)
def test_words(name: str, said: str) -> None:
    assert words(name) == said


def test_a_noun_that_is_none() -> None:
    with pytest.raises(KeyError):
        noun("Teapot")
