"""``studio run``: a notebook as a training job, watched."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..daemon import Studio, notebook
from .conftest import Verb

BUCKET = "sagemaker-us-east-1-123456789012"


@pytest.fixture(autouse=True)
def here(at_home: Studio) -> Studio:
    return at_home


def uploads(studio: Studio) -> set[str]:
    folder = studio.home.buckets / BUCKET / "notebooks"
    return {path.name for path in folder.rglob("*.ipynb")}


def test_parameters_and_log(studio: Verb, here: Studio, tmp_path: Path) -> None:
    path = tmp_path / "Mein Nötebook.ipynb"
    source = "print(word * times)\nopen('model/m', 'w').write('m')"
    path.write_text(notebook(source, parameters="word = ''\ntimes = 1"))
    code, out, err = studio("run", path, "-p", "word=ho=", "--parameter", "times=3")
    assert (code, err) == (0, "")
    log, status, model, page = out.splitlines()
    assert log == "ho=ho=ho="
    name, state = status.split()
    assert state == "Completed"
    assert name.startswith("Mein-N-tebook-")
    assert model.split() == ["model", f"s3://{BUCKET}/output/{name}/output/model.tar.gz"]
    assert Path(page.split(maxsplit=1)[1]).is_file()


def test_data_and_quiet(studio: Verb, here: Studio, tmp_path: Path) -> None:
    here.client("s3").create_bucket(Bucket="run-data")
    uri = here.put("run-data", "d/x.txt", "content")
    path = tmp_path / "a.ipynb"
    path.write_text(notebook("import os\nassert os.listdir(os.environ['SM_CHANNEL_TRAIN'])"))
    code, out, _ = studio("run", path, "--input", f"train={uri}", "--quiet", "--name", "with-data")
    assert code == 0
    assert out.splitlines()[0] == "with-data  Completed"


def test_a_notebook_that_fails(studio: Verb, tmp_path: Path) -> None:
    path = tmp_path / "bad.ipynb"
    path.write_text(notebook("print('before')\n1 / 0"))
    code, out, _ = studio("run", path, "--name", "bad-run")
    assert code == 1
    assert out.splitlines()[0] == "before"
    assert "bad-run  Failed" in out
    assert "  AlgorithmError: ZeroDivisionError: division by zero (cell 1)" in out


def test_a_notebook_in_s3(studio: Verb, here: Studio) -> None:
    here.client("s3").create_bucket(Bucket="run-code")
    uri = here.put("run-code", "deep/it.ipynb", notebook("print('from', 's3')"))
    code, out, _ = studio("run", uri)
    assert code == 0
    assert out.splitlines()[0] == "from s3"
    assert out.splitlines()[1].startswith("it-")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nothing.ipynb",), "'nothing.ipynb' cannot be read: No such file or directory"),
        (("folder.ipynb",), "'folder.ipynb' cannot be read: Is a directory"),
        (("script.py",), "'script.py' is no notebook; expected a file whose name ends in .ipynb"),
        (("s3://run-nowhere/a.ipynb",), "ValidationException: notebook 's3://run-nowhere/a.ipynb'"),
        (("ok.ipynb", "-p", "word"), "-p 'word': expected NAME=VALUE"),
        (("ok.ipynb", "--input", "=x"), "--input '=x': expected NAME=VALUE"),
        (("ok.ipynb", "-p", "a b=1"), "ValidationException: HyperParameters: 'a b' cannot be"),
        (("ok.ipynb", "--name", "a/b"), "ValidationException: 1 validation error detected: Value"),
        (("ok.ipynb", "--max-runtime", "0"), "Parameter validation failed: Invalid value"),
        (("ok.ipynb", "--input", "t=s3://run-nowhere/"), "ValidationException: channel 't'"),
        (("ok.ipynb", "--instance-type", "tiny"), "ValidationException: "),
    ],
)
def test_refusals(
    studio: Verb, here: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...], said: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    Path("folder.ipynb").mkdir()
    Path("ok.ipynb").write_text(notebook("1", parameters="word = ''"))
    before = uploads(here)
    code, out, err = studio("run", *words)
    assert (code, out) == (1, "")
    assert err.startswith(f"studio: {said}"), err
    assert err.count("\n") == 1
    assert uploads(here) == before
