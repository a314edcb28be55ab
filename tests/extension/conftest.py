"""Jupyter servers with Studio in them, over one daemon."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

# Not as a plugin: its fixtures would come into every test, and take event loops away from some.
from pytest_jupyter.jupyter_server import *  # noqa: F403
from tornado.httpclient import HTTPClientError

from studio_ext.home import Home
from studio_ext.identity.keys import Keys
from studio_ext.launch import end, ensure

Fetch = Callable[..., Awaitable[Any]]


@pytest.fixture
def jp_server_config() -> dict[str, Any]:
    return {"ServerApp": {"jpserver_extensions": {"studio_ext": True}}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One home, and so one daemon, for all tests of a file; Jupyter servers come and go."""
    folder = tmp_path_factory.mktemp("studio")
    yield folder
    end(Home(folder))


@pytest.fixture(autouse=True)
def home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("STUDIO_HOME", str(folder))
    return Home.current()


@pytest.fixture
def client(home: Home) -> Callable[[str], Any]:
    """boto3 clients of the daemon itself."""
    url, key = ensure(home)["url"], Keys(home.identity).root

    def make(service: str) -> Any:
        return boto3.client(
            service, endpoint_url=url, region_name="us-east-1",
            aws_access_key_id=key.access_key, aws_secret_access_key=key.secret_key,
        )  # fmt: skip

    return make


@pytest.fixture
def refused(jp_fetch: Fetch) -> Callable[..., Awaitable[tuple[int, str]]]:
    """Status and words of a request that must be refused."""

    async def ask(*path: str, **options: Any) -> tuple[int, str]:
        options["headers"] = dict(options.get("headers", {}))  # a token is put into it
        with pytest.raises(HTTPClientError) as error:
            await jp_fetch(*path, **options)
        body = error.value.response.body.decode()
        with contextlib.suppress(ValueError, KeyError):
            body = json.loads(body)["message"]
        return error.value.code, body

    return ask
