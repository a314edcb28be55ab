"""The door lets in who may, and hands on what they ask."""

from __future__ import annotations

import json

import boto3
import pytest
from botocore.exceptions import ClientError
from tornado.httpclient import HTTPClientError

from studio_ext.home import Home
from studio_ext.identity.keys import Keys
from studio_ext.launch import end

pytest_plugins = ("pytest_jupyter.jupyter_server",)


@pytest.fixture
def jp_server_config(jp_server_config):
    return {"ServerApp": {"jpserver_extensions": {"studio_ext": True}}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One home, and so one daemon, for all tests; Jupyter servers come and go."""
    folder = tmp_path_factory.mktemp("studio")
    yield folder
    end(Home(folder))


@pytest.fixture(autouse=True)
def home(folder, monkeypatch):
    monkeypatch.setenv("STUDIO_HOME", str(folder))
    return Home.current()


async def test_status_starts_the_daemon_and_serves_jupyters_folder(
    jp_fetch, home, jp_root_dir
) -> None:
    answer = await jp_fetch("studio", "status")
    assert json.loads(answer.body)["url"] == home.daemon()["url"]
    assert jp_root_dir.resolve() in home.roots


async def test_a_signed_in_user_needs_no_key(jp_fetch) -> None:
    answer = await jp_fetch(
        "studio", "aws", method="POST", body="{}",
        headers={"X-Amz-Target": "SageMaker.ListTrainingJobs",
                 "Content-Type": "application/x-amz-json-1.1"},
    )  # fmt: skip
    assert json.loads(answer.body) == {"TrainingJobSummaries": []}


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

    import asyncio

    answer = await asyncio.to_thread(ask, key.secret_key)
    assert answer["TrainingJobSummaries"] == []
    with pytest.raises(ClientError, match="signature"):
        await asyncio.to_thread(ask, "wrong")


@pytest.mark.parametrize("path", [("studio", "status"), ("studio", "aws")])
async def test_nobody_else_comes_in(jp_fetch, path) -> None:
    method = "GET" if path[-1] == "status" else "POST"
    body = None if method == "GET" else "{}"
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch(*path, method=method, body=body, headers={"Authorization": "token wrong"})
    assert refused.value.code == 403
