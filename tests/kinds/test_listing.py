"""Lists: filters, orders, pages."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import ELSEWHERE, Call


@pytest.fixture
def models(call: Call) -> list[str]:
    names = ["delta", "alpha", "Charlie", "bravo", "a_%"]
    for name in names:
        call("CreateModel", ModelName=name, PrimaryContainer={"Image": "i"})
    return names


def listed(call: Call, **params: Any) -> list[str]:
    return [model["ModelName"] for model in call("ListModels", **params)["Models"]]


def test_the_newest_come_first(call: Call, models: list[str]) -> None:
    assert listed(call) == models[::-1]
    assert listed(call, SortOrder="Ascending") == models
    assert listed(call, SortBy="Name", SortOrder="Ascending") == sorted(models)


def test_pages_join_up_whatever_happens_between(call: Call, models: list[str]) -> None:
    first = call("ListModels", MaxResults=2, SortBy="Name", SortOrder="Ascending")
    call("DeleteModel", ModelName=first["Models"][-1]["ModelName"])
    call("CreateModel", ModelName="AAA", PrimaryContainer={"Image": "i"})
    rest, token = [], first["NextToken"]
    while token:
        page = call(
            "ListModels", MaxResults=2, SortBy="Name", SortOrder="Ascending", NextToken=token
        )
        rest += [model["ModelName"] for model in page["Models"]]
        token = page["NextToken"]
    assert rest == sorted(models)[2:]


def test_contains_is_about_text_and_not_patterns(call: Call, models: list[str]) -> None:
    assert set(listed(call, NameContains="A")) == {"delta", "alpha", "Charlie", "bravo", "a_%"}
    assert listed(call, NameContains="_%") == ["a_%"]
    assert listed(call, NameContains="'; drop") == []


def test_times(call: Call, models: list[str]) -> None:
    when = call("DescribeModel", ModelName="alpha")["CreationTime"]
    assert listed(call, CreationTimeAfter=when) == ["a_%", "bravo", "Charlie"]
    assert listed(call, CreationTimeBefore=when) == ["delta"]
    assert listed(call, CreationTimeAfter=when, NameContains="br") == ["bravo"]


def test_a_region_is_a_world_of_its_own(call: Call, models: list[str]) -> None:
    assert call("ListModels", ELSEWHERE)["Models"] == []


def test_a_sort_without_a_column(call: Call) -> None:
    for number, kind in enumerate(("b", "a", "c")):
        call(
            "CreateAction", ActionName=f"n{number}", ActionType=kind, Source={"SourceUri": "s3://a"}
        )
    call("CreateContext", ContextName="x", ContextType="t", Source={"SourceUri": "s3://a"})
    arns = [action["ActionArn"] for action in call("ListActions")["ActionSummaries"]]
    context = call("DescribeContext", ContextName="x")["ContextArn"]
    for arn in arns:
        call("AddAssociation", SourceArn=arn, DestinationArn=context)
    found: list[str] = []
    token = None
    while True:
        more = {"NextToken": token} if token else {}
        page = call(
            "ListAssociations", SortBy="SourceType", SortOrder="Descending", MaxResults=1, **more
        )
        found += [edge["SourceType"] for edge in page["AssociationSummaries"]]
        token = page["NextToken"]
        if not token:
            break
    assert found == ["c", "b", "a"]
