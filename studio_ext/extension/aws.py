"""``studio/aws``: AWS's API.

A request that carries an AWS signature is handed on as it is: the daemon verifies it, so Jupyter's
own authentication and XSRF check would only be in the way. Any other request needs both of those,
and is signed here with the home's key, for the service that it is meant for.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado import web

from .. import awsmodel
from ..wire.sigv4 import ALGORITHM
from .base import HOPS, StudioHandler, reaching, said
from .upstream import Answer, whole

SERVICES = ("sagemaker", "sts", "iam", "logs", "cloudwatch")
"""Botocore's names of the services that a target is looked for in; the first is the usual one."""

BODY_LIMIT = 16 * 1024 * 1024
HIDDEN = frozenset({"cookie", "x-xsrftoken"})  # Jupyter's, nobody else's business
KEPT = ("x-amz-target", "content-type", "accept")


class AwsHandler(StudioHandler):
    """Hands requests on to the daemon."""

    def check_xsrf_cookie(self) -> None:
        if not self._signed:
            super().check_xsrf_cookie()

    @property
    def _signed(self) -> bool:
        return self.request.headers.get("Authorization", "").startswith(f"{ALGORITHM} ")

    @allow_unauthenticated
    async def post(self, path: str | None = None) -> None:
        if not self._signed:
            await self.permit("execute")
        if len(self.request.body) > BODY_LIMIT:
            raise web.HTTPError(413, f"{len(self.request.body)} bytes; expected {BODY_LIMIT}")
        with reaching():
            self._return(await (self._pass_on() if self._signed else self._sign(path or "/")))

    async def _pass_on(self) -> Answer:
        headers = {
            name: value
            for name, value in self.request.headers.get_all()
            if name.lower() not in HOPS | HIDDEN
        }
        # The path is part of what was signed.
        exchange = await self.upstream.pass_on("POST", self.request.uri or "/", headers)
        await exchange.write(self.request.body)
        return await whole(exchange)

    async def _sign(self, path: str) -> Answer:
        given = self.request.headers
        return await self.upstream.ask(
            "POST",
            path,
            service=self._service(),
            region=given.get("X-Studio-Region", "us-east-1"),
            headers={name: given[name] for name in KEPT if name in given},
            body=self.request.body,
        )

    def _service(self) -> str:
        """The signing name of the service that is meant."""
        named = self.request.headers.get("X-Studio-Service")
        if named is not None and named not in SERVICES:
            raise web.HTTPError(
                400, f"X-Studio-Service is {named[:40]!r}; expected one of {', '.join(SERVICES)}"
            )
        prefix = self.request.headers.get("X-Amz-Target", "").rpartition(".")[0]
        return awsmodel.load(named or _targets().get(prefix, SERVICES[0])).signing_name

    def _return(self, answer: Answer) -> None:
        self.set_status(answer.status)
        for name, value in answer.headers.get_all():
            if name.lower() not in HOPS | {"content-length", "date", "server"}:
                self.set_header(name, value)
        self.finish(answer.body)

    def write_error(self, status_code: int, **details: Any) -> None:
        """In AWS's shape, which is what clients read."""
        code = "ServiceUnavailable" if status_code >= 500 else "AccessDeniedException"
        code = code if status_code in (403, 502, 503) else "ValidationException"
        self.set_header("Content-Type", "application/x-amz-json-1.1")
        self.finish(json.dumps({"__type": code, "message": said(details, status_code)}))


@cache
def _targets() -> dict[str, str]:
    """Which service has which target prefix."""
    prefixes = {name: awsmodel.load(name).target_prefix for name in SERVICES}
    return {prefix: name for name, prefix in prefixes.items() if prefix}
