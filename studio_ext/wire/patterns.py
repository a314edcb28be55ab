"""The model's regular expressions, which are Java's, under Python and in browsers.

They are meant to match whole values though none is anchored; ``\\d`` and ``\\w`` mean ASCII;
``\\p{L}`` needs PyPI's ``regex``; astral characters are written as surrogate pairs; and two
carry a stray ``$`` before a repetition.
"""

from __future__ import annotations

import re
from functools import cache

import regex

# A hostile value can make a pattern backtrack for ever; an honest one needs microseconds.
PATIENCE = 1.0

# What a browser's RegExp with the u flag reads: escapes of classes and controls, and of what would
# mean something without a backslash.
_ESCAPES = frozenset("dDwWsSbBtnrfv^$\\.*+?()[]{}|/")
_CLASSES = {"Alnum": "a-zA-Z0-9", "Alpha": "a-zA-Z", "Digit": "0-9"}
_FOREIGN = re.compile(r"\(\?(?![:=!]|<[=!])|[*+?}]\+|&&|\\[pP]\{\w{3,}\}|\\[1-9]")
_TOKEN = re.compile(r"\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|\\[pP]\{\w+\}|\\.|.", re.DOTALL)

_ASTRAL = (r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")


def matches(pattern: str, value: str) -> bool:
    """Whether the whole of ``value`` matches. A match that takes too long is none."""
    try:
        return _compiled(pattern).fullmatch(value, timeout=PATIENCE) is not None
    except TimeoutError:
        return False


@cache
def ecmascript(pattern: str) -> str | None:
    """The pattern for a browser's ``RegExp`` with the u flag; None when it cannot be said there.

    It is anchored: there it would be looked for anywhere in a value.
    """
    text = _plain(pattern)
    for name, letters in _CLASSES.items():
        text = text.replace(f"\\p{{{name}}}", letters)
    if _FOREIGN.search(text):
        return None
    found, within = [], False
    for token in _TOKEN.findall(text):
        if token[0] == "\\" and len(token) == 2:
            kept = token[1] in _ESCAPES or (within and token[1] == "-")
            if not kept and token[1].isalnum():
                return None
            token = token if kept else token[1]
        elif token == "[":
            if within:
                return None  # a class in a class
            within = True
        elif token == "]":
            within = False
        found.append(token)
    return f"^(?:{''.join(found)})$"


def _plain(pattern: str) -> str:
    """Without stray ``$``."""
    return pattern.replace("${", "{")


@cache
def _compiled(pattern: str) -> regex.Pattern[str]:
    # Under ASCII \\p{L} would know no letter but ours; no pattern mixes it with \\d.
    flags = 0 if r"\p{" in pattern else regex.ASCII
    return regex.compile(_plain(pattern).replace(*_ASTRAL), flags)
