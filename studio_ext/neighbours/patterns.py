"""CloudWatch's filter patterns over lines of text: terms, phrases, and regular expressions.

``a "b c"`` both; ``?a ?b`` either; ``-a`` without; ``%a|b%`` an expression. Case counts.
Source: "Filter pattern syntax for metric filters, subscription filters, filter log events".
"""

from __future__ import annotations

import re
from collections.abc import Callable

import regex

from ..errors import AwsError

Matcher = Callable[[str], bool]

_TERM = re.compile(
    r'\s*(?P<sign>[?-]?)(?:"(?P<phrase>(?:[^"\\]|\\.)*)"|%(?P<regex>[^%]+)%|(?P<word>[^\s"%]+))'
    r"(?=\s|$)"
)
_MAX_REGEX = 200
_PATIENCE = 0.5  # seconds for one line
# Without groups, as on AWS; so there is no repetition of a repetition.
_REGEX = re.compile(r"[\w\s:_#=@/;,.\-^$?*+|\[\]{}\\<>'&!~]+")


class InvalidPattern(AwsError):
    code, status = "InvalidParameterException", 400


def compiled(pattern: str) -> Matcher:
    """A predicate on lines.

    Raises:
        InvalidPattern: says what is not understood.
    """
    text = pattern.strip()
    if text[:1] in ("{", "["):
        raise InvalidPattern(
            f"filterPattern {pattern!r}: patterns for JSON and for columns are not offered; "
            "expected terms, such as: ERROR -timeout"
        )
    wanted: list[Matcher] = []
    either: list[Matcher] = []
    without: list[Matcher] = []
    place = 0
    while place < len(text):
        match = _TERM.match(text, place)
        if match is None:
            raise InvalidPattern(
                f"filterPattern {pattern!r}: not understood from {text[place : place + 20]!r} on; "
                "put terms with other characters than letters, digits and '_' into quotes"
            )
        place = match.end()
        group = {"?": either, "-": without}.get(match["sign"], wanted)
        group.append(_term(match, pattern))
    if either and not wanted:
        # Beside a wanted term CloudWatch ignores the optional ones.
        wanted = [lambda line: any(each(line) for each in either)]
    return lambda line: (
        all(each(line) for each in wanted) and not any(each(line) for each in without)
    )


def _term(match: re.Match[str], pattern: str) -> Matcher:
    if match["regex"] is None:
        phrase = match["phrase"]
        term = re.sub(r"\\(.)", r"\1", phrase) if phrase is not None else match["word"]
        return lambda line: term in line
    text = match["regex"]
    if len(text) > _MAX_REGEX or not _REGEX.fullmatch(text):
        raise InvalidPattern(
            f"filterPattern {pattern!r}: %{text[:60]}%: expected at most {_MAX_REGEX} characters "
            "and no groups"
        )
    try:
        expression = regex.compile(text)
    except regex.error as error:
        raise InvalidPattern(f"filterPattern {pattern!r}: %{text}%: {error}") from None

    def search(line: str) -> bool:
        try:
            return expression.search(line, timeout=_PATIENCE) is not None
        except TimeoutError:
            raise InvalidPattern(
                f"filterPattern {pattern!r}: %{text}% takes too long on a line of "
                f"{len(line)} characters; expected fewer repetitions"
            ) from None

    return search
