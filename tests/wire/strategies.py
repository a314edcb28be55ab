"""Hypothesis strategies for requests: what the model allows, and what it does not."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import strategies as st

from studio_ext.awsmodel import OperationModel, Shape

from ..conformance.samples import sample

HOSTILE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(
        [
            "", "..", "../../etc/passwd", "a/b", "\ud800", "\0", "a" * 5000, "１２３", "x\n",
            "'; --", "arn:aws:sagemaker:us-east-1:123456789012:model/x", "arn:", "%s%n", "{{x}}",
        ]
    ),
    st.just([]),
    st.just({}),
    st.just([[[[[]]]]]),
    st.just({"a": {"b": {"c": {}}}}),
)  # fmt: skip

MAX_DEPTH = 6


def requests(operation: OperationModel) -> st.SearchStrategy[Any]:
    """Parameters for an operation: mostly right, wrong here and there."""
    if operation.input is None:
        return HOSTILE
    right = value(operation.input, 0)
    return st.one_of(right, right, right, spoilt(right), HOSTILE)


def spoilt(right: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A right request with one top member replaced, added or gone."""

    def spoil(params: dict[str, Any], which: int, name: str, wrong: Any) -> dict[str, Any]:
        found = dict(params)
        names = sorted(found)
        if names and which % 3 == 0:
            del found[names[which % len(names)]]
        elif names and which % 3 == 1:
            found[names[which % len(names)]] = wrong
        else:
            found[name] = wrong
        return found

    return st.builds(spoil, right, st.integers(0, 999), st.text(max_size=8), HOSTILE)


@cache
def value(shape: Shape, depth: int) -> st.SearchStrategy[Any]:
    """Values of a shape, and now and then something else."""
    return st.integers(0, 99).flatmap(
        lambda dice: HOSTILE if dice == 99 and depth else _right(shape, depth)
    )


@cache
def _right(shape: Shape, depth: int) -> st.SearchStrategy[Any]:
    traits = shape.traits
    match shape.type:
        case "structure":
            if depth >= MAX_DEPTH:
                return st.builds(lambda: sample(shape))
            if traits.get("union"):
                names = st.sampled_from(sorted(shape.members))
                return names.flatmap(
                    lambda name: st.fixed_dictionaries(
                        {name: value(shape.members[name], depth + 1)}
                    )
                )
            required = {name: value(shape.members[name], depth + 1) for name in shape.required}
            optional = {
                name: value(member, depth + 1)
                for name, member in list(shape.members.items())[:12]
                if name not in required
            }
            return st.fixed_dictionaries(required, optional=optional if depth < 2 else {})
        case "list":
            least = min(traits.get("min", 0), 3)
            return st.lists(value(shape.item, depth + 1), min_size=least, max_size=least + 1)
        case "map":
            return st.dictionaries(
                _right(shape.key, depth + 1), value(shape.value, depth + 1), max_size=2
            )
        case "string":
            if shape.enum:
                return st.sampled_from(shape.enum)
            return st.integers(1, 5).map(lambda number: sample(shape, number))
        case "integer" | "long":
            low = traits.get("min", -5)
            return st.integers(low, min(traits.get("max", low + 100), 2**63))
        case "float" | "double":
            return st.floats(traits.get("min", -10), traits.get("max", 10))
        case "boolean":
            return st.booleans()
        case "timestamp":
            return st.floats(-1e10, 1e10)
        case _:
            return st.just("c2FtcGxl")
