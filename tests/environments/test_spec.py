"""What an environment is made of, and its name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from studio_ext.environments import spec as module
from studio_ext.environments.spec import Spec, SpecError

BASE: dict[str, Any] = {"name": "a", "python": "3.11", "requirements": ("one==1", "My_Two==2")}


def test_the_fingerprint_names_the_content_only() -> None:
    same = Spec(**{**BASE, "name": "b", "requirements": ("my-two==2", "One==1")})
    assert same.fingerprint == Spec(**BASE).fingerprint
    assert len(same.fingerprint) == 16


@pytest.mark.parametrize(
    "change",
    [
        {"python": "3.12"},
        {"requirements": ("one==1",)},
        {"requirements": ("one==1.1", "My_Two==2")},
        {"imports": ("one",)},
    ],
)
def test_what_differs_has_another(change: dict[str, Any]) -> None:
    assert Spec(**{**BASE, **change}).fingerprint != Spec(**BASE).fingerprint


def test_another_format_or_platform_has_another(monkeypatch: pytest.MonkeyPatch) -> None:
    before = Spec(**BASE).fingerprint
    monkeypatch.setattr(module, "FORMAT", module.FORMAT + 1)
    assert Spec(**BASE).fingerprint != before
    monkeypatch.undo()
    monkeypatch.setattr(module.sysconfig, "get_platform", lambda: "linux-s390x")
    assert Spec(**BASE).fingerprint != before


def test_it_travels_as_json() -> None:
    found = Spec(**BASE, imports=("one",))
    assert Spec.of(json.loads(json.dumps(found.plain()))) == found


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"python": "2.7"}, "python '2.7': expected a version such as 3.11"),
        ({"requirements": ("one",)}, "requirement 'one' is not pinned: expected name==version"),
        ({"requirements": ("one>=1",)}, "'one>=1' is not pinned"),
        ({"requirements": ("one==1.*",)}, r"'one==1\.\*' is not pinned"),
        ({"requirements": ("one==1,!=2",)}, "is not pinned"),
        ({"requirements": ("-r other.txt",)}, "requirement '-r other.txt': Expected package name"),
        ({"requirements": ("one @ file:///tmp/one",)}, "is a file of this machine"),
    ],
)
def test_what_is_not_exact_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        Spec(**{**BASE, **change})


def test_a_url_is_exact() -> None:
    Spec("a", "3.11", ("one @ https://example.org/one-1-py3-none-any.whl",))
