"""Tokens: opaque, bound to their list, and made by nobody else."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, strategies as st

from studio_ext import awsmodel
from studio_ext.errors import ValidationException
from studio_ext.wire.paging import Sealer, token_name

SEALER = Sealer(b"key")
FILTERS = {"NameContains": "a", "MaxResults": 5}


@given(st.text(), st.dictionaries(st.text(), st.integers()))
def test_what_is_sealed_opens(position: str, filters: dict[str, int]) -> None:
    token = SEALER.seal(position, "c", filters)
    assert SEALER.open(token, "c", filters) == position


def test_the_page_size_may_change_and_nothing_else() -> None:
    token = SEALER.seal("5", "sagemaker:ListModels:us-east-1", FILTERS)
    other = {"NameContains": "a", "NextToken": token}
    assert SEALER.open(token, "sagemaker:ListModels:us-east-1", other) == "5"
    for sealer, context, filters in (
        (SEALER, "sagemaker:ListModels:eu-west-1", FILTERS),
        (SEALER, "sagemaker:ListModels:us-east-1", {}),
        (Sealer(b"other"), "sagemaker:ListModels:us-east-1", FILTERS),
    ):
        with pytest.raises(ValidationException, match="Invalid NextToken"):
            sealer.open(token, context, filters)


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda b: base64.b64encode(b).decode()))
def test_what_was_not_sealed_does_not_open(token: str) -> None:
    with pytest.raises(ValidationException, match="list again from the start"):
        SEALER.open(token, "c", {})


@pytest.mark.parametrize(
    ("service", "operation", "name"),
    [
        ("sagemaker", "ListModels", "NextToken"),
        ("sagemaker", "DescribeModel", None),
        ("logs", "FilterLogEvents", "nextToken"),
        ("logs", "GetLogEvents", None),
        ("iam", "ListRoles", "Marker"),
    ],
)
def test_which_member_is_a_token(service: str, operation: str, name: str | None) -> None:
    assert token_name(awsmodel.load(service).operations[operation]) == name
