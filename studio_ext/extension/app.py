"""The door in Jupyter: Jupyter's users reach the daemon through their own server.

``<base_url>studio/status`` starts the daemon when none runs and says where it is.
``<base_url>studio/aws`` is the API. A request that carries an AWS signature is handed on as it is:
the daemon verifies it, so Jupyter's own authentication and XSRF check would only be in the way. Any
other request needs both of those, and is signed here with the home's key.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated, authorized
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyter_server.extension.application import ExtensionApp
from tornado import web
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.httputil import HTTPHeaders

from .errors import StudioError
from .home import Home
from .identity.keys import Keys
from .launch import ensure

RESOURCE = "studio"
SIGNED = "AWS4-HMAC-SHA256 "
HOPS = frozenset({"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"})
HIDDEN = frozenset({"cookie", "x-xsrftoken"})  # Jupyter's, nobody else's business
BODY_LIMIT = 16 * 1024 * 1024


class StudioApp(ExtensionApp):
    """Studio in a Jupyter server."""

    name = "studio_ext"
    app_name = "Studio"
    load_other_extensions = True

    def initialize_settings(self) -> None:
        home = Home.current()
        home.make()
        root = getattr(self.serverapp, "root_dir", "")
        if root:
            home.serve_root(Path(root))
        self.settings["studio_home"] = home

    def initialize_handlers(self) -> None:
        self.handlers.extend(
            [(r"/studio/status", StatusHandler), (r"/studio/aws(?:/.*)?", AwsHandler)]
        )


class StatusHandler(APIHandler):
    """Where the daemon is; it is started when there is none."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self) -> None:
        found = await _daemon(self.settings["studio_home"])
        self.finish(json.dumps({"url": found["url"], "version": found["version"]}))


class AwsHandler(JupyterHandler):
    """Hands requests on to the daemon."""

    auth_resource = RESOURCE

    def check_xsrf_cookie(self) -> None:
        if not self._signed:
            super().check_xsrf_cookie()

    @property
    def _signed(self) -> bool:
        return self.request.headers.get("Authorization", "").startswith(SIGNED)

    @allow_unauthenticated
    async def post(self) -> None:
        if not self._signed:
            await self._must_be_allowed()
        if len(self.request.body) > BODY_LIMIT:
            raise web.HTTPError(413, f"expected at most {BODY_LIMIT} bytes")
        home: Home = self.settings["studio_home"]
        daemon = await _daemon(home)
        headers = {
            name: value
            for name, value in self.request.headers.items()
            if name.lower() not in HOPS | HIDDEN
        }
        if self._signed:
            target = daemon["url"] + self.request.uri  # the path is part of what was signed
        else:
            target = daemon["url"] + "/"
            headers = _sign(home, target, headers, self.request.body)
        await self._forward(target, headers)

    async def _must_be_allowed(self) -> None:
        user = self.current_user
        if user is None:
            raise web.HTTPError(403, "sign in to Jupyter, or sign the request as AWS clients do")
        allowed = self.authorizer.is_authorized(self, user, "execute", RESOURCE)
        if not (await allowed if asyncio.iscoroutine(allowed) else allowed):
            raise web.HTTPError(403, f"{user.username} may not use Studio")

    async def _forward(self, target: str, headers: Mapping[str, str]) -> None:
        request = HTTPRequest(
            target,
            method="POST",
            headers=HTTPHeaders(headers),
            body=self.request.body,
            decompress_response=False,
            request_timeout=60,
        )
        try:
            answer = await AsyncHTTPClient().fetch(request, raise_error=False)
        except (OSError, HTTPClientError) as error:
            raise web.HTTPError(502, f"Studio's daemon does not answer ({error})") from error
        self.set_status(answer.code if answer.code != 599 else 502)
        for name, value in answer.headers.get_all():
            if name.lower() not in HOPS | {"content-length", "date", "server"}:
                self.set_header(name, value)
        self.finish(answer.body or b"")


async def _daemon(home: Home) -> dict[str, Any]:
    try:
        return await asyncio.to_thread(ensure, home)
    except (StudioError, OSError, subprocess.SubprocessError) as error:
        raise web.HTTPError(503, f"{error}") from error


def _sign(home: Home, url: str, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    """A signed in user's request under the home's own key."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    root = Keys(home.identity).root
    wanted = ("x-amz-target", "content-type", "accept")
    kept = {name: value for name, value in headers.items() if name.lower() in wanted}
    region = headers.get("X-Studio-Region", "us-east-1")
    request = AWSRequest("POST", url, data=body, headers=kept)
    SigV4Auth(Credentials(root.access_key, root.secret_key), "sagemaker", region).add_auth(request)
    return dict(request.headers.items())
