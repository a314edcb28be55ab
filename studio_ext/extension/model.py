"""``studio/model``: what there is to list and to make, and the forms for it.

Without an argument: the kinds that are built and the sections they are shown in. With
``operation=Create…``: the JSON Schema of that request and what its form begins with. With
``algorithms=1``: what can be picked in forms.

The daemon answers, since it has read the service model; a Jupyter server need not.
"""

from __future__ import annotations

import json

from jupyter_server.auth.decorator import authorized
from tornado import web

from .base import StudioAPIHandler, reaching


class ModelHandler(StudioAPIHandler):
    @web.authenticated
    @authorized
    async def get(self) -> None:
        asked = f"/studio/model?{self.request.query}" if self.request.query else "/studio/model"
        with reaching():
            answer = await self.upstream.ask("GET", asked, service="studio")
        if answer.status != 200:
            raise web.HTTPError(answer.status, json.loads(answer.body)["message"])
        self.finish(answer.body)
