"""How executions end, and what they leave behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from studio_ext.kernels.execute import execute, load, prepare
from studio_ext.kernels.outcome import NotebookError, Silent
from studio_ext.kernels.stop import Stop
from studio_ext.processes import tree
from studio_ext.processes.identity import look

from .conftest import ENGINES, Ran, result

engines = pytest.mark.parametrize("engine", ENGINES)


def wait_for(path: Path, text: str, seconds: float = 60) -> None:
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if path.exists() and text in path.read_text():
            return
        time.sleep(0.02)
    raise AssertionError(f"{text!r} did not appear in {path}")


@engines
def test_a_cell_that_raises(run: Callable[..., Ran], tmp_path: Path, engine: str) -> None:
    ran = run(tmp_path, "a = 1", "print(a); 1 / 0", "never", "never", engine=engine)
    outcome = ran.outcome
    assert (outcome["state"], outcome["cell_index"]) == ("failed", 1)
    assert (outcome["ename"], outcome["evalue"]) == ("ZeroDivisionError", "division by zero")
    assert "1 / 0" in outcome["traceback"]
    assert "\x1b" not in outcome["traceback"]
    assert ran.statuses == ["completed", "failed", "pending", "pending"]
    assert ran.nb.metadata.papermill.exception is True
    assert ran.nb.metadata.papermill.end_time
    assert ran.nb.cells[1].metadata.papermill.exception is True
    assert [o.output_type for o in ran.nb.cells[1].outputs] == ["stream", "error"]
    assert ["cell_finished", 1, 4, False] in ran.events
    assert ran.leftovers == []


@engines
@pytest.mark.parametrize(
    ("code", "exit_code", "signum"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", None, 9),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", None, 11),
        ("import os; os._exit(3)", 3, None),
    ],
)
def test_a_kernel_that_dies(
    run: Callable[..., Ran],
    tmp_path: Path,
    engine: str,
    code: str,
    exit_code: int | None,
    signum: int | None,
) -> None:
    ran = run(tmp_path, "1", code, "never", engine=engine)
    outcome = ran.outcome
    assert (outcome["state"], outcome["cell_index"]) == ("dead", 1)
    assert (outcome["exit_code"], outcome["signal"]) == (exit_code, signum)
    assert outcome["engine"] == engine
    assert ran.statuses == ["completed", "failed", "pending"]
    assert ran.nb.cells[1].outputs[-1].evalue == outcome["evalue"]
    assert ("out of memory?" in outcome["evalue"]) == (signum == 9)
    assert ran.nb.metadata.papermill.exception is True
    assert ran.leftovers == []


@engines
def test_leaving(run: Callable[..., Ran], tmp_path: Path, engine: str) -> None:
    """``sys.exit(0)`` ends the notebook well, ``sys.exit(1)`` does not."""
    well = run(tmp_path / "0", "import sys; sys.exit(0)", "never", engine=engine)
    assert (well.outcome["state"], well.statuses) == ("completed", ["completed", "pending"])
    ill = run(tmp_path / "1", "import sys; sys.exit('no data')", engine=engine)
    assert (ill.outcome["state"], ill.outcome["ename"]) == ("failed", "SystemExit")
    assert ill.outcome["evalue"] == "no data"


def stopped(
    start: Callable[..., Any], folder: Path, *cells: str, **request: Any
) -> tuple[Ran, float]:
    """Stop a runner once it printed "ready"; returns what it did and in how many seconds."""
    runner, folder = start(folder, *cells, **request)
    wait_for(folder / "text.log", "ready")
    asked = time.monotonic()
    runner.terminate()
    assert runner.wait(60) == 0
    return result(folder), time.monotonic() - asked


@engines
def test_stop_interrupts(start: Callable[..., Any], tmp_path: Path, engine: str) -> None:
    code = (
        "import time\nprint('ready', flush=True)\n"
        "try:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    print('saved'); raise"
    )
    ran, took = stopped(start, tmp_path, "1", code, "never", engine=engine, grace=30)
    assert took < 15
    outcome = ran.outcome
    assert (outcome["state"], outcome["cell_index"]) == ("stopped", 1)
    assert outcome["ename"] == "KeyboardInterrupt"
    assert ran.statuses == ["completed", "failed", "pending"]
    assert "saved" in ran.text


@engines
def test_stop_gives_a_script_its_grace(
    start: Callable[..., Any], tmp_path: Path, engine: str
) -> None:
    """A program that the notebook runs gets SIGTERM, and the time to write its checkpoint."""
    script = (
        "import signal, sys, time\n"
        "def end(*_):\n    time.sleep(1); print('checkpoint', flush=True); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end); print('ready', flush=True); time.sleep(60)"
    )
    code = (
        f"import subprocess, sys\nSCRIPT = {script!r}\n"
        "p = subprocess.run([sys.executable, '-u', '-c', SCRIPT]); print('status', p.returncode)"
    )
    ran, took = stopped(start, tmp_path, code, "never", engine=engine, grace=20)
    assert took < 15
    assert ran.outcome["state"] == "stopped"
    assert "checkpoint" in ran.text
    assert "status 0" in ran.text
    assert ran.statuses == ["completed", "pending"]


@engines
def test_stop_kills_what_does_not_end(
    start: Callable[..., Any], tmp_path: Path, engine: str
) -> None:
    code = (
        "import subprocess, time\n"
        "loop = 'trap \"\" TERM; while :; do sleep 1; done'\n"
        "p = subprocess.Popen(['setsid', 'sh', '-c', loop])\n"
        "open('pid', 'w').write(str(p.pid))\nprint('ready', flush=True)\n"
        "while True:\n    try: time.sleep(60)\n    except KeyboardInterrupt: pass"
    )
    ran, took = stopped(start, tmp_path, code, "never", engine=engine, grace=1.5)
    assert 1 < took < 10
    assert ran.outcome["state"] == "stopped"
    assert "grace" in ran.outcome["evalue"]
    assert ran.statuses == ["failed", "pending"]
    assert ran.leftovers == []
    assert look(int((tmp_path / "pid").read_text())) is None


def test_stop_before_the_first_cell(tmp_path: Path) -> None:
    stop = Stop()
    stop.request(5)
    nb = new_notebook(cells=[new_code_cell("print(1)")])
    outcome = execute(
        nb, tmp_path / "o.ipynb", {}, cwd=tmp_path, env=os.environ, listener=Silent(), stop=stop
    )
    assert outcome.state == "stopped"
    saved = nbformat.read(tmp_path / "o.ipynb", 4)
    assert saved.cells[0].metadata.papermill.status == "pending"


@engines
def test_daemons_end_with_the_notebook(
    run: Callable[..., Ran], tmp_path: Path, engine: str
) -> None:
    code = (
        "import subprocess\n"
        "p = subprocess.Popen(['sh', '-c', 'setsid sleep 300 & echo $! > pid; exec sleep 300'])\n"
        "import time\nwhile not __import__('os').path.exists('pid'): time.sleep(0.01)"
    )
    ran = run(tmp_path, code, engine=engine)
    assert ran.outcome["state"] == "completed"
    assert ran.leftovers == []
    assert look(int((tmp_path / "pid").read_text())) is None


@engines
def test_a_reader_always_finds_a_notebook(
    start: Callable[..., Any], tmp_path: Path, engine: str
) -> None:
    code = "import time\nfor i in range(25): print('x' * 50_000, i); time.sleep(0.1)"
    runner, folder = start(tmp_path, "1", code, engine=engine)
    output, reads, sizes = folder / "output.ipynb", 0, set()
    while runner.poll() is None:
        if output.exists():
            text = output.read_text()
            nbformat.reads(text, as_version=4)
            reads += 1
            sizes.add(len(text))
        time.sleep(0.005)
    ran = result(folder)
    assert ran.outcome["state"] == "completed"
    assert reads > 20
    assert len(sizes) >= 3  # it grew while the cell ran
    saves = [event for event in ran.events if event == ["saved"]]
    assert 3 <= len(saves) <= 3 + ran.outcome["duration"]
    assert ran.leftovers == []


@engines
def test_a_flood_of_text_is_bounded(run: Callable[..., Ran], tmp_path: Path, engine: str) -> None:
    code = "line = 'y' * 999 + '\\n'\nfor _ in range(100): print(line * 1000, end='')"
    ran = run(tmp_path, code, "print('next')", engine=engine)
    assert ran.outcome["state"] == "completed"
    outputs = ran.nb.cells[0].outputs
    assert len(outputs) == 1
    assert 10_000_000 < len(outputs[0].text) < 10_001_000
    assert "more than 10 million characters" in outputs[0].text
    assert ran.nb.cells[1].outputs[0].text == "next\n"


@engines
def test_full_disk_keeps_the_last_good_file(
    run: Callable[..., Ran], tmp_path: Path, engine: str
) -> None:
    """A file size limit stands for the full disk; the kernel has it too."""
    limit = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))"
    )
    ran = run(tmp_path, "print('z' * 500_000)", engine=engine, before=limit)
    assert ran.outcome["state"] == "completed"
    assert "File too large" in ran.outcome["save_error"]
    assert "output.ipynb" in ran.outcome["save_error"]
    assert ran.nb.cells[0].outputs == []  # as it was before the first cell
    assert ran.leftovers == []


@engines
def test_output_that_comes_late_is_kept(
    run: Callable[..., Ran], tmp_path: Path, engine: str
) -> None:
    """Text of a process comes by another way than a cell's end; papermill loses it."""
    ran = run(tmp_path, "import os; os.system('echo one'); None", "os.system('echo two'); None",
              engine=engine)  # fmt: skip
    assert [cell.outputs[0].text for cell in ran.nb.cells] == ["one\n", "two\n"]
    assert ran.text == "one\ntwo\n"


