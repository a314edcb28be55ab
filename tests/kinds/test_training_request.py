"""Refusals of CreateTrainingJob; ``tests/api/test_bad_input.py`` has them through boto3."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from studio_ext import awsmodel
from studio_ext.awsmodel import Shape
from studio_ext.errors import ValidationException
from studio_ext.kinds import training_request
from studio_ext.kinds.job import Surroundings

from ..daemon import channel, request
from .jobs import BUCKET, XGBOOST, own, surroundings


@pytest.fixture
def around(tmp_path: Path) -> Surroundings:
    return surroundings(tmp_path)


def check(params: dict[str, Any], around: Surroundings) -> None:
    training_request.check(params, around.objects, around.roots())


def test_a_good_one_passes(around: Surroundings) -> None:
    check(own(), around)
    check(own(HyperParameters={"learning_rate": "__import__('os')"}), around)
    inputs = [channel("train", f"s3://{BUCKET}/train", "text/csv; charset=utf-8")]
    given = {"num_round": "1"}
    check(request("a", XGBOOST, BUCKET, HyperParameters=given, InputDataConfig=inputs), around)


def test_refused_fields_are_fields_of_the_api() -> None:
    inputs = awsmodel.load("sagemaker").operations["CreateTrainingJob"].inputs
    for path in training_request.REFUSED:
        members: Any = inputs
        for name in path.split("."):
            shape: Shape = members[name]
            members = shape.members if shape.type == "structure" else {}


@pytest.mark.parametrize("path", training_request.REFUSED)
def test_each_refused_field_is_refused(around: Surroundings, path: str) -> None:
    params = own()
    *parents, name = path.split(".")
    place = params[parents[0]] if parents else params
    for empty in (None, "", False):
        place[name] = empty
        check(params, around)
    place[name] = {"anything": "at all"}
    with pytest.raises(ValidationException) as refused:
        check(params, around)
    assert refused.value.message == f"{path} is not offered: {training_request.REFUSED[path]}"


def test_spot_training_may_wait(around: Surroundings) -> None:
    limits = {"MaxRuntimeInSeconds": 10, "MaxWaitTimeInSeconds": 20}
    check(own(StoppingCondition=limits, EnableManagedSpotTraining=True), around)
    limits["MaxWaitTimeInSeconds"] = 9
    with pytest.raises(ValidationException, match=r"MaxWaitTimeInSeconds 9: .*\(10\)"):
        check(own(StoppingCondition=limits, EnableManagedSpotTraining=True), around)


@pytest.mark.parametrize("name", ["lambda", "a-b", "a.b", "", "0", "a;b", "None"])
def test_names_of_parameters(around: Surroundings, name: str) -> None:
    with pytest.raises(ValidationException, match="expected a Python name") as refused:
        check(own(HyperParameters={name: "1"}), around)
    assert repr(name) in refused.value.message


def test_an_unknown_kernel_is_refused(around: Surroundings) -> None:
    check(own(Environment={"STUDIO_KERNEL": "python3"}), around)
    with pytest.raises(ValidationException, match=r"is 'cobol'; expected one of .*python3"):
        check(own(Environment={"STUDIO_KERNEL": "cobol"}), around)
