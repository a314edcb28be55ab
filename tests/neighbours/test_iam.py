from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]})


@pytest.fixture
def iam(neighbours: Any) -> Any:
    return neighbours.client("iam")


def code(caught: pytest.ExceptionInfo[ClientError]) -> str:
    return str(caught.value.response["Error"]["Code"])


def test_the_default_role_trusts_sagemaker(iam: Any) -> None:
    role = iam.get_role(RoleName="StudioExecutionRole")["Role"]
    assert role["Arn"] == "arn:aws:iam::123456789012:role/StudioExecutionRole"
    statement = role["AssumeRolePolicyDocument"]["Statement"][0]
    assert statement["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    with pytest.raises(ClientError, match="Studio's own"):
        iam.delete_role(RoleName="StudioExecutionRole")


def test_a_role_from_birth_to_death(iam: Any) -> None:
    made = iam.create_role(
        RoleName="mine", Path="/service-role/", AssumeRolePolicyDocument=TRUST,
        Description="d", Tags=[{"Key": "a", "Value": "1"}],
    )["Role"]  # fmt: skip
    assert made["Arn"] == "arn:aws:iam::123456789012:role/service-role/mine"
    with pytest.raises(ClientError) as caught:
        iam.create_role(RoleName="mine", AssumeRolePolicyDocument=TRUST)
    assert code(caught) == "EntityAlreadyExists"
    policy = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"
    iam.attach_role_policy(RoleName="mine", PolicyArn=policy)
    iam.put_role_policy(RoleName="mine", PolicyName="p", PolicyDocument=TRUST)
    attached = iam.list_attached_role_policies(RoleName="mine")["AttachedPolicies"]
    assert attached == [{"PolicyName": "AmazonSageMakerFullAccess", "PolicyArn": policy}]
    assert iam.list_role_policies(RoleName="mine")["PolicyNames"] == ["p"]
    found = iam.get_role_policy(RoleName="mine", PolicyName="p")["PolicyDocument"]
    assert found == json.loads(TRUST)
    with pytest.raises(ClientError) as caught:
        iam.delete_role(RoleName="mine")
    assert code(caught) == "DeleteConflict"
    iam.detach_role_policy(RoleName="mine", PolicyArn=policy)
    iam.delete_role_policy(RoleName="mine", PolicyName="p")
    iam.tag_role(RoleName="mine", Tags=[{"Key": "b", "Value": "2"}])
    iam.untag_role(RoleName="mine", TagKeys=["a"])
    assert iam.list_role_tags(RoleName="mine")["Tags"] == [{"Key": "b", "Value": "2"}]
    iam.delete_role(RoleName="mine")
    with pytest.raises(ClientError) as caught:
        iam.get_role(RoleName="mine")
    assert code(caught) == "NoSuchEntity"


def test_lists_have_pages(iam: Any) -> None:
    for number in range(7):
        iam.create_role(RoleName=f"r{number}", AssumeRolePolicyDocument=TRUST)
    pages = iam.get_paginator("list_roles").paginate(PaginationConfig={"PageSize": 3})
    names = [role["RoleName"] for page in pages for role in page["Roles"]]
    assert names == sorted(["StudioExecutionRole", *(f"r{number}" for number in range(7))])
    assert iam.list_roles(PathPrefix="/none/")["Roles"] == []


@pytest.mark.parametrize("document", ["{", "[]", "{}"])
def test_malformed_documents(iam: Any, document: str) -> None:
    with pytest.raises(ClientError) as caught:
        iam.create_role(RoleName="mine", AssumeRolePolicyDocument=document)
    assert code(caught) == "MalformedPolicyDocument"


def test_everything_is_allowed(iam: Any) -> None:
    found = iam.simulate_principal_policy(
        PolicySourceArn="arn:aws:iam::123456789012:role/StudioExecutionRole",
        ActionNames=["sagemaker:CreateTrainingJob", "s3:GetObject"],
    )["EvaluationResults"]
    assert {each["EvalActionName"]: each["EvalDecision"] for each in found} == {
        "sagemaker:CreateTrainingJob": "allowed",
        "s3:GetObject": "allowed",
    }
    with pytest.raises(ClientError) as caught:
        iam.simulate_principal_policy(
            PolicySourceArn="arn:aws:iam::123456789012:role/Nobody", ActionNames=["s3:GetObject"]
        )
    assert code(caught) == "NoSuchEntity"
