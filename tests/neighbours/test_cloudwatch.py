from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

NAMESPACE = "/aws/sagemaker/TrainingJobs"
START = 1_800_000_000


@pytest.fixture
def cloudwatch(neighbours: Any) -> Any:
    def write(journal: Any, at: Any) -> None:
        for number in range(6):
            at(number * 30)
            journal.text("stdout", f"loss={number}\n")

    neighbours.job("digits", write, [{"Name": "train:loss", "Regex": "loss=([0-9.]+)"}])
    return neighbours.client("cloudwatch")


def asked(**more: Any) -> dict[str, Any]:
    return {
        "Namespace": NAMESPACE,
        "MetricName": "train:loss",
        "Dimensions": [{"Name": "TrainingJobName", "Value": "digits"}],
        "StartTime": datetime.fromtimestamp(START, UTC),
        "EndTime": datetime.fromtimestamp(START + 600, UTC),
        "Period": 60,
        **more,
    }


def test_statistics(cloudwatch: Any) -> None:
    names = ["Average", "Sum", "Minimum", "Maximum", "SampleCount"]
    points = cloudwatch.get_metric_statistics(**asked(Statistics=names))["Datapoints"]
    assert [(point["Average"], point["SampleCount"]) for point in points] == [
        (0.5, 2), (2.5, 2), (4.5, 2),
    ]  # fmt: skip
    assert (points[1]["Sum"], points[1]["Minimum"], points[1]["Maximum"]) == (5, 2, 3)
    assert points[0]["Timestamp"] == datetime.fromtimestamp(START, UTC)
    found = cloudwatch.get_metric_statistics(**asked(ExtendedStatistics=["p50"], Period=600))
    assert found["Datapoints"][0]["ExtendedStatistics"] == {"p50": 2.5}


def test_nothing_there_is_an_empty_list(cloudwatch: Any) -> None:
    for other in (
        {"MetricName": "other"},
        {"Namespace": "mine"},
        {"Dimensions": [{"Name": "TrainingJobName", "Value": "no"}]},
    ):
        found = cloudwatch.get_metric_statistics(**asked(Statistics=["Sum"], **other))
        assert found["Datapoints"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"Statistics": ["Sum"], "Period": 61},
        {"Statistics": ["Sum"], "EndTime": datetime.fromtimestamp(START, UTC)},
        {"Statistics": ["Sum"], "Period": 60, "StartTime": datetime.fromtimestamp(0, UTC)},
        {"ExtendedStatistics": ["p101"]},
        {},
    ],
)
def test_bad_questions(cloudwatch: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as caught:
        cloudwatch.get_metric_statistics(**asked(**wrong))
    assert caught.value.response["Error"]["Code"].startswith("InvalidParameter")


def test_data(cloudwatch: Any) -> None:
    metric = {name: asked()[name] for name in ("Namespace", "MetricName", "Dimensions")}
    stat = {"Metric": metric, "Period": 60, "Stat": "Maximum"}
    found = cloudwatch.get_metric_data(
        MetricDataQueries=[{"Id": "m", "MetricStat": stat}],
        StartTime=asked()["StartTime"], EndTime=asked()["EndTime"], ScanBy="TimestampAscending",
    )["MetricDataResults"]  # fmt: skip
    assert found[0]["Values"] == [1, 3, 5]
    assert found[0]["StatusCode"] == "Complete"


def test_list(cloudwatch: Any) -> None:
    wanted = [{"Namespace": NAMESPACE, "MetricName": "train:loss",
               "Dimensions": [{"Name": "TrainingJobName", "Value": "digits"}]}]  # fmt: skip
    assert cloudwatch.list_metrics()["Metrics"] == wanted
    assert cloudwatch.list_metrics(Namespace=NAMESPACE, MetricName="no")["Metrics"] == []
