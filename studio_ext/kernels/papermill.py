"""papermill's parts, imported without the engines that other packages register.

papermill loads every ``papermill.engine`` entry point of the environment when it is imported;
one slow or broken package would slow or break every job.
"""

from __future__ import annotations

import sys
from typing import Any

if "papermill.engines" not in sys.modules:
    import entrypoints  # type: ignore[import-untyped]

    _get_group_all = entrypoints.get_group_all

    def _none_of_papermill(group: str, *args: Any, **kwargs: Any) -> Any:
        return [] if group == "papermill.engine" else _get_group_all(group, *args, **kwargs)

    entrypoints.get_group_all = _none_of_papermill
    try:
        import papermill.engines  # noqa: F401
    finally:
        entrypoints.get_group_all = _get_group_all

from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NotebookExecutionManager
from papermill.execute import prepare_notebook_metadata, remove_error_markers
from papermill.iorw import load_notebook_node
from papermill.translators import papermill_translators, translate_parameters
from papermill.utils import find_first_tagged_cell_index

__all__ = [
    "NotebookExecutionManager",
    "PapermillNotebookClient",
    "find_first_tagged_cell_index",
    "load_notebook_node",
    "papermill_translators",
    "parameterize_notebook",
    "prepare_notebook_metadata",
    "remove_error_markers",
    "translate_parameters",
]

from papermill.parameterize import parameterize_notebook
