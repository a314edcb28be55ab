"""Answers carry what the output shape knows and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime

from studio_ext import awsmodel
from studio_ext.wire.project import Projector

SAGEMAKER = awsmodel.load("sagemaker")


def test_unknown_and_absent_fields_stay_inside() -> None:
    shape = SAGEMAKER.operations["DescribeTrainingJob"].output
    assert shape is not None
    found = Projector().project(
        shape,
        {
            "TrainingJobName": "a",
            "Secret": "x",
            "RoleArn": None,
            "CreationTime": datetime(2026, 1, 1, tzinfo=UTC),
            "LastModifiedTime": 5,
            "AlgorithmSpecification": {"TrainingInputMode": "File", "Inner": 1},
            "InputDataConfig": [{"ChannelName": "train", "Inner": 1}],
            "HyperParameters": {"eta": "0.3"},
            "FinalMetricDataList": [{"Timestamp": datetime(1970, 1, 1, 0, 0, 1), "Value": 0.5}],
        },
    )
    assert found == {
        "TrainingJobName": "a",
        "CreationTime": 1767225600.0,
        "LastModifiedTime": 5.0,
        "AlgorithmSpecification": {"TrainingInputMode": "File"},
        "InputDataConfig": [{"ChannelName": "train"}],
        "HyperParameters": {"eta": "0.3"},
        "FinalMetricDataList": [{"Timestamp": 1.0, "Value": 0.5}],
    }


def test_a_shape_that_contains_itself() -> None:
    shape = SAGEMAKER.shape("SearchExpression")
    value = {"SubExpressions": [{"SubExpressions": [{"Operator": "And", "x": 1}]}]}
    assert Projector().project(shape, value) == {
        "SubExpressions": [{"SubExpressions": [{"Operator": "And"}]}]
    }
