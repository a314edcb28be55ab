"""One real daemon for every test that only needs an API."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from . import databases
from .algorithms import quality
from .daemon import Studio, serving


@pytest.fixture(scope="session")
def notebooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose notebooks the daemon may run by path."""
    return tmp_path_factory.mktemp("root")


@pytest.fixture(scope="session")
def served(notebooks: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A running daemon with a short grace."""
    folder = tmp_path_factory.mktemp("served")
    with serving(folder, "--root", str(notebooks), "--grace", "2") as studio:
        yield studio


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server; a database's name goes into its braces."""
    programs = databases.server()
    if programs is None:
        pytest.skip("no PostgreSQL here; run: apt install postgresql, and this again")
    with (
        tempfile.TemporaryDirectory(
            ignore_cleanup_errors=True
        ) as folder,  # a short path, for sockets
        databases.running(programs, Path(folder)) as url,
    ):
        yield url


_numbers = itertools.count()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of each kind that Studio runs on."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/studio.db"
    url: str = request.getfixturevalue("postgresql")
    name = f"studio{next(_numbers)}"
    engine = create_engine(url.format("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return url.format(name)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The qualities that tests have compared, as one table."""
    found = [
        quality.Comparison(**value)
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, ())
        for name, value in report.user_properties
        if name == quality.PROPERTY
    ]
    if found:
        terminalreporter.section("quality, three seeds")
        for line in quality.table(found):
            terminalreporter.line(line)