def test_text_is_told_as_it_is_printed(start: Callable[..., Any], tmp_path: Path) -> None:
    for engine in ENGINES:
        code = (
            "import time\nprint('now', flush=True)\nwhile not os.path.exists('go'): time.sleep(.01)"
        )
        runner, folder = start(tmp_path / engine, "import os", code, engine=engine)
        wait_for(folder / "text.log", "now")  # the cell does not end before we have read it
        (folder / "go").touch()
        assert runner.wait(60) == 0


def test_a_kernel_that_does_not_answer(run: Callable[..., Ran], tmp_path: Path) -> None:
    kernels = tmp_path / "kernels"
    for name, argv in {"mute": ["sleep", "60"], "gone": ["sh", "-c", "exit 7"]}.items():
        (kernels / name).mkdir(parents=True)
        spec = {"argv": [*argv, "{connection_file}"], "display_name": name, "language": "python"}
        if name == "mute":
            spec["argv"] = ["sh", "-c", "sleep 60", "{connection_file}"]
        (kernels / name / "kernel.json").write_text(json.dumps(spec))
    gone = run(tmp_path / "1", "1", kernel="gone", before=_path(tmp_path))
    assert gone.outcome["state"] == "dead"
    assert gone.outcome["exit_code"] == 7
    assert gone.statuses == ["pending"]
    mute = run(tmp_path / "2", "1", kernel="mute", before=_path(tmp_path), start_timeout=1)
    assert mute.outcome["state"] == "dead"
    assert "did not answer within 1 seconds" in mute.outcome["evalue"]
    assert mute.leftovers == gone.leftovers == []


