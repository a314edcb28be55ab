"""Hyperparameters as data: declared once, then checked, shown in forms and tuned.

On the wire every hyperparameter is a string. ``check`` turns the strings of a request into typed
values or says, for all of them at once, which value is wrong and what was expected.
"""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

INFINITY = math.inf
FLAGS = {"true": True, "1": True, "false": False, "0": False}


class HyperparameterError(ValueError):
    """One or more hyperparameters are missing, unknown, out of range or refused."""


class Kind(StrEnum):
    """SageMaker's types of hyperparameters, with ``flag`` for its true/false categories."""

    INTEGER = "Integer"
    CONTINUOUS = "Continuous"
    CATEGORICAL = "Categorical"
    FLAG = "Flag"
    TEXT = "FreeText"


@dataclass(frozen=True, slots=True)
class Interval:
    """Numbers from ``low`` to ``high``; an open end excludes its bound."""

    low: float = -INFINITY
    high: float = INFINITY
    open_low: bool = False
    open_high: bool = False

    def __contains__(self, value: float) -> bool:
        above = value > self.low if self.open_low else value >= self.low
        below = value < self.high if self.open_high else value <= self.high
        return above and below

    def __str__(self) -> str:
        if self.low == -INFINITY and self.high == INFINITY:
            return ""
        low = f"{'above' if self.open_low else 'at least'} {self.low:.12g}"
        high = f"{'below' if self.open_high else 'at most'} {self.high:.12g}"
        if self.high == INFINITY:
            return f" {low}"
        return f" {high}" if self.low == -INFINITY else f" {low} and {high}"


@dataclass(frozen=True, slots=True)
class Tunable:
    """The range that SageMaker recommends for tuning, on a linear or logarithmic scale.

    Of a category it has no numbers: all choices are tried.
    """

    low: float = 0.0
    high: float = 0.0
    scale: str = "Linear"


@dataclass(frozen=True, slots=True)
class Hyperparameter:
    """One hyperparameter.

    Attributes:
        name: on the wire.
        kind: the type of its value.
        default: on the wire, as documented; None where there is none or it depends on others.
        required: whether a job without it is refused.
        interval: valid numbers.
        choices: valid values of a category.
        words: values accepted beside numbers or flags, such as ``auto``; they stay strings.
        aliases: other names for it.
        refused: valid on AWS but not here: value to reason. The value ``*`` stands for any but the
            default, which changes nothing.
        parse: of free text: its typed value, or ValueError that says what was expected.
        tunable: range for tuning, None where it cannot be tuned.
        help: one sentence for a form.
    """

    name: str
    kind: Kind
    default: str | None = None
    required: bool = False
    interval: Interval = Interval()
    choices: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    parse: Callable[[str], Any] | None = None
    tunable: Tunable | None = None
    help: str = ""

    def read(self, text: str) -> Any:
        """The typed value of ``text``.

        Raises:
            HyperparameterError: names the hyperparameter, the value and what was expected.
        """
        value = text.strip()
        reason = self.refused.get(value)
        if reason is None and value in self.words:
            return value
        if reason is None:
            try:
                typed = self._typed(value)
            except ValueError as error:
                expected = str(error) if self.parse else self.expectation()
                raise HyperparameterError(
                    f"{self.name}: '{text}' is not valid; expected {expected}"
                ) from None
            if typed is True:
                reason = self.refused.get("true")
            elif "*" in self.refused and (
                self.default is None or typed != self._typed(self.default)
            ):
                reason = self.refused["*"]
        if reason is not None:
            raise HyperparameterError(f"{self.name}: '{text}' is not available here: {reason}")
        return typed

    def _typed(self, value: str) -> Any:
        if self.parse is not None:
            return self.parse(value)
        if self.kind is Kind.FLAG:
            return _only(value.lower() in FLAGS, FLAGS.get(value.lower()))
        if self.kind is Kind.CATEGORICAL:
            return _only(value in self.choices, value)
        if self.kind is Kind.TEXT:
            return value
        number = float(value.replace("_", "x"))  # Python reads 1_000, SageMaker does not
        whole = self.kind is not Kind.INTEGER or number.is_integer()
        fits = math.isfinite(number) and whole and number in self.interval
        return _only(fits, int(number) if self.kind is Kind.INTEGER else number)

    def expectation(self) -> str:
        """What its values look like, to end "expected …"."""
        if self.kind is Kind.FLAG:
            text = "true or false"
        elif self.kind is Kind.CATEGORICAL:
            text = f"one of {', '.join(c for c in self.choices if c not in self.refused)}"
        elif self.kind is Kind.INTEGER:
            text = f"an integer{self.interval}"
        elif self.kind is Kind.CONTINUOUS:
            text = f"a number{self.interval}"
        else:
            text = "text"
        return " or ".join([text, *self.words])


