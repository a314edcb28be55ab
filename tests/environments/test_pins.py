"""What a requirements file adds."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio_ext.environments.pins import extended
from studio_ext.environments.spec import SpecError
from studio_ext.environments.tool import EnvironmentFailed

from .conftest import spec
from .wheels import wheel


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    return tmp_path / "requirements.txt"


def test_every_package_that_it_leads_to_is_pinned(requirements: Path) -> None:
    requirements.write_text("two  # needs one\n")
    found = extended(spec("broken==1"), requirements)
    assert set(found.requirements) == {"broken==1", "one==1.1", "two==2.0"}
    assert found.name == "small with requirements.txt"


def test_what_is_there_stays_as_it_is(requirements: Path) -> None:
    requirements.write_text("two\none>=1\n")
    found = extended(spec("one==1.0", imports=("one",)), requirements)
    assert set(found.requirements) == {"one==1.0", "two==2.0"}
    assert found.imports == ("one",)


def test_it_may_ask_for_another_version(requirements: Path) -> None:
    requirements.write_text("One==1.1\n")
    assert extended(spec("one==1.0"), requirements).requirements == ("one==1.1",)


def test_what_cannot_be_is_told_by_the_tool(requirements: Path) -> None:
    requirements.write_text("three\n")
    with pytest.raises(EnvironmentFailed, match=r"(?s)requirements.txt cannot be satisfied.*three"):
        extended(spec(), requirements)


def test_files_of_the_machine_are_refused(requirements: Path, packages: Path) -> None:
    wheel(requirements.parent, "three", "3")
    requirements.write_text("./three-3-py3-none-any.whl\n")
    with pytest.raises((SpecError, EnvironmentFailed), match=r"three-3-py3-none-any.whl"):
        extended(spec(), requirements)
