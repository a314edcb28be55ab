"""Nobody comes in whom Jupyter does not know, nor one whom its authorizer does not let."""

from __future__ import annotations

from http.cookies import SimpleCookie

import pytest
from jupyter_server.auth import Authorizer
from tornado.httpclient import HTTPClientError

ROUTES = [
    ("GET", "studio/status"),
    ("POST", "studio/aws"),
    ("GET", "studio/model"),
    ("GET", "studio/notebook"),
    ("GET", "studio/contents"),
    ("POST", "studio/contents/buckets"),
    ("PUT", "studio/contents/buckets/a"),
    ("PATCH", "studio/contents/buckets/a"),
    ("DELETE", "studio/contents/buckets/a"),
    ("GET", "studio/contents/buckets/a/checkpoints"),
    ("POST", "studio/contents/buckets/a/checkpoints"),
    ("POST", "studio/contents/buckets/a/checkpoints/b"),
    ("DELETE", "studio/contents/buckets/a/checkpoints/b"),
    ("GET", "studio/s3"),
    ("HEAD", "studio/s3/bucket/key"),
    ("PUT", "studio/s3/bucket/key"),
    ("POST", "studio/s3/bucket/key"),
    ("DELETE", "studio/s3/bucket/key"),
]
STRANGER = {"Authorization": "token wrong"}


class No(Authorizer):
    """Lets nobody do anything, and remembers what was asked."""

    asked: list[tuple[str, str]] = []  # noqa: RUF012

    def is_authorized(self, handler, user, action, resource) -> bool:
        self.asked.append((action, resource))
        return False


@pytest.fixture
def no(jp_serverapp):
    jp_serverapp.web_app.settings["authorizer"] = No()
    No.asked.clear()


def test_every_handler_asks_who_is_there(jp_serverapp) -> None:
    """Jupyter's own check of what is served where nothing may be served to strangers."""
    app = jp_serverapp.extension_manager.extension_apps["studio_ext"]
    served = [handler[:2] for one in app for handler in one.handlers]
    assert len({pattern for pattern, _ in served}) >= 8
    assert [
        lost
        for pattern, handler in served
        for lost in jp_serverapp.web_app._check_handler_auth(pattern, handler)
    ] == []
    assert {handler.auth_resource for _, handler in served} == {"studio"}


def body(method: str) -> str | None:
    return "{}" if method in ("POST", "PUT", "PATCH") else None


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_strangers_are_refused(refused, method, path) -> None:
    code, _ = await refused(path, method=method, body=body(method), headers=STRANGER)
    assert code == 403


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_the_authorizer_is_heard(refused, no, method, path) -> None:
    code, _ = await refused(path, method=method, body=body(method))
    assert code == 403
    assert {resource for _, resource in No.asked} == {"studio"}


@pytest.mark.parametrize("path", ["studio/events"])
async def test_websockets_too(jp_ws_fetch, no, path) -> None:
    with pytest.raises(HTTPClientError) as error:
        await jp_ws_fetch(path, headers=STRANGER)
    assert error.value.code == 403
    with pytest.raises(HTTPClientError) as error:
        await jp_ws_fetch(path)
    assert error.value.code == 403
    assert No.asked == [("execute", "studio")]


@pytest.mark.parametrize(("method", "path"), [each for each in ROUTES if each[0] != "GET"])
async def test_a_session_without_the_xsrf_token_changes_nothing(
    jp_serverapp, refused, http_server_client, jp_base_url, method, path
) -> None:
    """A cookie alone could be sent by any page that the user looks at."""
    jp_serverapp.identity_provider.token = ""  # nobody signs in by token, so by cookie alone
    jp_serverapp.web_app.settings["disable_check_xsrf"] = False
    url = jp_base_url + path
    with pytest.raises(HTTPClientError) as error:
        await http_server_client.fetch(url, method=method, body=body(method))
    assert error.value.code == 403
    cookies = SimpleCookie("_xsrf=abc")
    answer = await http_server_client.fetch(
        url, method=method, body=body(method), raise_error=False,
        headers={"X-XSRFToken": "abc", "Cookie": cookies.output(header="", sep=";").strip(),
                 "X-Amz-Target": "SageMaker.ListModels"},
    )  # fmt: skip
    assert answer.code != 403
