from __future__ import annotations

from typing import Any

import pytest

ARN = "arn:aws:sagemaker:us-east-1:123456789012:training-job/digits"


@pytest.fixture
def metrics(neighbours: Any) -> Any:
    def write(journal: Any, at: Any) -> None:
        for number in range(6):
            at(number * 0.1)  # all within one second
            journal.text("stdout", f"loss={number}\n")

    neighbours.job("digits", write, [{"Name": "train:loss", "Regex": "loss=([0-9.]+)"}])
    return neighbours.client("sagemaker-metrics")


def ask(metrics: Any, **more: Any) -> dict[str, Any]:
    query = {
        "MetricName": "train:loss",
        "ResourceArn": ARN,
        "MetricStat": "Last",
        "Period": "IterationNumber",
        "XAxisType": "IterationNumber",
        **more,
    }
    found: dict[str, Any] = metrics.batch_get_metrics(MetricQueries=[query])
    return found["MetricQueryResults"][0]


def test_every_iteration_is_told(metrics: Any) -> None:
    found = ask(metrics)
    assert found["Status"] == "Complete"
    assert found["XAxisValues"] == [0, 1, 2, 3, 4, 5]
    assert found["MetricValues"] == [0, 1, 2, 3, 4, 5]
    assert ask(metrics, Start=2, End=4)["MetricValues"] == [2, 3]


@pytest.mark.parametrize(
    ("statistic", "value"),
    [("Min", 0), ("Max", 5), ("Avg", 2.5), ("Count", 6), ("Last", 5), ("StdDev", 1.7078)],
)
def test_statistics_of_a_minute(metrics: Any, statistic: str, value: float) -> None:
    found = ask(metrics, MetricStat=statistic, Period="OneMinute", XAxisType="Timestamp")
    assert found["XAxisValues"] == [1_800_000_000]
    assert found["MetricValues"] == [pytest.approx(value, abs=1e-4)]


def test_what_was_not_measured_is_empty(metrics: Any) -> None:
    assert ask(metrics, MetricName="other")["MetricValues"] == []
    assert ask(metrics, ResourceArn=ARN + "-2")["MetricValues"] == []


def test_a_bad_query_says_what_was_expected(metrics: Any) -> None:
    found = ask(metrics, ResourceArn=ARN.replace("training-job", "model"))
    assert (found["Status"], found["MetricValues"]) == ("ValidationError", [])
    assert "training job" in found["Message"]
    assert ask(metrics, ResourceArn=ARN.replace("us-east-1", "eu-west-1"))["Status"] != "Complete"
    assert "IterationNumber" in ask(metrics, Period="OneMinute")["Message"]
