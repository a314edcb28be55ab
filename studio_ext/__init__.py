"""Studio: SageMaker on your own Jupyter."""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Tell Jupyter where the extension is; it is imported only by those who serve it."""
    from .extension import StudioApp

    return [{"module": "studio_ext", "app": StudioApp}]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Where ``jupyter labextension develop`` finds what esbuild made."""
    return [{"src": "labextension", "dest": "studio-ext"}]
