from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.loaders import Loader
from botocore.regions import EndpointResolver

from studio_ext.errors import StudioError
from studio_ext.identity import command
from studio_ext.identity.environment import SITE, Endpoint
from studio_ext.identity.keys import Credential
from studio_ext.identity.sdk import EndpointTable, redirected

ROOT = Credential("AKIA", "secret", None, "arn")
HERE = Endpoint("http://127.0.0.1:1", tls_port=8443)


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1"])
def test_sts_is_here_and_nothing_else_has_moved(region: str) -> None:
    own = Loader().load_data("endpoints")
    before, after = EndpointResolver(own), EndpointResolver(redirected(own, "localhost:8443"))
    assert after.construct_endpoint("sts", region)["hostname"] == "localhost:8443"
    for service in ("s3", "sagemaker", "iam", "logs"):
        assert after.construct_endpoint(service, region) == before.construct_endpoint(
            service, region
        )


def test_install_and_undo_without_a_file_before(tmp_path: Path) -> None:
    table = EndpointTable.of_user(tmp_path)
    assert not table.is_ours
    assert not table.undo()
    assert table.install(8443)
    assert not table.install(8443)
    assert table.install(9443)  # another port
    assert table.is_ours
    assert table.undo()
    assert os.listdir(table.path.parent) == []


def test_a_file_of_the_users_comes_back(tmp_path: Path) -> None:
    table = EndpointTable.of_user(tmp_path)
    table.path.parent.mkdir(parents=True)
    own = json.dumps({"partitions": [], "version": 3, "mine": True})
    table.path.write_text(own)
    table.install(8443)
    table.install(9443)
    assert json.loads(table.path.read_text())["mine"] is True
    assert table.undo()
    assert table.path.read_text() == own
    assert not table.backup.exists()


def test_a_file_that_is_no_table_is_left_alone(tmp_path: Path) -> None:
    table = EndpointTable.of_user(tmp_path)
    table.path.parent.mkdir(parents=True)
    table.path.write_text("precious")
    with pytest.raises(StudioError, match="mv "):
        table.install(8443)
    assert table.path.read_text() == "precious"


@pytest.mark.parametrize(("answer", "written"), [("y", True), ("", False), ("n", False)])
def test_the_command_asks_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, written: bool
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    out, err = io.StringIO(), io.StringIO()
    code = command.run(
        parser.parse_args(["--sdk"]), HERE, ROOT, out=out, err=err, ask=lambda _: answer
    )
    assert "EVERY program" in err.getvalue()
    assert EndpointTable.of_user(tmp_path).is_ours is written
    assert (code == 0) is written
    assert bool(out.getvalue()) is written


def test_site_changes_one_constant_and_runs_the_next(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("print('mine too')\n")
    code = (
        "import sys; print('botocore' in sys.modules)\n"
        "from botocore.loaders import Loader; print(Loader.CUSTOMER_DATA_PATH)\n"
    )
    environment = {
        **os.environ, "PYTHONPATH": os.pathsep.join([str(SITE), str(tmp_path)]),
        "STUDIO_AWS_MODELS": "/models",
    }  # fmt: skip
    found = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert found.stdout.splitlines() == ["mine too", "False", "/models"]
