"""Python imports this at its start in a job: botocore then finds Studio's ``endpoints.json``.

The sagemaker SDK asks botocore for the address of STS and ignores every variable that could name
another. botocore looks into ``~/.aws/models`` first; a job's home is its user's own, so here that
one path is changed instead. Nothing is imported before botocore is.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import module_from_spec
from types import ModuleType


class _Finder:
    """Finds ``botocore.loaders`` as usual, and changes a constant once it is loaded."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != "botocore.loaders":
            return None
        spec = PathFinder.find_spec(name, path)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            models = os.environ.get("STUDIO_AWS_MODELS")
            if models:
                module.Loader.CUSTOMER_DATA_PATH = models

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def _run_the_next() -> None:
    """There may be another file of this name behind ours, and it is meant to run too."""
    here = os.path.dirname(os.path.abspath(__file__))
    path = [each for each in sys.path if os.path.abspath(each) != here]
    spec = PathFinder.find_spec("sitecustomize", path)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(module_from_spec(spec))


sys.meta_path.insert(0, _Finder)
_run_the_next()
