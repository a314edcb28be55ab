"""What an environment is made of, and the name that follows from it."""

from __future__ import annotations

import hashlib
import json
import platform
import re
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from ..errors import StudioError

FORMAT = 1  # of the folders below; another number makes every environment anew
PYTHON = re.compile(r"3\.\d{1,2}(\.\d{1,2})?")


class SpecError(StudioError):
    """A spec that does not say exactly what is to be installed."""


@dataclass(frozen=True, slots=True)
class Spec:
    """An environment, to the last package.

    Attributes:
        name: what people call it, such as ``MXNet 1.9.1``.
        python: ``3.11`` or ``3.11.7``.
        requirements: every package, those that others need among them: ``name==version``, or
            ``name @ url``. Nothing else is installed.
        imports: modules that must be importable before anybody gets the environment.
        cures: words of a failure, and the command that helps; they do not count as content.

    Raises:
        SpecError: names what is not pinned.
    """

    name: str
    python: str
    requirements: tuple[str, ...]
    imports: tuple[str, ...] = ()
    cures: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if not PYTHON.fullmatch(self.python):
            raise SpecError(f"python {self.python!r}: expected a version such as 3.11")
        for requirement in self.requirements:
            _pinned(requirement)

    @property
    def fingerprint(self) -> str:
        """Names what the environment holds, on this platform (16 hex digits).

        The order of packages, the spelling of their names and the environment's own name do not
        count.
        """
        parts = {
            "format": FORMAT,
            "python": self.python,
            "platform": f"{sysconfig.get_platform()} {platform.libc_ver()[0]}",
            "requirements": sorted(map(_pinned, self.requirements)),
            "imports": sorted(self.imports),
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]

    def plain(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "name": self.name,
            "python": self.python,
            "requirements": list(self.requirements),
            "imports": list(self.imports),
            "cures": [list(cure) for cure in self.cures],
        }

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Spec:
        """The spec that ``plain`` was made of."""
        return cls(
            plain["name"],
            plain["python"],
            tuple(plain["requirements"]),
            tuple(plain.get("imports", ())),
            tuple((words, command) for words, command in plain.get("cures", ())),
        )

    def cure(self, words: str) -> str:
        """The command that helps against a failure in these words; empty when none is known."""
        return next((command for known, command in self.cures if known in words), "")


def _pinned(text: str) -> str:
    """The requirement in one spelling."""
    try:
        found = Requirement(text)
    except InvalidRequirement as error:
        raise SpecError(
            f"requirement {text!r}: {str(error).splitlines()[0]}; expected name==version"
        ) from None
    pins = list(found.specifier)
    exact = len(pins) == 1 and pins[0].operator in ("==", "===") and "*" not in pins[0].version
    if not exact and not found.url:
        raise SpecError(f"requirement {text!r} is not pinned: expected name==version")
    if found.url and found.url.startswith(("file:", ".", "/")):
        raise SpecError(
            f"requirement {text!r} is a file of this machine; expected name==version or a URL"
        )
    found.name = canonicalize_name(found.name)
    return str(found)
