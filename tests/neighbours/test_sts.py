from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

ROLE = "arn:aws:iam::123456789012:role/StudioExecutionRole"


def test_caller_is_an_assumed_role(neighbours: Any) -> None:
    found = neighbours.client("sts").get_caller_identity()
    assert found["Account"] == "123456789012"
    assert ":assumed-role/StudioExecutionRole/" in found["Arn"]
    assert found["UserId"].startswith("AROA")


def test_assumed_role_works_and_says_who_it_is(neighbours: Any) -> None:
    made = neighbours.client("sts").assume_role(
        RoleArn=ROLE, RoleSessionName="me@work", DurationSeconds=900
    )
    keys = made["Credentials"]
    credential = neighbours.keys.lookup(keys["AccessKeyId"], keys["SessionToken"])
    assert credential is not None
    assert credential.secret_key == keys["SecretAccessKey"]
    found = neighbours.client("sts", credential).get_caller_identity()
    assert found["Arn"] == made["AssumedRoleUser"]["Arn"]
    assert found["Arn"].endswith(":assumed-role/StudioExecutionRole/me@work")
    assert found["UserId"] == made["AssumedRoleUser"]["AssumedRoleId"]


@pytest.mark.parametrize(
    "arn",
    ["arn:aws:iam::123456789012:role/Nobody", "arn:aws:iam::999999999999:role/StudioExecutionRole"],
)
def test_other_roles_are_refused(neighbours: Any, arn: str) -> None:
    with pytest.raises(ClientError, match="not authorized") as caught:
        neighbours.client("sts").assume_role(RoleArn=arn, RoleSessionName="me")
    assert caught.value.response["Error"]["Code"] == "AccessDenied"


def test_a_session_is_no_longer_than_its_role_allows(neighbours: Any) -> None:
    with neighbours.store.read() as reader:
        assert reader.get("Role", "aws-global", "StudioExecutionRole") is not None
    iam = neighbours.client("iam")
    iam.update_role(RoleName="StudioExecutionRole", MaxSessionDuration=3600)
    with pytest.raises(ClientError, match="MaxSessionDuration 3600"):
        neighbours.client("sts").assume_role(
            RoleArn=ROLE, RoleSessionName="me", DurationSeconds=7200
        )


def test_session_token(neighbours: Any) -> None:
    keys = neighbours.client("sts").get_session_token(DurationSeconds=900)["Credentials"]
    credential = neighbours.keys.lookup(keys["AccessKeyId"], keys["SessionToken"])
    with pytest.raises(ClientError, match="session credentials"):
        neighbours.client("sts", credential).get_session_token()
