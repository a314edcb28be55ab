"""AWS's API through Jupyter: who may, what is signed for whom, what comes back."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import urlencode

import boto3
import pytest
from botocore.exceptions import ClientError

from studio_ext.identity.keys import Keys

LIST = {"X-Amz-Target": "SageMaker.ListTrainingJobs", "Content-Type": "application/x-amz-json-1.1"}


async def ask(jp_fetch, target: str, body: dict, **headers: str) -> dict:
    answer = await jp_fetch(
        "studio", "aws", method="POST", body=json.dumps(body),
        headers={**LIST, "X-Amz-Target": target, **headers},
    )  # fmt: skip
    return json.loads(answer.body)


async def test_a_signed_in_user_needs_no_key(jp_fetch) -> None:
    assert await ask(jp_fetch, "SageMaker.ListTrainingJobs", {}) == {"TrainingJobSummaries": []}


@pytest.mark.parametrize(
    ("target", "body", "field"),
    [
        ("Logs_20140328.DescribeLogGroups", {}, "logGroups"),
        ("GraniteServiceVersion20100801.ListMetrics", {}, "Metrics"),
        ("SageMaker.ListModels", {}, "Models"),
    ],
)
async def test_each_target_is_signed_for_its_service(jp_fetch, target, body, field) -> None:
    assert field in await ask(jp_fetch, target, body)


@pytest.mark.parametrize(
    ("service", "action", "found"),
    [
        ("iam", {"Action": "ListRoles", "Version": "2010-05-08"}, b"StudioExecutionRole"),
        ("sts", {"Action": "GetCallerIdentity", "Version": "2011-06-15"}, b"123456789012"),
    ],
)
async def test_query_services_are_named_in_a_header(jp_fetch, service, action, found) -> None:
    answer = await jp_fetch(
        "studio", "aws", method="POST", body=urlencode(action),
        headers={"Content-Type": "application/x-www-form-urlencoded", "X-Studio-Service": service},
    )  # fmt: skip
    assert found in answer.body


async def test_a_service_that_is_not_offered_is_named(refused) -> None:
    code, words = await refused(
        "studio", "aws", method="POST", body="{}", headers={"X-Studio-Service": "<script>"}
    )
    assert code == 400
    assert "'<script>'" in words
    assert "sagemaker" in words


async def test_the_region_is_the_browsers_choice(jp_fetch, client) -> None:
    model = {
        "ModelName": "far", "PrimaryContainer": {"Image": "image:1"},
        "ExecutionRoleArn": "arn:aws:iam::123456789012:role/StudioExecutionRole",
    }  # fmt: skip
    region = {"X-Studio-Region": "eu-west-1"}
    made = await ask(jp_fetch, "SageMaker.CreateModel", model, **region)
    assert ":eu-west-1:" in made["ModelArn"]
    assert (await ask(jp_fetch, "SageMaker.ListModels", {}))["Models"] == []


async def test_refusals_come_through_as_they_are(refused) -> None:
    headers = {**LIST, "X-Amz-Target": "SageMaker.DescribeModel"}
    code, words = await refused(
        "studio", "aws", method="POST", body='{"ModelName":"none"}', headers=headers
    )
    assert (code, "Could not find model" in words) == (400, True)


async def test_boto3_needs_no_jupyter_token(jp_serverapp, jp_fetch, home) -> None:
    await jp_fetch("studio", "status")
    url = f"http://127.0.0.1:{jp_serverapp.port}{jp_serverapp.base_url}studio/aws"
    key = Keys(home.identity).root

    def ask(secret: str) -> dict:
        client = boto3.client(
            "sagemaker", endpoint_url=url, region_name="us-east-1",
            aws_access_key_id=key.access_key, aws_secret_access_key=secret,
        )  # fmt: skip
        return client.list_training_jobs()

    answer = await asyncio.to_thread(ask, key.secret_key)
    assert answer["TrainingJobSummaries"] == []
    with pytest.raises(ClientError, match="signature"):
        await asyncio.to_thread(ask, "wrong")


async def test_a_giant_body_is_refused(refused) -> None:
    code, words = await refused(
        "studio", "aws", method="POST", body=b"x" * (16 * 1024 * 1024 + 1), headers=LIST
    )
    assert (code, "expected" in words) == (413, True)


async def test_a_daemon_that_cannot_start_is_told_in_words(refused, home, monkeypatch) -> None:
    from studio_ext.extension import upstream
    from studio_ext.launch import DaemonFailed

    def fail(home):
        raise DaemonFailed("the daemon did not start: no room")

    monkeypatch.setattr(upstream, "ensure", fail)
    assert await refused("studio", "aws", method="POST", body="{}", headers=LIST) == (
        503, "the daemon did not start: no room",
    )  # fmt: skip
