"""JSON Schema (draft 7) of an operation's input, for forms that check as one types.

What the schema lets pass the server still checks: patterns that ECMAScript cannot read are left
out, and so are lengths of what a browser cannot measure as the server does.
"""

from __future__ import annotations

import html
import re
from typing import Any

from ..awsmodel import OperationModel, Shape
from .patterns import ecmascript

Schema = dict[str, Any]

DIALECT = "http://json-schema.org/draft-07/schema#"

_TAG = re.compile(r"<[^>]+>")
_BLOCK = re.compile(r"</(?:p|li|note|ul)>")
_LONGEST = 600  # characters of a description
_DEFAULT = re.compile(r"[Tt]he default (?:value )?is (?:<code>)?(-?\d+(?:\.\d+)?|[A-Za-z]+)")
_NUMBERS = {"integer": "integer", "long": "integer", "float": "number", "double": "number"}


def input_schema(operation: OperationModel) -> Schema:
    """The schema of what ``operation`` takes. Shapes that hold themselves become definitions."""
    maker = _Maker()
    if operation.input is None:
        return {"$schema": DIALECT, "type": "object", "properties": {}}
    found = maker.structure(operation.input)
    found = {"$schema": DIALECT, "title": operation.name, **found}
    if maker.definitions:
        found["definitions"] = maker.definitions
    return found


class _Maker:
    """Turns shapes into schemas; one that is met inside itself is referred to."""

    def __init__(self) -> None:
        self.definitions: dict[str, Schema] = {}
        self._above: list[str] = []
        self._recursive: set[str] = set()

    def structure(self, shape: Shape) -> Schema:
        self._above.append(shape.name)
        required = set(shape.required)
        members = sorted(shape.members.items(), key=lambda pair: pair[0] not in required)
        found: Schema = {
            "type": "object",
            "properties": {
                name: self._member(name, member, _documentation(shape, name))
                for name, member in members
            },
            "additionalProperties": False,
        }
        if shape.required:
            found["required"] = list(shape.required)
        if shape.traits.get("union"):
            found |= {"minProperties": 1, "maxProperties": 1}
        self._above.pop()
        return found

    def _member(self, name: str, shape: Shape, said: str) -> Schema:
        found = self._value(shape)
        text = _described(said)
        if "$ref" in found:
            return found  # draft 7 reads nothing beside a reference
        found = {"title": name, **found}
        if text:
            found["description"] = text
        default = _default(said, shape)
        if default is not None:
            found["default"] = default
        return found

    def _value(self, shape: Shape) -> Schema:
        if shape.type == "structure":
            return self._referred(shape)
        if shape.type == "list":
            return {"type": "array", "items": self._value(shape.item), **_counts(shape, "Items")}
        if shape.type == "map":
            return {
                "type": "object",
                "propertyNames": self._value(shape.key),
                "additionalProperties": self._value(shape.value),
                **_counts(shape, "Properties"),
            }
        if shape.type in _NUMBERS:
            return {"type": _NUMBERS[shape.type], **_range(shape)}
        if shape.type == "boolean":
            return {"type": "boolean"}
        if shape.type == "timestamp":
            return {"type": "number", "description": "Epoch seconds."}
        if shape.type == "blob":
            return {"type": "string", "contentEncoding": "base64"}
        return _string(shape)

    def _referred(self, shape: Shape) -> Schema:
        reference: Schema = {"$ref": f"#/definitions/{shape.name}"}
        if shape.name in self._above:
            self._recursive.add(shape.name)
            return reference
        if shape.name in self.definitions:
            return reference
        found = self.structure(shape)
        if shape.name not in self._recursive:
            return found
        self.definitions[shape.name] = found
        return reference


def _documentation(shape: Shape, member: str) -> str:
    """In HTML; it is told of the member, not of its shape."""
    return str(shape.traits["members"][member].get("documentation", ""))


def _string(shape: Shape) -> Schema:
    found: Schema = {"type": "string"}
    if shape.enum:
        return {**found, "enum": list(shape.enum)}
    traits = shape.traits
    if "min" in traits:
        found["minLength"] = int(traits["min"])
    if "max" in traits:
        found["maxLength"] = int(traits["max"])
    pattern = ecmascript(traits["pattern"]) if "pattern" in traits else None
    return found if pattern is None else {**found, "pattern": pattern}


def _counts(shape: Shape, what: str) -> Schema:
    traits = shape.traits
    bounds = (("min", f"min{what}"), ("max", f"max{what}"))
    return {name: int(traits[trait]) for trait, name in bounds if trait in traits}


def _range(shape: Shape) -> Schema:
    traits = shape.traits
    bounds = (("min", "minimum"), ("max", "maximum"))
    return {name: traits[trait] for trait, name in bounds if trait in traits}


def _default(said: str, shape: Shape) -> Any:
    """The default that the documentation tells, where it is a value of the shape."""
    found = _DEFAULT.search(said)
    if found is None:
        return None
    text = found[1]
    if shape.enum:
        return text if text in shape.enum else None
    try:
        if shape.type in ("integer", "long"):
            return int(text)
        if shape.type in ("float", "double"):
            return float(text)
    except ValueError:
        return None
    if shape.type == "boolean" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    return None


def _described(said: str) -> str:
    """The documentation as plain text, its first paragraphs."""
    paragraphs = [
        " ".join(html.unescape(_TAG.sub("", part)).split()) for part in _BLOCK.split(said)
    ]
    text = ""
    for paragraph in filter(None, paragraphs):
        if text and len(text) + len(paragraph) > _LONGEST:
            break
        text = f"{text} {paragraph}".strip()
    return text if len(text) <= 2 * _LONGEST else text[: 2 * _LONGEST] + "…"
