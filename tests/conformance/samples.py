"""Values that fit the service model, made from it."""

from __future__ import annotations

import re
import re._constants as sre
import re._parser as parser
from functools import cache
from typing import Any

from studio_ext.awsmodel import Shape
from studio_ext.wire.patterns import matches

# Tried in this order before a pattern is spelt out; %d makes them differ.
PLAIN = (
    "sample-%d",
    "d-sample%d",
    "sample%d",
    "s3://bucket/sample-%d",
    "arn:aws:iam::123456789012:role/r%d",
    "arn:aws:sagemaker:us-east-1:123456789012:cluster/%012d",
)


def sample(shape: Shape, number: int = 1, *, full: bool = False, depth: int = 0) -> Any:
    """A value of ``shape``; another ``number`` gives another one, where the shape has room.

    Args:
        full: with the optional members of the first level too, where they are scalars.
    """
    traits = shape.traits
    match shape.type:
        case "structure":
            names = list(shape.required)
            if traits.get("union"):
                names = [next(iter(shape.members))]
            elif full and depth == 0:
                names += [
                    name
                    for name, member in shape.members.items()
                    if name not in names and member.type not in ("structure", "list", "map")
                ]
            return {
                name: sample(shape.members[name], number, full=full, depth=depth + 1)
                for name in names
            }
        case "list":
            return [
                sample(shape.item, number + place, depth=depth + 1)
                for place in range(traits.get("min", 0))
            ]
        case "map":
            return {
                sample(shape.key, number + place): sample(shape.value, number)
                for place in range(traits.get("min", 0))
            }
        case "string":
            return text(shape, number)
        case "integer" | "long":
            least = max(traits.get("min", 1), 1)
            return min(least, traits.get("max", least))
        case "float" | "double":
            return float(traits.get("min", 1))
        case "boolean":
            return True
        case "timestamp":
            return 1_700_000_000.0 + number
        case _:
            return b"sample"


def text(shape: Shape, number: int) -> str:
    traits = shape.traits
    if shape.enum:
        return shape.enum[0]
    low, high = traits.get("min", 0), traits.get("max", 10**6)
    pattern = traits.get("pattern")
    for plain in PLAIN:
        value = (plain % number).ljust(low, "x")
        if len(value) <= high and (pattern is None or matches(pattern, value)):
            return value
    if pattern is None:
        return "x" * max(low, 1)
    for repeats in (0, 1, 2, 4, 9, 12, 21, 32, 64):
        value = spelt(pattern, repeats)
        if low <= len(value) <= high and matches(pattern, value):
            return value
    raise AssertionError(f"no sample for {shape.name}: {pattern} {low}-{high}")


@cache
def spelt(pattern: str, repeats: int) -> str:
    """A string that matches ``pattern``; what may repeat does so ``repeats`` times at least."""
    known = re.sub(r"\\p\{Alnum\}|\\p\{[LN]\}", "a-zA-Z0-9", pattern).replace("${", "{")
    return "".join(_spell(step, repeats) for step in parser.parse(known))


def _spell(step: tuple[Any, Any], repeats: int) -> str:
    op, value = step
    if op is sre.LITERAL:
        return chr(value)
    if op is sre.NOT_LITERAL:
        return "a" if value != ord("a") else "b"
    if op is sre.ANY:
        return "a"
    if op is sre.IN:
        return _one_of(value)
    if op in (sre.MAX_REPEAT, sre.MIN_REPEAT):
        low, high, inner = value
        times = min(max(low, repeats), high)
        return "".join(_spell(one, repeats) for _ in range(times) for one in inner)
    if op is sre.SUBPATTERN:
        return "".join(_spell(one, repeats) for one in value[-1])
    if op is sre.BRANCH:
        return "".join(_spell(one, repeats) for one in value[1][0])
    return ""  # anchors and assertions stand for nothing


def _one_of(choices: list[tuple[Any, Any]]) -> str:
    op, value = choices[0]
    if op is sre.NEGATE:
        return "a"
    if op is sre.RANGE:
        return chr(value[1]) if value[1] < 128 else chr(max(value[0], 97))
    if op is sre.LITERAL:
        return chr(value)
    digits = value is sre.CATEGORY_DIGIT
    return "1" if digits else "a"
