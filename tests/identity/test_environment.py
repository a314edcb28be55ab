from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from studio_ext.errors import StudioError
from studio_ext.identity.environment import (
    Endpoint,
    client_environment,
    job_environment,
    render,
)
from studio_ext.identity.keys import Credential

ROOT = Credential("AKIA", "s+/cret", None, "arn")
JOB = Credential("ASIA", "secret", "token=", "arn")
HERE = Endpoint("http://127.0.0.1:8080", "eu-west-1", 8443, Path("/b.pem"), Path("/models"))


def test_a_client_gets_all_it_needs() -> None:
    values = client_environment(HERE, ROOT, base={})
    assert values["AWS_ENDPOINT_URL"] == "http://127.0.0.1:8080"
    assert values["AWS_REGION"] == values["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert (values["AWS_ACCESS_KEY_ID"], values["AWS_SECRET_ACCESS_KEY"]) == ("AKIA", "s+/cret")
    assert "NO_PROXY" not in values


def test_what_another_account_left_goes() -> None:
    base = {"AWS_PROFILE": "work", "AWS_ENDPOINT_URL_S3": "http://minio", "OTHER": "1"}
    values = client_environment(HERE, ROOT, base=base)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"):
        assert values[name] is None
    assert "OTHER" not in values


def test_proxies_are_passed_by() -> None:
    base = {"HTTPS_PROXY": "http://proxy", "NO_PROXY": "intranet"}
    values = client_environment(HERE, ROOT, base=base)
    assert values["NO_PROXY"] == "intranet,127.0.0.1,localhost,::1"


def test_a_job_gets_its_own_key_and_the_sdks_table() -> None:
    base = {"PATH": "/bin", "AWS_PROFILE": "work", "PYTHONPATH": "/mine"}
    values = job_environment(HERE, JOB, base=base)
    assert values["AWS_SESSION_TOKEN"] == "token="
    assert "AWS_PROFILE" not in values
    assert values["PATH"] == "/bin"
    assert values["AWS_CA_BUNDLE"] == "/b.pem"
    assert values["STUDIO_AWS_MODELS"] == "/models"
    first, second = values["PYTHONPATH"].split(":")
    assert (Path(first) / "sitecustomize.py").exists()
    assert second == "/mine"
    assert job_environment(HERE, JOB, base=values)["PYTHONPATH"] == values["PYTHONPATH"]


NASTY = {"A": 'it\'s $HOME `x` "y" \\', "B": None}


def test_sh() -> None:
    text = render(NASTY, "sh") + 'printf %s "$A|${B-gone}"'
    found = subprocess.run(["sh", "-c", text], env={"B": "old"}, capture_output=True, text=True)
    assert found.stdout == f"{NASTY['A']}|gone"


def test_other_shells() -> None:
    assert render(NASTY, "fish").splitlines() == [
        "set -e B",
        "set -gx A 'it\\'s $HOME `x` \"y\" \\\\'",
    ]
    assert render(NASTY, "powershell").splitlines()[1] == "$Env:A = 'it''s $HOME `x` \"y\" \\'"
    assert json.loads(render(NASTY, "json")) == {"A": NASTY["A"]}
    assert render({"A": "1", "B": None}, "dotenv") == "A=1\n"
    with pytest.raises(StudioError, match="'csh'"):
        render({}, "csh")  # type: ignore[arg-type]
