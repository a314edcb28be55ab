"""Requests against the model: required, type, min, max, enum, pattern, unknown names, unions.

Each shape is compiled once into a function; a request runs through plain closures. A value of
the wrong type is refused at once, as AWS's parsers do; broken constraints are collected and
named together.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..awsmodel import Shape
from ..errors import ValidationException
from .faults import SerializationException
from .patterns import matches

Check = Callable[[Any, str, list[str]], Any]

MAX_DEPTH = 64
_SHOWN = 20  # faults in one message
_RANGES = {"integer": (-(2**31), 2**31 - 1), "long": (-(2**63), 2**63 - 1)}
# The years 1 to 9999, which is what datetime can say.
_TIMES = (-62135596800.0, 253402300799.999)


class Validator:
    """Compiles and remembers the checks of one model's shapes."""

    def __init__(self) -> None:
        self._checks: dict[int, tuple[Shape, Check]] = {}

    def clean(self, shape: Shape, params: Any) -> dict[str, Any]:
        """``params`` without nulls, when they fit.

        Raises:
            SerializationException: a value has the wrong type.
            ValidationException: constraints are broken; the message names each value.
        """
        faults: list[str] = []
        try:
            cleaned = self.check(shape)(params, "", faults)
        except RecursionError:
            raise SerializationException("the request is nested too deeply") from None
        if faults:
            shown = "; ".join(faults[:_SHOWN]) + ("; ..." if len(faults) > _SHOWN else "")
            plural = "s" if len(faults) > 1 else ""
            raise ValidationException(f"{len(faults)} validation error{plural} detected: {shown}")
        return cleaned

    def check(self, shape: Shape) -> Check:
        """The check of one shape. Shapes may contain themselves, so members compile late."""
        found = self._checks.get(id(shape))
        if found is None:
            found = self._checks[id(shape)] = (shape, _COMPILERS[shape.type](self, shape))
        return found[1]


def shown(value: Any, shape: Shape | None = None) -> str:
    """A value as a message may show it: short, and not at all when it is a secret."""
    if shape is not None and shape.traits.get("sensitive"):
        return "Value"
    text = value if isinstance(value, str) else repr(value)
    text = text if len(text) <= 120 else text[:117] + "..."
    return f"Value '{text}'"


def _wrong(value: Any, path: str, expected: str) -> SerializationException:
    kind = {
        dict: "an object", list: "a list", str: "a string", bool: "a boolean", int: "a number",
        float: "a number", bytes: "a blob", type(None): "null",
    }.get(type(value), type(value).__name__)  # fmt: skip
    place = f"at '{path}'" if path else "of the request"
    return SerializationException(f"{shown(value)} {place} is {kind}; expected {expected}")


def _broken(value: Any, path: str, rule: str, shape: Shape) -> str:
    return f"{shown(value, shape)} at '{path}' failed to satisfy constraint: Member must {rule}"


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


def _structure(validator: Validator, shape: Shape) -> Check:
    compiled: dict[str, tuple[Check, str]] = {}
    names, union = shape.members, bool(shape.traits.get("union"))

    def check(value: Any, path: str, faults: list[str]) -> Any:
        if type(value) is not dict:
            raise _wrong(value, path, f"an object ({shape.name})")
        if path.count(".") > MAX_DEPTH:
            raise SerializationException(f"the request is nested more than {MAX_DEPTH} deep")
        prefix = f"{path}." if path else ""
        cleaned = {}
        for name, given in value.items():
            known = compiled.get(name)
            if known is None:
                if name not in names:
                    place = f"'{path}'" if path else "the request"
                    known_names = ", ".join(names) or "none"
                    faults.append(
                        f"Unknown parameter {shown(name)[6:]} in {place}; "
                        f"expected one of: {known_names}"
                    )
                    continue
                known = compiled[name] = (validator.check(names[name]), _lower(name))
            if given is not None:
                cleaned[name] = known[0](given, prefix + known[1], faults)
        for name in shape.required:
            if name not in cleaned:
                faults.append(
                    f"Value null at '{prefix}{_lower(name)}' failed to satisfy constraint: "
                    "Member must not be null"
                )
        if union and len(cleaned) != 1:
            faults.append(
                f"Value at '{path}' failed to satisfy constraint: exactly one of "
                f"{', '.join(names)} must be set, not {len(cleaned)}"
            )
        return cleaned

    return check


def _size(shape: Shape, unit: str) -> Callable[[Any, str, list[str]], None]:
    low, high = shape.traits.get("min"), shape.traits.get("max")

    def check(value: Any, path: str, faults: list[str]) -> None:
        if low is not None and len(value) < low:
            faults.append(
                _broken(value, path, f"have length greater than or equal to {low}", shape)
            )
        if high is not None and len(value) > high:
            faults.append(_broken(value, path, f"have length less than or equal to {high}", shape))

    return check


