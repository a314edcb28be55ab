"""Tags on any ARN."""

from __future__ import annotations

from typing import Any

import pytest

from studio_ext.errors import ResourceLimitExceeded, ValidationException

from .conftest import ELSEWHERE, Call


def pairs(*names: str, value: str = "v") -> list[dict[str, str]]:
    return [{"Key": name, "Value": value} for name in names]


@pytest.fixture
def arn(call: Call) -> str:
    made = call("CreateModel", ModelName="a", PrimaryContainer={"Image": "i"}, Tags=pairs("first"))
    return str(made["ModelArn"])


def test_tags_come_and_go(call: Call, arn: str) -> None:
    assert call("ListTags", ResourceArn=arn)["Tags"] == pairs("first")
    call("AddTags", ResourceArn=arn, Tags=pairs("first", "second", value="w"))
    assert call("ListTags", ResourceArn=arn)["Tags"] == pairs("first", "second", value="w")
    call("DeleteTags", ResourceArn=arn, TagKeys=["first", "none"])
    assert call("ListTags", ResourceArn=arn)["Tags"] == pairs("second", value="w")


def test_they_go_with_their_resource(call: Call, arn: str) -> None:
    call("DeleteModel", ModelName="a")
    call("CreateModel", ModelName="a", PrimaryContainer={"Image": "i"})
    assert call("ListTags", ResourceArn=arn)["Tags"] == []


@pytest.mark.parametrize("operation", ["AddTags", "ListTags", "DeleteTags"])
def test_an_arn_of_nothing(call: Call, arn: str, operation: str) -> None:
    more: dict[str, Any] = {
        "AddTags": {"Tags": pairs("a")}, "DeleteTags": {"TagKeys": ["a"]}, "ListTags": {}
    }[operation]  # fmt: skip
    with pytest.raises(ValidationException, match="Could not find a resource with ARN"):
        call(operation, ResourceArn=arn + "x", **more)
    with pytest.raises(ValidationException, match="eu-west-1"):
        call(operation, ELSEWHERE, ResourceArn=arn, **more)


def test_limits(call: Call, arn: str) -> None:
    call("AddTags", ResourceArn=arn, Tags=pairs(*(f"k{n}" for n in range(49))))
    call("AddTags", ResourceArn=arn, Tags=pairs("first"))
    with pytest.raises(ResourceLimitExceeded, match="51 tags"):
        call("AddTags", ResourceArn=arn, Tags=pairs("one more"))
    with pytest.raises(ValidationException, match="given twice"):
        call("AddTags", ResourceArn=arn, Tags=pairs("a", "a"))
    with pytest.raises(ValidationException, match="reserved"):
        call("AddTags", ResourceArn=arn, Tags=pairs("aws:mine"))
