from __future__ import annotations

import time

import pytest

from studio_ext.neighbours.patterns import InvalidPattern, compiled


@pytest.mark.parametrize(
    ("pattern", "line", "wanted"),
    [
        ("", "anything", True),
        ("ERROR", "an ERROR here", True),
        ("ERROR", "an error here", False),
        ("a b", "b and a", True),
        ("a b", "only b", False),
        ('"a b"', "b and a", False),
        ('"and a"', "b and a", True),
        (r'"say \"hi\""', 'say "hi"', True),
        ("?a ?b", "has b", True),
        ("?a ?b", "none", False),
        ("ERROR -timeout", "ERROR timeout", False),
        ("ERROR -timeout", "ERROR other", True),
        ('-"two words"', "two words", False),
        ("%loss=[0-9.]+%", "loss=0.25", True),
        ("%loss=[0-9.]+%", "loss=none", False),
        ("%ERROR|WARN%", "a WARN", True),
    ],
)
def test_terms(pattern: str, line: str, wanted: bool) -> None:
    assert compiled(pattern)(line) is wanted


@pytest.mark.parametrize(
    "pattern", ['{ $.a = "b" }', "[a, b]", '"open', "%(a+)+%", "%[%", "%open", 'a"b"']
)
def test_what_is_not_understood_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidPattern):
        compiled(pattern)


def test_an_expression_cannot_run_away() -> None:
    began = time.monotonic()
    with pytest.raises(InvalidPattern, match="too long"):
        compiled("%" + ".*x" * 12 + "y%")("x" * 200_000)
    assert time.monotonic() - began < 5