def _list(validator: Validator, shape: Shape) -> Check:
    size = _size(shape, "items")

    def check(value: Any, path: str, faults: list[str]) -> Any:
        if type(value) is not list:
            raise _wrong(value, path, f"a list ({shape.name})")
        size(value, path, faults)
        item = validator.check(shape.item)
        cleaned = []
        for number, given in enumerate(value, 1):
            place = f"{path}.{number}.member"
            if given is None:
                faults.append(_null(place))
            else:
                cleaned.append(item(given, place, faults))
        return cleaned

    return check


def _map(validator: Validator, shape: Shape) -> Check:
    size = _size(shape, "entries")

    def check(value: Any, path: str, faults: list[str]) -> Any:
        if type(value) is not dict:
            raise _wrong(value, path, f"an object ({shape.name})")
        size(value, path, faults)
        key, entry = validator.check(shape.key), validator.check(shape.value)
        cleaned = {}
        for name, given in value.items():
            key(name, f"{path}.key", faults)
            place = f"{path}.{name[:64]}.member"
            if given is None:
                faults.append(_null(place))
            else:
                cleaned[name] = entry(given, place, faults)
        return cleaned

    return check


def _null(path: str) -> str:
    return f"Value null at '{path}' failed to satisfy constraint: Member must not be null"


def _string(_: Validator, shape: Shape) -> Check:
    size = _size(shape, "characters")
    enum, pattern = shape.enum, shape.traits.get("pattern")
    longest = shape.traits.get("max")

    def check(value: Any, path: str, faults: list[str]) -> Any:
        if type(value) is not str:
            raise _wrong(value, path, "a string")
        if not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                raise SerializationException(
                    f"the string at '{path}' holds half a surrogate pair; expected Unicode text"
                ) from None
        if "\0" in value:
            raise SerializationException(f"the string at '{path}' holds a NUL character")
        size(value, path, faults)
        if enum and value not in enum:
            allowed = f"satisfy enum value set: [{', '.join(enum)}]"
            faults.append(_broken(value, path, allowed, shape))
        if (
            pattern is not None
            and (longest is None or len(value) <= longest)
            and not matches(pattern, value)
        ):
            rule = f"satisfy regular expression pattern: {pattern}"
            faults.append(_broken(value, path, rule, shape))
        return value

    return check


def _bounds(shape: Shape) -> Callable[[Any, str, list[str]], None]:
    low, high = shape.traits.get("min"), shape.traits.get("max")

    def check(value: Any, path: str, faults: list[str]) -> None:
        if low is not None and value < low:
            faults.append(_broken(value, path, f"have value greater than or equal to {low}", shape))
        if high is not None and value > high:
            faults.append(_broken(value, path, f"have value less than or equal to {high}", shape))

    return check


def _integer(_: Validator, shape: Shape) -> Check:
    bounds = _bounds(shape)
    lowest, highest = _RANGES[shape.type]

    def check(value: Any, path: str, faults: list[str]) -> Any:
        if type(value) is not int or not lowest <= value <= highest:
            raise _wrong(value, path, f"an integer from {lowest} to {highest}")
        bounds(value, path, faults)
        return value

    return check


def _float(_: Validator, shape: Shape) -> Check:
    bounds = _bounds(shape)

    def check(value: Any, path: str, faults: list[str]) -> Any:
        if type(value) is not float and type(value) is not int:
            raise _wrong(value, path, "a number")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise _wrong(value, path, "a finite number")
        bounds(number, path, faults)
        return number

    return check


def _boolean(_: Validator, shape: Shape) -> Check:
    def check(value: Any, path: str, faults: list[str]) -> Any:
        if type(value) is not bool:
            raise _wrong(value, path, "true or false")
        return value

    return check


def _timestamp(_: Validator, shape: Shape) -> Check:
    def check(value: Any, path: str, faults: list[str]) -> Any:
        numeric = type(value) is float or type(value) is int
        if not numeric or not _TIMES[0] <= value <= _TIMES[1]:
            raise _wrong(value, path, "a time in epoch seconds, years 1 to 9999")
        return float(value)

    return check


def _blob(_: Validator, shape: Shape) -> Check:
    size = _size(shape, "bytes")

    def check(value: Any, path: str, faults: list[str]) -> Any:
        if type(value) is not bytes:
            raise _wrong(value, path, "a blob")
        size(value, path, faults)
        return value

    return check


_COMPILERS: dict[str, Callable[[Validator, Shape], Check]] = {
    "structure": _structure, "list": _list, "map": _map, "string": _string,
    "character": _string, "integer": _integer, "long": _integer, "float": _float,
    "double": _float, "boolean": _boolean, "timestamp": _timestamp, "blob": _blob,
}  # fmt: skip