def _path(folder: Path) -> str:
    return f"os.environ['JUPYTER_PATH'] = {str(folder)!r}"


def test_parameters(run: Callable[..., Ran], tmp_path: Path) -> None:
    values = {
        "integer": 3, "real": 0.5, "truth": True, "none": None, "text": "it's \"é\" \\ \n🙂",
        "items": [1, "a"], "table": {"k": [None, {"x": 1.5}]}, "inf": float("inf"),
    }  # fmt: skip
    cell = {"source": "integer = 0", "tags": ["parameters"]}
    show = "print(repr([integer, real, truth, none, text, items, table, inf]))"
    ran = run(tmp_path, cell, show, parameters=values)
    assert ran.text.strip() == repr(list(values.values()))
    assert ran.nb.cells[1].metadata.tags == ["injected-parameters"]
    assert ran.nb.metadata.papermill.parameters["integer"] == 3


@pytest.mark.parametrize(
    "name", ["a b", "a;b", "import", "x=1\n", "", "a-b", "1a", "__import__('os')"]
)
def test_parameter_names_that_are_code(name: str) -> None:
    nb = load(new_notebook(cells=[new_code_cell("")]))
    with pytest.raises(NotebookError, match="not an identifier"):
        prepare(nb, {name: 1}, None)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": 3}', '{"nbformat": 4}', "\x00\xff"])
