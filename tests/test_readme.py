"""The README says what is."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from pathlib import Path

from studio_ext.cli.main import _parser

from .cli.conftest import STUDIO, clean, process
from .daemon import Studio

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
MODULES = {"errors", "files", "failpoints", "home", "launch", "awsmodel", "__init__"}
"""What is too small to be called a room."""


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def section(title: str) -> str:
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def cells(table: str) -> list[str]:
    """The first cells of a table's rows."""
    return re.findall(r"^\| (`.*?`) \|", table, re.MULTILINE)


def verbs() -> dict[str, argparse.ArgumentParser]:
    (found,) = (each for each in _parser()._actions if isinstance(each, argparse._SubParsersAction))
    return dict(found.choices)


def test_the_commands_are_the_parsers() -> None:
    told = re.findall(r"`studio (\w+)", "\n".join(cells(section("Commands"))))
    assert sorted(told) == sorted(verbs())


def test_every_option_that_is_told_is_one() -> None:
    known = verbs()
    used = re.findall(r"studio ([a-z]+)((?: +[^`\n\"|)]+)?)", "\n".join(blocks("bash")) + README)
    options = {(verb, one) for verb, rest in used for one in re.findall(r"(?<!\S)-\S+", rest)}
    assert options
    for verb, option in options:
        if verb in known:
            assert option in known[verb]._option_string_actions, f"studio {verb} {option}"


def test_the_rooms_are_the_folders() -> None:
    told = {cell.strip("`").rstrip("/") for cell in cells(section("How it is built"))}
    package = ROOT / "studio_ext"
    rooms = {
        f"studio_ext/{path.name}" for path in package.iterdir()
        if (path / "__init__.py").exists()
        or (path.suffix == ".py" and path.stem not in MODULES)
    }  # fmt: skip
    others = {"studio_ext/lab", "studio_ext/locale", "notebooks", "lifecycle"}  # not Python
    assert told == rooms | others
    assert all((ROOT / name).exists() for name in told)


def test_every_path_and_link_exists() -> None:
    paths = re.findall(r"\b((?:notebooks|tests|lifecycle)/[\w./-]+\w)", README)
    assert "notebooks/tutorials/linear_regression.ipynb" in paths
    assert "notebooks/images/demo.png" in re.findall(r"!\[[^]]+\]\(([^)]+)\)", README)
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_test_command_is_marked_for_ci() -> None:
    assert re.search(r"<!-- test command -->\n```bash\n(.*)\n```", README)
    assert "<!-- test command -->" in (ROOT / ".ci/run").read_text()


def test_the_python_and_the_aws_cli_run_as_written(served: Studio, tmp_path: Path) -> None:
    (code,) = blocks("python")
    shell = next(block for block in blocks("bash") if block.startswith("aws "))
    asked = process(*STUDIO, "env", "--shell", "json", env=clean(STUDIO_HOME=str(served.home.root)))
    values: dict[str, str] = json.loads(asked.stdout)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = clean(HOME=str(tmp_path), PATH=path, **values)
    ran = process(sys.executable, "-W", "error", "-c", code, env=environment, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    model = "s3://iris/output/iris-1/output/model.tar.gz"
    assert ran.stdout == f"{ {'S3ModelArtifacts': model} }\n"
    told = process("sh", "-euc", shell, env={**environment, "AWS_PAGER": ""}, cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    assert re.search(r'"iris-1",\s+"Completed"', told.stdout)
    assert "output/iris-1/output/notebook.ipynb" in told.stdout
