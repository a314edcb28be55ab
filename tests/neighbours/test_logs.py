from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

GROUP = "/aws/sagemaker/TrainingJobs"
START = 1_800_000_000


def lines(count: int, text: str = "line") -> Any:
    def write(journal: Any, at: Any) -> None:
        for number in range(count):
            at(number)
            journal.text("stdout", f"{text} {number}\n")

    return write


@pytest.fixture
def logs(neighbours: Any) -> Any:
    return neighbours.client("logs")


def test_groups(logs: Any) -> None:
    names = [each["logGroupName"] for each in logs.describe_log_groups()["logGroups"]]
    assert GROUP in names
    found = logs.describe_log_groups(logGroupNamePrefix="/aws/sagemaker/Tr", limit=1)
    assert [each["logGroupName"] for each in found["logGroups"]] == [GROUP]
    assert "nextToken" in found


def test_streams_as_the_sagemaker_sdk_asks(neighbours: Any, logs: Any) -> None:
    neighbours.job("digits", lines(3))
    neighbours.job("digits-2", lines(1))
    found = logs.describe_log_streams(
        logGroupName=GROUP, logStreamNamePrefix="digits/", orderBy="LogStreamName", limit=1
    )["logStreams"]
    assert [each["logStreamName"] for each in found] == [f"digits/algo-1-{START}"]
    assert found[0]["firstEventTimestamp"] == START * 1000
    assert found[0]["lastEventTimestamp"] == (START + 2) * 1000
    assert (
        logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix="no/")["logStreams"] == []
    )
    other = neighbours.client("logs", region="eu-west-1")
    assert other.describe_log_streams(logGroupName=GROUP)["logStreams"] == []


def test_streams_have_pages_and_orders(neighbours: Any, logs: Any) -> None:
    for name, count in (("a", 3), ("b", 1), ("c", 2)):
        neighbours.job(name, lines(count))

    def names(**how: Any) -> str:
        pages = logs.get_paginator("describe_log_streams").paginate(
            logGroupName=GROUP, PaginationConfig={"PageSize": 2}, **how
        )
        return "".join(each["logStreamName"][0] for page in pages for each in page["logStreams"])

    assert names() == "abc"
    assert names(descending=True) == "cba"
    assert names(orderBy="LastEventTime") == "bca"


def test_reading_forwards_ends_by_repeating_the_token(neighbours: Any, logs: Any) -> None:
    neighbours.job("digits", lines(5))
    place = {"logGroupName": GROUP, "logStreamName": f"digits/algo-1-{START}"}
    read: list[str] = []
    token: dict[str, str] = {}
    for _ in range(10):
        page = logs.get_log_events(**place, startFromHead=True, limit=2, **token)
        read += [event["message"] for event in page["events"]]
        if token.get("nextToken") == page["nextForwardToken"]:
            break
        token = {"nextToken": page["nextForwardToken"]}
    assert read == [f"line {number}" for number in range(5)]
    assert page["events"] == []
    again = logs.get_log_events(**place, nextToken=page["nextForwardToken"])
    assert again["nextForwardToken"] == page["nextForwardToken"]
    # What is written later comes with the same token.
    directory = neighbours.home / "jobs/digits"
    with (directory / "log.jsonl").open("a") as file:
        file.write('{"t": 1800000009.5, "m": "later"}\n')
    later = logs.get_log_events(**place, nextToken=page["nextForwardToken"])
    assert later["events"] == [
        {"timestamp": 1800000009500, "ingestionTime": 1800000009500, "message": "later"}
    ]


def test_reading_backwards(neighbours: Any, logs: Any) -> None:
    neighbours.job("digits", lines(5))
    place = {"logGroupName": GROUP, "logStreamName": f"digits/algo-1-{START}"}
    page = logs.get_log_events(**place, limit=2)
    assert [event["message"] for event in page["events"]] == ["line 3", "line 4"]
    page = logs.get_log_events(**place, limit=2, nextToken=page["nextBackwardToken"])
    assert [event["message"] for event in page["events"]] == ["line 1", "line 2"]
    page = logs.get_log_events(**place, limit=2, nextToken=page["nextBackwardToken"])
    assert [event["message"] for event in page["events"]] == ["line 0"]
    last = logs.get_log_events(**place, limit=2, nextToken=page["nextBackwardToken"])
    assert (last["events"], last["nextBackwardToken"]) == ([], page["nextBackwardToken"])


def test_times(neighbours: Any, logs: Any) -> None:
    neighbours.job("digits", lines(5))
    page = logs.get_log_events(
        logGroupName=GROUP, logStreamName=f"digits/algo-1-{START}", startFromHead=True,
        startTime=(START + 1) * 1000, endTime=(START + 3) * 1000,
    )  # fmt: skip
    assert [event["message"] for event in page["events"]] == ["line 1", "line 2"]


def test_pages_are_bounded_by_size(neighbours: Any, logs: Any) -> None:
    neighbours.job("digits", lines(9, "x" * 200_000))
    page = logs.get_log_events(
        logGroupName=GROUP, logStreamName=f"digits/algo-1-{START}", startFromHead=True
    )
    assert len(page["events"]) == 5


def test_filter(neighbours: Any, logs: Any) -> None:
    neighbours.job("one", lines(3, "ERROR one"))
    neighbours.job("two", lines(3, "fine two"))
    found = logs.filter_log_events(logGroupName=GROUP, filterPattern="ERROR -2")["events"]
    assert [event["message"] for event in found] == ["ERROR one 0", "ERROR one 1"]
    assert len({event["eventId"] for event in found}) == 2
    both = logs.filter_log_events(logGroupName=GROUP)["events"]
    assert [event["message"] for event in both][:2] == ["ERROR one 0", "fine two 0"]
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=GROUP, logStreamNamePrefix="two/", PaginationConfig={"PageSize": 2}
    )
    assert [len(page["events"]) for page in pages] == [2, 1]


def test_what_is_not_there(logs: Any) -> None:
    for call in (
        lambda: logs.describe_log_streams(logGroupName="/aws/lambda/x"),
        lambda: logs.get_log_events(logGroupName=GROUP, logStreamName="no/algo-1-1"),
        lambda: logs.get_log_events(logGroupName=GROUP, logStreamName="../../etc/passwd"),
        lambda: logs.filter_log_events(logGroupName=GROUP, logStreamNames=["no/algo-1-1"]),
    ):
        with pytest.raises(ClientError) as caught:
            call()
        assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"
