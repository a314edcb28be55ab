"""``studio env``: what it prints is enough for real clients."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from ..daemon import Studio
from .conftest import STUDIO, Verb, clean, process

SCRIPT = """
import boto3
print(boto3.client("sts").get_caller_identity()["Account"])
print(boto3.client("sagemaker").list_models(NameContains="nobody")["Models"])
"""


def test_sh_leads_boto3_and_the_aws_cli(at_home: Studio, tmp_path: Path) -> None:
    (tmp_path / "t.py").write_text(SCRIPT)
    command = " ".join(f"'{word}'" for word in STUDIO)
    script = (
        f'eval "$({command} env)"\n{sys.executable} t.py\n'
        "aws sagemaker list-training-jobs --name-contains nobody --output json"
    )
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    home = {"STUDIO_HOME": str(at_home.home.root), "HOME": str(tmp_path), "PATH": path}
    home |= {"PYTHONPATH": str(Path(__file__).parents[2]), "AWS_PROFILE": "of-somebody-else"}
    found = process("sh", "-euc", script, env=clean(**home), cwd=tmp_path)
    assert found.returncode == 0, found.stderr
    account, models, *listed = found.stdout.splitlines()
    assert (account, models) == ("123456789012", "[]")
    assert json.loads("".join(listed)) == {"TrainingJobSummaries": []}


def test_json(studio: Verb, at_home: Studio, tmp_path: Path) -> None:
    code, out, err = studio("env", "--shell", "json")
    assert (code, err) == (0, "")
    values = json.loads(out)
    assert values["AWS_ENDPOINT_URL"] == at_home.url
    found = process(sys.executable, "-c", SCRIPT, env=clean(HOME=str(tmp_path), **values))
    assert found.stdout.splitlines() == ["123456789012", "[]"], found.stderr


def test_undo_needs_no_daemon(studio: Verb, tmp_path: Path, monkeypatch: object) -> None:
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "home"))  # type: ignore[attr-defined]
    monkeypatch.setenv("HOME", str(tmp_path))  # type: ignore[attr-defined]
    code, out, err = studio("env", "--sdk", "--undo")
    assert (code, out) == (0, "")
    assert "left alone" in err
    assert list(tmp_path.iterdir()) == []


def test_a_shell_that_is_none(studio: Verb) -> None:
    code, _, err = studio("env", "--shell", "csh")
    assert code == 2
    assert "'csh'" in err
