"""What every verb has in common."""

from __future__ import annotations

import subprocess
from importlib import metadata
from pathlib import Path

import pytest

import studio_ext
from studio_ext.cli import client

from ..daemon import Studio
from .conftest import STUDIO, Verb, clean, process


def test_version(studio: Verb) -> None:
    assert studio("--version") == (0, f"studio {studio_ext.__version__}\n", "")


def test_the_command_is_installed() -> None:
    (script,) = metadata.entry_points(group="console_scripts", name="studio")
    assert script.value == "studio_ext.cli:main"


def test_no_verb_prints_the_verbs(studio: Verb) -> None:
    code, out, err = studio()
    assert (code, err) == (2, "")
    for verb in ("demo", "run", "status", "logs", "start", "stop", "env", "doctor"):
        assert f"    {verb} " in out


def test_a_verb_that_is_none(studio: Verb) -> None:
    code, out, err = studio("strat")
    assert (code, out) == (2, "")
    assert "invalid choice: 'strat'" in err
    assert "start" in err


@pytest.mark.parametrize("words", [("start", "--por", "1"), ("stop", "now"), ("run",)])
def test_options_that_are_none(studio: Verb, words: tuple[str, ...]) -> None:
    code, out, err = studio(*words)
    assert (code, out) == (2, "")
    assert err.startswith("usage: studio")


@pytest.mark.parametrize("words", [("run", "s3://b/a.ipynb"), ("status",), ("start",), ("env",)])
def test_a_home_that_cannot_be(
    studio: Verb, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("STUDIO_HOME", "/dev/null/home")
    code, out, err = studio(*words)
    assert code == 1
    if words != ("status",):
        assert out == ""
        assert err.startswith("studio: cannot make the folder /dev/null/home: ")
        assert err.endswith("export STUDIO_HOME=/a/folder/of/yours\n")
        assert err.count("\n") == 1


def test_a_reader_that_has_enough(at_home: Studio, tmp_path: Path) -> None:
    """``studio … | head -1`` is no failure."""
    with (tmp_path / "err").open("w+") as err:
        command = subprocess.Popen(
            [*STUDIO, "logs"], env=clean(STUDIO_HOME=str(at_home.home.root)),
            stdout=subprocess.PIPE, stderr=err,
        )  # fmt: skip
        assert command.stdout is not None
        command.stdout.close()
        assert command.wait(60) == 0
        err.seek(0)
        assert err.read() == ""


def test_help_is_quick_to_import() -> None:
    """Nothing of the daemon is imported for a verb that does not need it."""
    code = (
        "import sys; from studio_ext.cli.main import _parser; _parser(); "
        "print([name for name in ('sqlalchemy', 'tornado', 'pandas', 'sklearn', 'boto3') "
        "if name in sys.modules])"
    )
    assert process(STUDIO[0], "-c", code).stdout == "[]\n"


class Refusal(Exception):
    response = {"Error": {"Code": "ValidationException", "Message": "a\nb"}}  # noqa: RUF012


def test_errors_are_told_in_one_line() -> None:
    assert client.words(Refusal()) == "ValidationException: a b"
    assert client.words(ValueError("x\ny")) == "x y"
