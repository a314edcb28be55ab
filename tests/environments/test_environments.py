"""Made once, whole or not there, and kept while they are used."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from studio_ext.environments import tool
from studio_ext.environments.environments import Environments
from studio_ext.environments.tool import EnvironmentFailed

from .conftest import spec
from .wheels import wheel

MAKE = """
import sys
from pathlib import Path
from studio_ext.environments.environments import Environments
from studio_ext.environments.spec import Spec
root, python, *requirements = sys.argv[1:]
found = Environments(Path(root)).make(Spec("small", python, tuple(requirements)), print)
print(found.path)
"""


def maker(environments: Environments, *requirements: str) -> subprocess.Popen[str]:
    """Another process that asks for the environment."""
    found = spec(*requirements)
    return subprocess.Popen(
        [sys.executable, "-c", MAKE, str(environments.root), found.python, *requirements],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )


def asked(python: Path, code: str) -> str:
    return subprocess.run(
        [str(python), "-c", code], capture_output=True, text=True, check=True, cwd=python.parent
    ).stdout.strip()


def names(environments: Environments) -> list[str]:
    """What is there, hidden things too, but no locks."""
    return [path.name for path in environments.root.iterdir() if path.suffix != ".lock"]


def test_it_has_what_was_asked_for_and_nothing_else(environments: Environments) -> None:
    lines: list[str] = []
    found = environments.make(spec("one==1.0", "two==2.0", imports=("two",)), lines.append)
    assert found.path.name == found.spec.fingerprint
    assert asked(found.python, "import one, two, sys; print(one.VERSION, two.VERSION)") == "1.0 2.0"
    assert asked(found.python, "import sys; print(sys.prefix)") == str(found.path)
    with pytest.raises(subprocess.CalledProcessError):
        asked(found.python, "import numpy")
    assert lines[0].startswith("making the environment small: Python 3.")
    assert " + one==1.0" in lines
    assert lines[-1].startswith("the environment is ready after ")


def test_it_is_made_once(environments: Environments) -> None:
    lines: list[str] = []
    first = environments.make(spec("one==1.0"), lines.append)
    shutil.rmtree(os.environ["PIP_FIND_LINKS"])
    lines.clear()
    assert environments.make(spec("one==1.0"), lines.append).path == first.path
    assert lines == []
    assert [each.path for each in environments.every()] == [first.path]


def test_two_who_ask_at_once_get_the_same(environments: Environments) -> None:
    both = [maker(environments, "one==1.1"), maker(environments, "one==1.1")]
    said = [process.communicate()[0] for process in both]
    assert sum("making the environment" in text for text in said) == 1
    assert len({text.splitlines()[-1] for text in said}) == 1


def test_whoever_is_killed_leaves_nothing_half_made(environments: Environments) -> None:
    """At moments from the first to the last; the next who asks gets a whole one."""
    began = time.monotonic()
    maker(environments, "one==1.0").communicate()
    whole = time.monotonic() - began
    dice = random.Random(7)
    for _ in range(3):
        process = maker(environments, "two==2.0", "one==1.1")
        time.sleep(dice.uniform(0.3, 1.1) * whole)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        found = environments.find(spec("two==2.0", "one==1.1"))
        if found is not None:
            assert asked(found.python, "import one, two; print(one.VERSION)") == "1.1"
            assert environments.remove(found) is False, "it is held"
            found.release()
            assert environments.remove(found)
    made = environments.make(spec("two==2.0", "one==1.1"))
    assert asked(made.python, "import one, two; print(one.VERSION)") == "1.1"
    assert sorted(names(environments)) == sorted(each.path.name for each in environments.every())


def test_an_interrupt_ends_the_tool_and_removes_the_draft(
    environments: Environments, tmp_path: Path
) -> None:
    def tell(line: str) -> None:
        if "import" in line:
            signal.setitimer(signal.ITIMER_REAL, 0.3)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    wheel(tmp_path / "packages", "slow", "1", code="import time; time.sleep(60)")
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            environments.make(spec("slow==1", imports=("slow",)), tell)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert names(environments) == []
    assert environments.find(spec("slow==1", imports=("slow",))) is None


@pytest.mark.parametrize(
    ("requirements", "imports", "words"),
    [
        (("one==9",), (), "no version of one==9"),
        (("two==2.0",), (), "two.*requires.*one"),
        (("broken==1",), ("broken",), "ModuleNotFoundError: No module named 'not_there'"),
    ],
)
def test_a_failure_has_the_tools_own_words(
    environments: Environments, requirements: tuple[str, ...], imports: tuple[str, ...], words: str
) -> None:
    message = rf"(?s)the environment small could not be made: .*{words}"
    with pytest.raises(EnvironmentFailed, match=message):
        environments.make(spec(*requirements, imports=imports))
    assert names(environments) == []


def test_a_failure_that_is_known_ends_with_its_cure(environments: Environments) -> None:
    found = replace(spec("broken==1", imports=("broken",)), cures=(("not_there", "apt install x"),))
    with pytest.raises(EnvironmentFailed, match=r"(?s)'not_there'.*; run: apt install x"):
        environments.make(found)
    assert found.fingerprint == spec("broken==1", imports=("broken",)).fingerprint
    assert type(found).of(found.plain()) == found


def test_without_the_tool_its_command_is_named(
    environments: Environments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "uv", None)
    with pytest.raises(EnvironmentFailed, match="run: pip install uv"):
        environments.make(spec())
    with pytest.raises(EnvironmentFailed, match="run: pip install uv"):
        tool.uv()


def test_one_whose_interpreter_is_gone_is_made_anew(environments: Environments) -> None:
    made = environments.make(spec("one==1.0"))
    made.release()
    made.python.unlink()
    assert environments.every() == []
    again = environments.make(spec("one==1.0"))
    assert asked(again.python, "import one; print(one.VERSION)") == "1.0"
    assert names(environments) == [again.path.name]


def test_what_nobody_uses_can_be_removed(environments: Environments) -> None:
    used, unused = environments.make(spec("one==1.0")), environments.make(spec("one==1.1"))
    unused.release()
    assert environments.remove_unused(age=60) == []
    assert [each.path for each in environments.remove_unused()] == [unused.path]
    assert [each.path for each in environments.every()] == [used.path]
    used.release()
    assert [each.path for each in environments.remove_unused()] == [used.path]
    assert names(environments) == []


def test_leftovers_of_the_dead_are_swept(environments: Environments) -> None:
    environments.root.mkdir()
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = environments.root / f".studio_{dead.pid}_00"
    alive = environments.root / f".studio_{os.getpid()}_00"
    left.mkdir()
    alive.mkdir()
    environments.sweep()
    assert names(environments) == [alive.name]
