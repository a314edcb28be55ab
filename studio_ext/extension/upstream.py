"""The daemon of one home, as its Jupyter server asks it: found or started, and signed for."""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tornado.httputil import HTTPHeaders

from ..errors import StudioError
from ..home import Home
from ..identity.environment import DEFAULT_REGION
from ..identity.keys import Keys
from ..launch import ensure
from ..wire.service import Head
from ..wire.sigv4 import sign
from .exchange import Exchange

EMPTY = hashlib.sha256(b"").hexdigest()


class NoDaemon(StudioError):
    """There is no daemon, and none could be started."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer."""

    status: int
    headers: HTTPHeaders
    body: bytes


class Upstream:
    """Requests to the daemon.

    What a signed in user asks is signed with the home's own key: one UNIX account is one trust
    domain, and Jupyter has checked who asks.
    """

    def __init__(self, home: Home) -> None:
        self.home = home

    async def record(self) -> dict[str, Any]:
        """What the running daemon says of itself; it is started when there is none.

        Raises:
            NoDaemon: in words.
        """
        try:
            return await asyncio.to_thread(ensure, self.home)
        except (StudioError, OSError, subprocess.SubprocessError) as error:
            raise NoDaemon(f"{error}") from error

    async def open(
        self,
        method: str,
        target: str,
        *,
        service: str,
        region: str = DEFAULT_REGION,
        headers: Mapping[str, str] | None = None,
        payload_hash: str = EMPTY,
    ) -> Exchange:
        """Begin a request, signed for a service.

        Args:
            target: path and query, percent-encoded.
            service: the signing name, such as ``sagemaker`` or ``s3``.
            headers: with names in lower case.
            payload_hash: SHA-256 of the body in hex, or what stands for it in S3's requests.

        Raises:
            NoDaemon, Unreachable: nobody is there.
        """
        host, port = await self._address()
        path, _, query = target.partition("?")
        head = Head(method, path, query, {**(headers or {}), "host": f"{host}:{port}"})
        key = Keys(self.home.identity).root
        signed = sign(head, key, service=service, region=region, payload_hash=payload_hash)
        return await Exchange.open(host, port, method, target, signed)

    async def pass_on(self, method: str, target: str, headers: Mapping[str, str]) -> Exchange:
        """Begin a request as it is, signed by whoever sent it."""
        return await Exchange.open(*await self._address(), method, target, headers)

    async def ask(
        self,
        method: str,
        target: str,
        *,
        service: str,
        region: str = DEFAULT_REGION,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Answer:
        """A whole request and its whole answer."""
        digest = hashlib.sha256(body).hexdigest()
        sized = {**(headers or {}), "content-length": str(len(body))}
        exchange = await self.open(
            method, target, service=service, region=region, headers=sized, payload_hash=digest
        )
        await exchange.write(body)
        return await whole(exchange)

    async def _address(self) -> tuple[str, int]:
        address = urlsplit((await self.record())["url"])
        return address.hostname or "", address.port or 80


async def whole(exchange: Exchange) -> Answer:
    """The answer to a request whose body was written.

    Raises:
        Unreachable: there is none, or it broke off.
    """
    status, found, body = 0, HTTPHeaders(), bytearray()

    async def on_head(code: int, headers: HTTPHeaders) -> None:
        nonlocal status, found
        status, found = code, headers

    async def on_data(chunk: bytes) -> None:
        body.extend(chunk)

    await exchange.answer(on_head, on_data)
    return Answer(status, found, bytes(body))