def _only(right: bool, value: Any) -> Any:
    if not right:
        raise ValueError(value)
    return value


def check(specification: Sequence[Hyperparameter], given: Mapping[str, str]) -> dict[str, Any]:
    """The typed values of the hyperparameters that were given, by their proper names.

    Raises:
        HyperparameterError: every problem found, in the order of ``given``, then what is missing.
    """
    known = {name: one for one in specification for name in (one.name, *one.aliases)}
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, text in given.items():
        one = known.get(name)
        if one is None:
            problems.append(_unknown(name, text, known))
        elif one.name in values:
            problems.append(f"{name}: '{text}' repeats {one.name}, which is given too")
        else:
            try:
                values[one.name] = one.read(text)
            except HyperparameterError as error:
                values[one.name] = None
                problems.append(str(error))
    problems += [
        f"{one.name} is missing; expected {one.expectation()}"
        for one in specification
        if one.required and one.name not in values
    ]
    if problems:
        raise HyperparameterError("; ".join(problems))
    return values


def defaults(specification: Sequence[Hyperparameter]) -> dict[str, Any]:
    """The typed documented defaults, of the hyperparameters that have one."""
    return {one.name: one.read(one.default) for one in specification if one.default is not None}


def some_of(*choices: str) -> Callable[[str], tuple[str, ...]]:
    """A parser of free text: a JSON list of some of ``choices``."""

    def parse(value: str) -> tuple[str, ...]:
        try:
            found = json.loads(value)
        except ValueError:
            found = None
        if isinstance(found, str):
            found = [found]
        if not isinstance(found, list) or not found or not all(one in choices for one in found):
            raise ValueError(f"a JSON list of some of {', '.join(choices)}")
        return tuple(dict.fromkeys(found))

    return parse


def _unknown(name: str, text: str, known: Mapping[str, Hyperparameter]) -> str:
    close = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.6)
    hint = f"did you mean {close[0]}?" if close else f"expected one of {', '.join(sorted(known))}"
    return f"{name}: unknown hyperparameter (value '{text}'); {hint}"


# Short ways to declare one; the rest of ``Hyperparameter`` by keyword.


def integer(name: str, help: str, low: float = -INFINITY, **rest: Any) -> Hyperparameter:
    """An integer of at least ``low``, and at most what 32 bits hold."""
    interval = rest.pop("interval", Interval(low, 2**31 - 1 if low > -INFINITY else INFINITY))
    return Hyperparameter(name, Kind.INTEGER, interval=interval, help=help, **rest)


def number(name: str, help: str, interval: Interval, **rest: Any) -> Hyperparameter:
    """A finite number in ``interval``."""
    return Hyperparameter(name, Kind.CONTINUOUS, interval=interval, help=help, **rest)


def choice(name: str, help: str, *choices: str, **rest: Any) -> Hyperparameter:
    """One of ``choices``."""
    return Hyperparameter(name, Kind.CATEGORICAL, choices=choices, help=help, **rest)


def flag(name: str, help: str, **rest: Any) -> Hyperparameter:
    """``true`` or ``false``; ``1`` and ``0`` too, and Python's spelling."""
    return Hyperparameter(name, Kind.FLAG, help=help, **rest)


def text(name: str, help: str, parse: Callable[[str], Any], **rest: Any) -> Hyperparameter:
    """Free text with a parser of its own."""
    return Hyperparameter(name, Kind.TEXT, parse=parse, help=help, **rest)
