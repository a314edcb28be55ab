"""Every protocol, spoken by boto3."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from studio_ext.errors import AwsError
from studio_ext.wire.throttle import Throttle

from ..serving import Key, Server, Simple, serving

NOW = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
SEEN: dict[str, Any] = {}


def answering(**fields: Any) -> Any:
    def operation(params: dict[str, Any], caller: Any) -> dict[str, Any]:
        SEEN.clear()
        SEEN.update(params)
        return fields

    return operation


def no_role(params: dict[str, Any], caller: Any) -> dict[str, Any]:
    raise AwsError("no <role> & no\x01thing", code="NoSuchEntity", status=404)


def pages(params: dict[str, Any], caller: Any) -> dict[str, Any]:
    at = int(params.get("NextToken", "0"))
    model = {"ModelName": f"m{at}", "ModelArn": "x" * 20, "CreationTime": NOW}
    return {"Models": [model], "NextToken": str(at + 1) if at < 3 else None}


def invoke(params: dict[str, Any], caller: Any) -> dict[str, Any]:
    SEEN.clear()
    SEEN.update(params)
    if params["EndpointName"] == "none":
        raise AwsError("Endpoint none not found", code="ValidationError", status=400)
    body = params.get("Body", b"").upper()
    return {"Body": body, "ContentType": "text/csv", "InvokedProductionVariant": "a\r\nb: c"}


ROLE = {"Path": "/", "RoleName": "r", "RoleId": "x" * 16, "Arn": "x" * 20, "CreateDate": NOW}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    services = [
        Simple("sagemaker", {"ListModels": pages, "DeleteModel": answering()}),
        Simple("sts", {"GetCallerIdentity": lambda p, c: {"Arn": c.arn, "Account": c.account}}),
        Simple(
            "iam",
            {
                "GetRole": no_role,
                "ListRoles": answering(Roles=[ROLE], IsTruncated=False),
                "SimulatePrincipalPolicy": answering(
                    EvaluationResults=[{"EvalActionName": "a<b", "EvalDecision": "allowed"}]
                ),
            },
        ),
        Simple("logs", {"DescribeLogStreams": answering(logStreams=[{"logStreamName": "s"}])}),
        Simple(
            "cloudwatch",
            {
                "GetMetricStatistics": answering(
                    Label="x", Datapoints=[{"Timestamp": NOW, "Average": 1, "Unit": "None"}]
                ),
                "PutMetricData": answering(),
            },
        ),
        Simple("sagemaker-runtime", {"InvokeEndpoint": invoke}),
        Simple("sagemaker-metrics", {"BatchPutMetrics": answering(Errors=[])}),
    ]
    with serving(services, throttle=Throttle(0)) as found:
        yield found


def test_json(server: Server) -> None:
    client = server.client("sagemaker")
    found = [m for page in client.get_paginator("list_models").paginate() for m in page["Models"]]
    assert [model["ModelName"] for model in found] == ["m0", "m1", "m2", "m3"]
    assert found[0]["CreationTime"] == NOW
    assert client.delete_model(ModelName="a")["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert server.client("logs").describe_log_streams(logGroupName="g")["logStreams"]


def test_a_token_belongs_to_its_list(server: Server) -> None:
    client = server.client("sagemaker")
    token = client.list_models(NameContains="a")["NextToken"]
    assert client.list_models(NameContains="a", NextToken=token)["Models"][0]["ModelName"] == "m1"
    again = client.list_models(NameContains="a", NextToken=token, MaxResults=5)
    assert again["Models"][0]["ModelName"] == "m1"
    with pytest.raises(ClientError, match="Invalid NextToken"):
        client.list_models(NameContains="b", NextToken=token)
    with pytest.raises(ClientError, match="Invalid NextToken"):
        server.client("sagemaker", region="eu-west-1").list_models(
            NameContains="a", NextToken=token
        )


def test_query(server: Server) -> None:
    assert server.client("sts").get_caller_identity()["Account"] == "123456789012"
    iam = server.client("iam")
    assert iam.list_roles(MaxItems=3)["Roles"][0]["CreateDate"] == NOW
    assert SEEN == {"MaxItems": 3}
    found = iam.simulate_principal_policy(
        PolicySourceArn="arn:aws:iam::123456789012:role/studio",
        ActionNames=["s3:Get", "s3:Put"],
        ContextEntries=[{"ContextKeyName": "aws:x", "ContextKeyValues": ["a", "b"]}],
    )
    assert found["EvaluationResults"] == [{"EvalActionName": "a<b", "EvalDecision": "allowed"}]
    assert SEEN["ActionNames"] == ["s3:Get", "s3:Put"]
    assert SEEN["ContextEntries"] == [{"ContextKeyName": "aws:x", "ContextKeyValues": ["a", "b"]}]


def test_query_errors(server: Server) -> None:
    iam = server.client("iam")
    with pytest.raises(iam.exceptions.NoSuchEntityException) as error:
        iam.get_role(RoleName="r")
    assert error.value.response["Error"]["Message"] == "no <role> & no?thing"
    with pytest.raises(ClientError, match=r"Value 'a&<' at 'roleName'") as broken:
        iam.get_role(RoleName="a&<")
    assert broken.value.response["Error"]["Code"] == "ValidationError"
    with pytest.raises(ClientError) as unknown:
        server.client("sts", key=Key(access_key="AKIDNOBODY")).get_caller_identity()
    assert unknown.value.response["Error"]["Code"] == "InvalidClientTokenId"
    with pytest.raises(ClientError) as unbuilt:
        server.client("sts").get_session_token()
    assert unbuilt.value.response["Error"]["Code"] == "InvalidAction"


def test_cloudwatch_in_whatever_protocol_boto3_likes(server: Server) -> None:
    client = server.client("cloudwatch")
    found = client.get_metric_statistics(
        Namespace="n", MetricName="m", StartTime=NOW, EndTime=NOW, Period=60, Statistics=["Average"]
    )
    assert found["Datapoints"] == [{"Timestamp": NOW, "Average": 1.0, "Unit": "None"}]
    assert SEEN["StartTime"] == pytest.approx(NOW.timestamp(), abs=1)
    client.put_metric_data(
        Namespace="n", MetricData=[{"MetricName": "m", "Value": 1.5, "Timestamp": NOW}]
    )
    assert SEEN["MetricData"][0]["Value"] == 1.5
    with pytest.raises(ClientError, match="1 validation error detected"):
        server.client("cloudwatch", validate=False).put_metric_data(Namespace="n" * 500)


def test_rest(server: Server) -> None:
    client = server.client("sagemaker-runtime")
    found = client.invoke_endpoint(
        EndpointName="e-1", Body=b"abc", ContentType="text/csv", TargetModel="a b"
    )
    assert found["Body"].read() == b"ABC"
    assert found["ContentType"] == "text/csv"
    assert found["InvokedProductionVariant"] == "ab: c"  # one header, whatever the value
    assert SEEN["Body"] == b"abc"
    assert (SEEN["EndpointName"], SEEN["TargetModel"]) == ("e-1", "a b")
    with pytest.raises(ClientError, match="Endpoint none not found"):
        client.invoke_endpoint(EndpointName="none", Body=b"")
    metrics = server.client("sagemaker-metrics")
    data = [{"MetricName": "m", "Timestamp": NOW, "Value": 1.0, "Step": 1}]
    assert metrics.batch_put_metrics(TrialComponentName="t", MetricData=data)["Errors"] == []
    assert SEEN["MetricData"][0]["Step"] == 1


def test_a_service_that_is_not_here(server: Server) -> None:
    with pytest.raises(ClientError, match="'ecr' is not served here"):
        server.client("ecr").get_authorization_token()
