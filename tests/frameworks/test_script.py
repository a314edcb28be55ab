"""Running a script: its output, its places, its end."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from studio_ext.frameworks.script import Script, ScriptFailed

Make = Callable[..., Script]


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def write(text: str, program: str = "train.py", **hyperparameters: str) -> Script:
        path = tmp_path / "code" / program
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        given = {
            "sagemaker_program": program, "sagemaker_submit_directory": "s3://b/s.tar.gz",
            **hyperparameters,
        }  # fmt: skip
        channels = {"train": {"path": "input/data/train"}}
        return Script(given, channels, "model", "output/data", python=sys.executable, source="code")

    return write


def test_output_is_handed_on_as_it_comes(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    script = make(
        "import sys\nprint('out ä', end='\\r')\nprint('loss=1')\nprint('err', file=sys.stderr)\n"
        "print('loss=0.5', end='')"
    )
    results = script.run()
    told = capsys.readouterr()
    assert (told.out, told.err) == ("out ä\rloss=1\nloss=0.5", "err\n")
    assert results.history == {"script": {"loss": [1.0, 0.5]}}


def test_it_finds_its_places(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SM_HP_SAGEMAKER_PROGRAM", "x")
    monkeypatch.setenv("PYTHONHOME", "")
    script = make(
        "import json, os, sys\nprint(json.dumps([dict(os.environ), os.getcwd(), sys.argv]))",
        program="sub/train.py",
        lr="0.1",
    )
    script.run()
    env, cwd, argv = json.loads(capsys.readouterr().out)
    assert cwd == str(tmp_path / "code")
    assert argv == ["sub/train.py", "--lr", "0.1"]
    assert env["SM_MODEL_DIR"] == str(tmp_path / "model")
    assert env["SM_OUTPUT_DATA_DIR"] == str(tmp_path / "output" / "data")
    assert env["SM_CHANNEL_TRAIN"] == str(tmp_path / "input" / "data" / "train")
    assert env["SM_HP_LR"] == "0.1"
    assert env["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)
    assert not {"SM_HP_SAGEMAKER_PROGRAM", "PYTHONHOME"} & set(env)
    assert (tmp_path / "model").is_dir()


def test_a_shell_script_runs_in_the_environment_too(
    make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    make("[[ 1 ]] && command -v python; echo $2", "train.sh", lr="3").run()
    assert capsys.readouterr().out == f"{Path(sys.executable).parent}/python\n3\n"


def test_a_failure_has_the_scripts_last_words(make: Make, tmp_path: Path) -> None:
    with pytest.raises(ScriptFailed, match=r"train.py ended with exit code 1: ValueError: bad"):
        make("raise ValueError('bad')").run()
    words = (tmp_path / "output" / "failure").read_text()
    assert words.startswith('ExecuteUserScriptError:\nExitCode 1\nErrorMessage "Traceback')
    assert "ValueError: bad" in words
    assert words.endswith('train.py"\n')


def test_what_the_script_says_of_its_failure_stands(make: Make, tmp_path: Path) -> None:
    with pytest.raises(ScriptFailed, match="exit code 3: it said nothing"):
        make("open('../output/failure', 'w').write('own'); raise SystemExit(3)").run()
    assert (tmp_path / "output" / "failure").read_text() == "own"


def test_a_death_is_told(make: Make) -> None:
    with pytest.raises(ScriptFailed, match="ended with signal 9"):
        make("import os; os.kill(os.getpid(), 9)").run()


def test_an_interrupt_ends_it(make: Make, tmp_path: Path) -> None:
    script = make(
        "import pathlib, os, time\npathlib.Path('pid').write_text(str(os.getpid()))\n"
        "print('ready', flush=True)\ntime.sleep(60)"
    )

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 1.5)
    began = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            script.run()
    finally:
        signal.signal(signal.SIGALRM, before)
    assert time.monotonic() - began < 30
    path = tmp_path / "code" / "pid"
    assert not path.exists() or not Path("/proc", path.read_text()).exists()


def test_a_program_that_is_not_there(make: Make, tmp_path: Path) -> None:
    make("", "other.py")
    given = {"sagemaker_program": "train.py", "sagemaker_submit_directory": "s3://b/s.tar.gz"}
    with pytest.raises(ScriptFailed, match=r"train.py is not in the source, which holds other.py"):
        Script(given, {}, "model", "output", python=sys.executable, source="code")
    with pytest.raises(ScriptFailed, match="which holds nothing"):
        Script(given, {}, "model", "output", python=sys.executable, source="none")


def test_it_shows_what_it_runs(make: Make, tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "helper.py").write_text("")
    shown = make("print('```')\n" + "x = 1\n" * 500, lr="0.1").listing()._repr_markdown_()
    assert "train.py --lr 0.1`" in shown
    assert "````python\nprint('```')\n" in shown
    assert "… and 101 more lines" in shown
    assert "`helper.py`" in shown


def test_a_script_that_leaves_a_child_behind_does_not_hold_the_notebook(make: Make) -> None:
    """A daemon of the script's may keep its output open; the script's own end is what counts."""
    script = make(
        "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', "
        "'import time; time.sleep(30)'])"
    )
    began = time.monotonic()
    script.run()
    assert time.monotonic() - began < 15
