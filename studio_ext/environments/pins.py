"""From a requirements file to a spec: every package that it leads to, pinned."""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace
from pathlib import Path

from . import tool
from .spec import Spec
from .tool import Tell


def extended(spec: Spec, requirements: Path, tell: Tell = lambda line: None) -> Spec:
    """``spec`` and what a requirements file adds to it.

    The file may ask for another version of a package that is in ``spec``; the rest of ``spec``
    stays as it is as far as the package tool finds a way.

    Raises:
        EnvironmentFailed: the file cannot be read or satisfied; the package tool's words.
        SpecError: it names files of this machine.
    """
    tell(f"finding the packages that {requirements.name} asks for")
    what = f"{requirements.name} cannot be satisfied"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        base, out = folder / "base.in", folder / "pins.txt"
        asked = _named(requirements.read_text(encoding="utf-8"))
        kept = [pin for pin in spec.requirements if _name(pin) not in asked]
        base.write_text("".join(f"{pin}\n" for pin in kept))
        # What stands in the output already is kept where nothing speaks against it.
        out.write_text("".join(f"{pin}\n" for pin in spec.requirements))
        command = tool.pip(
            "compile", "--quiet", "--no-header", "--no-annotate",
            "--python-version", spec.python, "-o", str(out), str(base), str(requirements),
        )  # fmt: skip
        tool.run(command, cwd=requirements.parent, what=what, tell=tell)
        lines = [line.split(" #")[0].strip() for line in out.read_text().splitlines()]
    pins = tuple(line for line in lines if line and not line.startswith(("#", "-")))
    return replace(spec, name=f"{spec.name} with {requirements.name}", requirements=pins)


def _named(text: str) -> set[str]:
    return {_name(line) for line in text.splitlines() if re.match(r"\s*[A-Za-z0-9]", line)}


def _name(line: str) -> str:
    found = re.match(r"\s*([A-Za-z0-9._-]+)", line)
    return re.sub(r"[-_.]+", "-", found[1]).lower() if found else ""
