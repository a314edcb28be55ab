"""Every shipped script is what SageMaker would take, and does what it says."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SCRIPTS = sorted(Path(__file__).parents[2].joinpath("lifecycle").glob("*.sh"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_it_is_short_enough_and_valid(script: Path) -> None:
    assert len(script.read_text()) <= 16_384
    subprocess.run(["bash", "-n", script], check=True)


def run(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    script = next(path for path in SCRIPTS if path.name == "install-requirements.sh")
    return subprocess.run(
        [script, *map(str, arguments)], capture_output=True, text=True, check=False,
        env={"HOME": str(folder), "PATH": f"{folder}:/usr/bin:/bin"},
    )  # fmt: skip


def test_requirements_are_installed_or_absent(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "$@" > "$HOME/asked"\n')
    python.chmod(0o755)
    assert "nothing to install" in run(tmp_path).stdout
    (tmp_path / "requirements.txt").write_text("tqdm\n")
    assert run(tmp_path).returncode == 0
    assert "--requirement" in (tmp_path / "asked").read_text()
    python.write_text("#!/bin/sh\nexit 3\n")
    assert run(tmp_path).returncode == 3
