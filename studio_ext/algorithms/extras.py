"""Libraries that come with an extra of the package, not with the package itself."""

from __future__ import annotations

import importlib.util

from studio_ext.algorithms.hyperparameters import HyperparameterError


def need(module: str, extra: str) -> None:
    """Raise HyperparameterError, with the command that installs it, if ``module`` is missing."""
    if importlib.util.find_spec(module) is None:
        raise HyperparameterError(
            f"this algorithm needs {module}, which is not installed: "
            f"pip install 'studio-ext[{extra}]'"
        )
