"""Clients in processes of their own, with nothing but what ``studio env`` prints."""

from __future__ import annotations

import argparse
import importlib.metadata
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from studio_ext.identity import command
from studio_ext.identity.environment import job_environment

SDK = os.environ.get("STUDIO_TEST_SDK_PYTHON", sys.executable)
"""A Python that has the sagemaker SDK."""


def has_sdk() -> bool:
    code = "import importlib.metadata as m, sys; m.version('sagemaker')"
    return subprocess.run([SDK, "-c", code], capture_output=True).returncode == 0


needs_sdk = pytest.mark.skipif(
    not has_sdk(),
    reason="no sagemaker SDK; run: uv venv sdk && uv pip install -p sdk 'sagemaker<3' && "
    "STUDIO_TEST_SDK_PYTHON=sdk/bin/python pytest tests/identity",
)


def printed(studio: Any, *options: str) -> str:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    out = io.StringIO()
    code = command.run(
        parser.parse_args(options), studio.endpoint, studio.keys.root, out=out, err=io.StringIO()
    )
    assert code == 0
    return out.getvalue()


def clean(home: Path) -> dict[str, str]:
    """An environment without anything of AWS, but for a foreign session that must not matter."""
    return {
        "PATH": os.environ["PATH"], "HOME": str(home), "AWS_SESSION_TOKEN": "of somebody else",
    }  # fmt: skip


def shell(script: str, environment: dict[str, str], folder: Path) -> list[str]:
    found = subprocess.run(
        ["sh", "-euc", script], env=environment, cwd=folder, capture_output=True, text=True,
        timeout=120,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    return found.stdout.splitlines()


def test_boto3_and_the_aws_cli(studio: Any, tmp_path: Path) -> None:
    (tmp_path / "t.py").write_text(
        "import boto3\n"
        "print(boto3.client('sts').get_caller_identity()['Arn'])\n"
        "s3 = boto3.client('s3')\n"
        "s3.create_bucket(Bucket='from-boto3')\n"
        "s3.put_object(Bucket='from-boto3', Key='a/t.csv', Body=b'x,y\\n1,2\\n')\n"
        "print(boto3.client('iam').list_roles()['Roles'][0]['RoleName'])\n"
        "print(boto3.client('logs').describe_log_groups()['logGroups'][0]['logGroupName'])\n"
    )
    lines = shell(
        f"{printed(studio)}\n{sys.executable} t.py\naws s3 ls s3://from-boto3/a/\n"
        "aws sts get-caller-identity --query Account --output text",
        clean(tmp_path),
        tmp_path,
    )
    assert ":assumed-role/StudioExecutionRole/" in lines[0]
    assert lines[1] == "StudioExecutionRole"
    assert lines[2].startswith("/aws/sagemaker/")
    assert lines[3].endswith("t.csv")
    assert lines[4] == "123456789012"


@pytest.mark.skipif(
    shutil.which("fish") is None, reason="no fish here; run: apt install fish, and this again"
)
def test_fish(studio: Any, tmp_path: Path) -> None:
    text = printed(studio, "--shell", "fish") + "echo $AWS_ENDPOINT_URL\n"
    found = subprocess.run(
        ["fish", "-c", text], env=clean(tmp_path), capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == studio.endpoint.url


S3FS = """
import pandas, s3fs
files = s3fs.S3FileSystem()
files.mkdir("from-s3fs")
with files.open("from-s3fs/d/x.txt", "wb") as file:
    file.write(b"content")
print(files.cat("from-s3fs/d/x.txt").decode())
table = pandas.DataFrame({"x": [1, 2]})
table.to_csv("s3://from-s3fs/t.csv", index=False)
print(pandas.read_csv("s3://from-s3fs/t.csv")["x"].sum())
print(files.ls("from-s3fs"))
"""


def has_s3fs() -> bool:
    try:
        return int(importlib.metadata.version("s3fs").partition(".")[0]) >= 2024
    except importlib.metadata.PackageNotFoundError:
        return False


S3FS_PYTHON = os.environ.get("STUDIO_TEST_S3FS_PYTHON", sys.executable if has_s3fs() else "")


@pytest.mark.skipif(
    not S3FS_PYTHON,
    reason="no s3fs that pandas takes beside this boto3; run: uv venv s3 && "
    "uv pip install -p s3 s3fs pandas && "
    "STUDIO_TEST_S3FS_PYTHON=s3/bin/python pytest tests/identity",
)
def test_s3fs_and_pandas(studio: Any, tmp_path: Path) -> None:
    (tmp_path / "t.py").write_text(S3FS)
    lines = shell(f"{printed(studio)}\n{S3FS_PYTHON} t.py", clean(tmp_path), tmp_path)
    assert lines == ["content", "3", "['from-s3fs/d', 'from-s3fs/t.csv']"]


SESSION = """
import sagemaker
session = sagemaker.Session()
print(session.default_bucket())
print(sagemaker.get_execution_role(session))
print(session.upload_data("t.py", key_prefix="data"))
"""
WANTED = [
    "sagemaker-us-east-1-123456789012",
    "arn:aws:iam::123456789012:role/StudioExecutionRole",
    "s3://sagemaker-us-east-1-123456789012/data/t.py",
]


@needs_sdk
def test_the_sagemaker_sdk_in_a_plain_process(
    studio: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "t.py").write_text(SESSION)
    text = printed(studio, "--sdk", "--yes")
    assert (tmp_path / ".aws/models/endpoints.json").exists()
    lines = shell(f"{text}\n{SDK} -W ignore t.py", clean(tmp_path), tmp_path)
    assert lines[-3:] == WANTED


@needs_sdk
def test_the_sagemaker_sdk_in_a_job(studio: Any, tmp_path: Path) -> None:
    (tmp_path / "t.py").write_text(SESSION)
    credential = studio.keys.temporary(session="train-1")
    environment = job_environment(studio.endpoint, credential, base=clean(tmp_path))
    lines = shell(f"{SDK} -W ignore t.py", environment, tmp_path)
    assert lines[-3:] == WANTED
    assert not (tmp_path / ".aws").exists()


def test_a_profile_leaves_the_others_alone(studio: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / ".aws"
    folder.mkdir()
    config = "# mine\n[default]\nregion = eu-west-1\n\n[profile work]\nregion = x\n"
    (folder / "config").write_text(config)
    (folder / "credentials").write_text("[default]\naws_access_key_id = A\n")
    text = printed(studio, "--profile")
    assert "AWS_PROFILE=studio" in text
    assert "export AWS_ACCESS_KEY_ID" not in text
    lines = shell(
        f"{text}\naws sts get-caller-identity --query Account --output text\n"
        "aws configure get region --profile default",
        clean(tmp_path),
        tmp_path,
    )
    assert lines == ["123456789012", "eu-west-1"]
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    arguments = parser.parse_args(["--profile", "--undo"])
    assert command.run(arguments, None, None, err=io.StringIO()) == 0
    assert (folder / "config").read_text().startswith(config)
    assert "studio" not in (folder / "config").read_text()
    assert (folder / "credentials").read_text().startswith("[default]\naws_access_key_id = A\n")
