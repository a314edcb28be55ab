"""What every handler of the extension has in common: who may, and how errors are told."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from tornado import web

from ..home import Home
from .exchange import Unreachable
from .upstream import NoDaemon, Upstream

RESOURCE = "studio"
"""What Jupyter's authorizer is asked about."""

HOPS = frozenset({"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"})
"""Headers of one connection, which are nobody else's business."""


class StudioHandler(JupyterHandler):
    """A handler for users that Jupyter knows and lets in."""

    auth_resource = RESOURCE

    @property
    def upstream(self) -> Upstream:
        return self.settings["studio_upstream"]

    @property
    def home(self) -> Home:
        return self.upstream.home

    async def permit(self, action: str) -> None:
        """Refuse a user whom Jupyter does not know, or its authorizer does not let.

        Raises:
            HTTPError: 403.
        """
        user = self.current_user
        if user is None:
            raise web.HTTPError(403, "sign in to Jupyter, or sign the request as AWS clients do")
        if not await ensure_async(self.authorizer.is_authorized(self, user, action, RESOURCE)):
            raise web.HTTPError(403, f"{user.username} may not {action} in Studio")


class StudioAPIHandler(StudioHandler, APIHandler):
    """A route of our own: JSON, errors included."""

    def send(self, value: Any) -> None:
        self.finish(json.dumps(value, separators=(",", ":")))


@contextlib.contextmanager
def reaching() -> Iterator[None]:
    """Turn what is wrong with the daemon into HTTP: 503 where there is none, 502 where it fails."""
    try:
        yield
    except NoDaemon as error:
        raise web.HTTPError(503, f"{error}") from error
    except Unreachable as error:
        raise web.HTTPError(502, f"{error}") from error


def said(details: dict[str, Any], status: int) -> str:
    """The message of the error that tornado hands to ``write_error``."""
    error = details.get("exc_info", (None, None))[1]
    if isinstance(error, web.HTTPError):
        return str(error.log_message or error.reason or status).replace("%%", "%")
    return f"Studio's extension failed ({type(error).__name__}); Jupyter's log says why"
