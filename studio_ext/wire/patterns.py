"""The model's regular expressions, which are Java's, under Python.

They are meant to match whole values though none is anchored; ``\\d`` and ``\\w`` mean ASCII;
``\\p{L}`` needs PyPI's ``regex``; astral characters are written as surrogate pairs; and two
carry a stray ``$`` before a repetition.
"""

from __future__ import annotations

from functools import cache

import regex

# A hostile value can make a pattern backtrack for ever; an honest one needs microseconds.
PATIENCE = 1.0

_ASTRAL = (r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")


def matches(pattern: str, value: str) -> bool:
    """Whether the whole of ``value`` matches. A match that takes too long is none."""
    try:
        return _compiled(pattern).fullmatch(value, timeout=PATIENCE) is not None
    except TimeoutError:
        return False


@cache
def _compiled(pattern: str) -> regex.Pattern[str]:
    # Under ASCII \\p{L} would know no letter but ours; no pattern mixes it with \\d.
    flags = 0 if r"\p{" in pattern else regex.ASCII
    return regex.compile(pattern.replace(*_ASTRAL).replace("${", "{"), flags)
