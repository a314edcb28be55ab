"""``studio/notebook``: the parameters of a notebook, for the form that runs it as a job."""

from __future__ import annotations

import asyncio
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import authorized
from tornado import web

from ..runs.parameters import declared
from .base import StudioAPIHandler

DRIVE = "studio:"


class NotebookHandler(StudioAPIHandler):
    @web.authenticated
    @authorized
    async def get(self) -> None:
        path = self.get_query_argument("path")
        manager, inside = self.contents_manager, path
        if path.startswith(DRIVE):
            manager, inside = self.settings["studio_contents"], path.removeprefix(DRIVE)
        model = await ensure_async(manager.get(inside, type="file", format="text"))
        self.send({"path": path, **await asyncio.to_thread(_inspect, path, model["content"])})


def _inspect(path: str, text: str) -> dict[str, Any]:
    from ..kernels.execute import load, parse
    from ..kernels.outcome import NotebookError

    try:
        nb = load(parse(text, path[:200]))
    except NotebookError as error:
        raise web.HTTPError(400, f"{error}; choose an .ipynb file") from None
    spec = nb.metadata.get("kernelspec", {})
    language = spec.get("language") or nb.metadata.get("language_info", {}).get("name") or "python"
    found = declared(nb)
    warnings = []
    if found is None:
        warnings.append(f"parameters of {language} cannot be read; give them by name")
    elif not found:
        warnings.append("no cell is tagged 'parameters'; tag the one that sets the defaults")
    return {
        "kernel": {"name": spec.get("name") or "python3", "language": language},
        "parameters": [
            {
                "name": name,
                "type": _type(each),
                "default": str(each["default"]),
                "help": each["help"],
            }
            for name, each in (found or {}).items()
        ],
        "hasParameters": bool(found),
        "warnings": warnings,
    }


def _type(parameter: Any) -> str:
    """The annotated type; ``""`` where the notebook says none."""
    name = str(parameter["inferred_type_name"])
    return "" if name == "None" else name
