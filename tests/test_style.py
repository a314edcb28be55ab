"""The house's plan holds: small files, imports in one direction, tests for every room."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "studio_ext"
LIMIT = 550

# What each room may import of ours, besides itself. The order is the direction: nothing may be
# imported from further down. Leaves can be used without the rest.
SMALL = {"errors", "files", "failpoints", "awsmodel"}
ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "failpoints": set(),
    "awsmodel": {"errors"},
    "files": set(),
    "formats": set(),
    "algorithms": {"formats"},
    "processes": {"errors", "files"},
    "environments": {"errors", "files", "processes"},
    "frameworks": {"errors", "algorithms", "environments"},
    "store": {"errors", "files"},
    "wire": {"errors", "awsmodel"},
    "kernels": {"errors", "files", "processes", "algorithms"},
    "identity": {"errors", "files", "store"},
    "bucket": {"errors", "files", "store", "wire"},
    "runs": {*SMALL, "processes", "kernels", "bucket", "environments"},
    "control": {*SMALL, "store", "processes", "runs", "bucket"},
    "kinds": {*SMALL, "store", "algorithms", "frameworks", "bucket", "runs", "control"},
    "neighbours": {*SMALL, "wire", "store", "identity", "runs"},
    "pages": {*SMALL, "store", "wire", "control", "bucket", "kinds", "identity", "algorithms"},
    "home": {*SMALL, "processes"},
    "launch": {*SMALL, "processes", "home"},
}
ALLOWED["daemon"] = set(ALLOWED)
ALLOWED["cli"] = set(ALLOWED) - {"daemon"}
ALLOWED["extension"] = set(ALLOWED) - {"bucket", "cli", "control", "daemon", "neighbours", "store"}
ALLOWED["__init__"] = {"extension"}  # where Jupyter looks for it
# A room may name another's data without its machinery.
ONLY = {
    ("kinds", "control"): {"contract"},
    ("kinds", "frameworks"): {"catalogue", "framework", "launch"},
    ("kinds", "bucket"): {"objects", "uri", "channels"},
    ("kernels", "algorithms"): {"preload"},
    ("neighbours", "wire"): {"service"},
    ("neighbours", "runs"): {"journal"},
    ("control", "bucket"): {"objects"},
    ("pages", "bucket"): {"objects"},
    ("extension", "pages"): {"mailbox"},
    ("extension", "runs"): {"parameters"},
}
FILES = sorted(
    path for path in PACKAGE.rglob("*.py") if not {"_shipped", "lab"} & {*path.parts}
)  # the front end in ``lab`` is TypeScript, and its build hook no part of the package
WITHOUT_TESTS = {"__init__", "errors", "failpoints", "daemon"}
"""Tested where they are used: ``tests/extension``, ``tests/api``, ``tests/faults``."""


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[str, ...]]:
    """What a file imports of ours: ``("store", "query")`` for ``studio_ext.store.query``."""
    package = ("studio_ext", *path.relative_to(PACKAGE).parent.parts)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found = [tuple(alias.name.split(".")) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            base += tuple((node.module or "").split(".")) if node.module else ()
            found = [(*base, alias.name) for alias in node.names]
        else:
            continue
        yield from (name[1:] for name in found if name[0] == "studio_ext" and len(name) > 1)


def is_name(path: tuple[str, ...]) -> bool:
    """Whether it names something in ``studio_ext/__init__.py``, and no module."""
    return not (PACKAGE / path[0]).is_dir() and not (PACKAGE / f"{path[0]}.py").exists()


def test_a_file_can_be_read_in_a_sitting() -> None:
    assert len(FILES) > 100
    assert [path for path in FILES if len(path.read_text().splitlines()) > LIMIT] == []


def test_every_room_is_on_the_plan() -> None:
    assert {room(path) for path in FILES} == set(ALLOWED)


def test_the_plan_has_one_direction() -> None:
    placed: set[str] = set()
    for name, allowed in ALLOWED.items():
        assert allowed - {name} <= placed, f"{name} imports what comes after it"
        placed.add(name)


@pytest.mark.parametrize("name", ALLOWED)
def test_imports_go_one_way(name: str) -> None:
    wrong = []
    for path in FILES:
        if room(path) != name:
            continue
        for found in imports(path):
            if found[0] == name or is_name(found):
                continue
            parts = ONLY.get((name, found[0]))
            if found[0] not in ALLOWED[name] or (parts and found[1] not in parts):
                wrong.append(f"{path.relative_to(ROOT)} imports {'.'.join(found)}")
    assert wrong == []


def test_imports_are_seen() -> None:
    """The walk above is not blind: it finds known imports of each form."""
    assert ("store",) in {found[:1] for found in imports(PACKAGE / "kinds/kind.py")}
    assert ("control", "contract", "Change") in set(imports(PACKAGE / "kinds/training.py"))
    assert ("formats",) in {
        found[:1] for path in FILES if room(path) == "algorithms" for found in imports(path)
    }


@pytest.mark.parametrize("name", sorted(set(ALLOWED) - WITHOUT_TESTS))
def test_every_room_has_tests(name: str) -> None:
    folder = ROOT / "tests" / name
    assert list(folder.glob("**/test_*.py")) or (ROOT / f"tests/test_{name}.py").exists()


def test_a_file_says_what_it_is_and_is_finished() -> None:
    for path in FILES:
        text = path.read_text()
        tree = ast.parse(text)
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert ast.get_docstring(tree), path
        assert not names & {"NotImplemented", "NotImplementedError"} or "except" in text, path
        assert "TODO" not in text, path
        assert "FIXME" not in text, path