def test_files_that_are_no_notebooks(tmp_path: Path, text: str) -> None:
    path = tmp_path / "n.ipynb"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(NotebookError, match=r"n\.ipynb is not a notebook"):
        load(path)


def test_a_notebook_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotebookError, match="No such file"):
        load(tmp_path / "none.ipynb")


def test_a_kernel_that_is_not_installed(tmp_path: Path) -> None:
    nb = new_notebook(cells=[new_code_cell("1")])
    with pytest.raises(NotebookError, match=r"no kernel is called 'fortran'.*ipykernel install"):
        execute(
            nb, tmp_path / "o", {}, kernel_name="fortran", cwd=tmp_path, env={}, listener=Silent()
        )
    assert list(tmp_path.iterdir()) == []


def test_an_old_notebook(run: Callable[..., Ran], tmp_path: Path) -> None:
    old = {
        "cells": [
            {
                "cell_type": "code", "execution_count": 9, "metadata": {}, "outputs": [],
                "source": "1",
            }
        ],
        "metadata": {}, "nbformat": 4, "nbformat_minor": 2,
    }  # fmt: skip
    (tmp_path / "old.ipynb").write_text(json.dumps(old))
    nb = load(tmp_path / "old.ipynb")
    assert nb.nbformat_minor == 5
    nbformat.validate(prepare(nb, {}, None))


def test_a_runner_that_is_killed_takes_its_kernel_along(
    start: Callable[..., Any], tmp_path: Path
) -> None:
    for engine in ENGINES[1:]:
        folder = tmp_path / engine
        code = "import os, time\nprint(f'ready {os.getpid()}.', flush=True)\ntime.sleep(120)"
        runner, folder = start(folder, code, engine=engine)
        wait_for(folder / "text.log", "ready")
        kernel = int((folder / "text.log").read_text().split()[-1].rstrip("."))
        runner.kill()
        assert runner.wait(10) == -signal.SIGKILL
        limit = time.monotonic() + 10
        while look(kernel) is not None and time.monotonic() < limit:
            time.sleep(0.01)
        assert look(kernel) is None
        nbformat.read(folder / "output.ipynb", 4)


def test_no_engine_of_other_packages_is_imported() -> None:
    code = (
        "import entrypoints; before = entrypoints.get_group_all\n"
        "import studio_ext.kernels.execute\n"
        "from papermill.engines import papermill_engines\n"
        "assert set(papermill_engines._engines) == {None, 'nbclient'}, papermill_engines._engines\n"
        "assert entrypoints.get_group_all is before"
    )
    root = Path(__file__).parents[2]
    env = {**os.environ, "PYTHONPATH": str(root)}
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, env=env)


def test_a_listener_that_fails_ends_the_run(tmp_path: Path) -> None:
    class Broken(Silent):
        def cell_finished(self, index: int, of: int, ok: bool) -> None:
            raise RuntimeError("no room")

    nb = new_notebook(cells=[new_code_cell("1"), new_code_cell("2")])
    with pytest.raises(RuntimeError, match="no room"):
        execute(nb, tmp_path / "o.ipynb", {}, cwd=tmp_path, env=os.environ, listener=Broken())
    saved = nbformat.read(tmp_path / "o.ipynb", 4)
    assert saved.metadata.papermill.exception is True
    assert tree.descendants(os.getpid()) == [] or all(
        "ipykernel" not in Path(f"/proc/{p.pid}/cmdline").read_text()
        for p in tree.descendants(os.getpid())
    )


def test_threads_are_gone(run: Callable[..., Ran], tmp_path: Path) -> None:
    assert [run(tmp_path / e, "1", engine=e).threads for e in ENGINES] == [1, 1, 1]
    assert threading.active_count() < 50


def test_the_environment_of_the_runner_itself(tmp_path: Path) -> None:
    """``os.environ`` may be given as it is; a child replaces its own by it."""
    for engine in ("stock", "inprocess"):
        nb = new_notebook(
            cells=[new_code_cell("import os; print(len(os.environ.get('PATH', '')))")]
        )
        output = tmp_path / f"{engine}.ipynb"
        execute(
            nb, output, {}, engine=engine, cwd=tmp_path, env=os.environ, listener=Silent()
        )  # fmt: skip
        assert nbformat.read(output, 4).cells[0].outputs[0].text == f"{len(os.environ['PATH'])}\n"
