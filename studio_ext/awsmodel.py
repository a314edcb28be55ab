"""AWS's service models as botocore ships them, read without importing botocore.

``import botocore.model`` costs a third of a CPU second and its loader 0.16 s for SageMaker;
``json.loads`` of the same file takes 0.03 s. Only services that are used are read, and of an
unused one only the first few kilobytes, for its protocol and signing name.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
from collections.abc import Mapping
from functools import cache, cached_property
from gzip import GzipFile
from io import BufferedReader
from pathlib import Path
from typing import Any

from .errors import StudioError

# What a member may say that changes nothing about its shape.
_PLAIN = frozenset({"shape", "documentation", "box", "deprecated", "deprecatedMessage"})


class UnknownService(StudioError):
    """botocore has no model of that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"botocore knows no service {name!r}; run: pip install --upgrade boto3")
        self.name = name


class Shape:
    """A type of the model.

    Attributes:
        name: its name in the model.
        type: structure, list, map, string, integer, long, float, double, boolean, timestamp or
            blob.
        traits: what else the model says: min, max, enum, pattern, locationName, ...
    """

    def __init__(self, model: Model, name: str, traits: Mapping[str, Any]) -> None:
        self._model = model
        self.name = name
        self.type: str = traits["type"]
        self.traits = traits

    @cached_property
    def members(self) -> dict[str, Shape]:
        """A structure's members, in the model's order, each with its own traits laid over."""
        found = self.traits.get("members", {})
        return {name: self._model.member(traits) for name, traits in found.items()}

    @cached_property
    def required(self) -> tuple[str, ...]:
        return tuple(self.traits.get("required", ()))

    @cached_property
    def item(self) -> Shape:
        """The type of a list's members."""
        return self._model.member(self.traits["member"])

    @cached_property
    def key(self) -> Shape:
        """The type of a map's keys."""
        return self._model.member(self.traits["key"])

    @cached_property
    def value(self) -> Shape:
        """The type of a map's values."""
        return self._model.member(self.traits["value"])

    @property
    def enum(self) -> tuple[str, ...]:
        return tuple(self.traits.get("enum", ()))

    def __repr__(self) -> str:
        return f"<{self.type} {self.name}>"


class OperationModel:
    """An operation: its HTTP form, input and output."""

    def __init__(self, model: Model, name: str, traits: Mapping[str, Any]) -> None:
        self.name = name
        self.traits = traits
        self._model = model
        http = traits.get("http", {})
        self.method: str = http.get("method", "POST")
        self.uri: str = http.get("requestUri", "/")
        self.status: int = http.get("responseCode", 200)

    def sibling(self, name: str) -> OperationModel:
        """Another operation of the same service.

        Raises:
            KeyError: the service has none of that name.
        """
        return self._model.operations[name]

    @cached_property
    def input(self) -> Shape | None:
        return self._model.member(self.traits["input"]) if "input" in self.traits else None

    @cached_property
    def output(self) -> Shape | None:
        return self._model.member(self.traits["output"]) if "output" in self.traits else None

    def documentation(self, member: str) -> str:
        """What the model says, in HTML, about an input; nothing for one it does not know."""
        members = self.input.traits.get("members", {}) if self.input else {}
        return str(members.get(member, {}).get("documentation", ""))

    @property
    def inputs(self) -> dict[str, Shape]:
        """The input's members; none when the operation takes nothing."""
        return self.input.members if self.input else {}

    @property
    def outputs(self) -> dict[str, Shape]:
        """The output's members; none when the operation answers nothing."""
        return self.output.members if self.output else {}

    @cached_property
    def result_wrapper(self) -> str | None:
        return self.traits.get("output", {}).get("resultWrapper")

    @cached_property
    def errors(self) -> frozenset[str]:
        """Codes of the errors that the model lists for this operation."""
        return frozenset(error["shape"] for error in self.traits.get("errors", ()))


class Model:
    """One service's model. ``metadata`` is cheap; the rest is read on first use."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._file = _find(name)

    @cached_property
    def metadata(self) -> dict[str, Any]:
        """Protocols, signing name, target prefix and the like."""
        with _open(self._file) as stream:
            head = stream.read(8192).decode(errors="replace")
        start = head.find("{", head.find('"metadata"'))
        try:
            found, _ = json.JSONDecoder().raw_decode(head, start)
        except ValueError:
            found = self._raw["metadata"]
        return dict(found)

    @property
    def signing_name(self) -> str:
        return str(self.metadata.get("signingName") or self.metadata["endpointPrefix"])

    @property
    def protocols(self) -> tuple[str, ...]:
        return tuple(self.metadata.get("protocols") or (self.metadata["protocol"],))

    @property
    def target_prefix(self) -> str | None:
        return self.metadata.get("targetPrefix")

    @cached_property
    def operations(self) -> dict[str, OperationModel]:
        return {
            name: OperationModel(self, name, traits)
            for name, traits in self._raw["operations"].items()
        }

    def shape(self, name: str) -> Shape:
        """The shape of that name.

        Raises:
            KeyError: the model has none.
        """
        found = self._shapes.get(name)
        if found is None:
            found = self._shapes[name] = Shape(self, name, self._raw["shapes"][name])
        return found

    def member(self, reference: Mapping[str, Any]) -> Shape:
        """The shape that a member refers to, with the member's own traits laid over it."""
        shape = self.shape(reference["shape"])
        own = {k: v for k, v in reference.items() if k not in _PLAIN}
        return Shape(self, shape.name, {**shape.traits, **own}) if own else shape

    @cached_property
    def _shapes(self) -> dict[str, Shape]:
        return {}

    @cached_property
    def _raw(self) -> dict[str, Any]:
        with _open(self._file) as stream:
            return json.loads(stream.read())


@cache
def load(name: str) -> Model:
    """The model of a service, by botocore's name of it.

    Raises:
        UnknownService: the installed botocore has none.
    """
    return Model(name)


def _find(name: str) -> Path:
    spec = importlib.util.find_spec("botocore")
    for place in (spec.submodule_search_locations or []) if spec else []:
        versions = sorted(Path(place, "data", name).glob("*/service-2.json*"))
        if versions:
            return versions[-1]
    raise UnknownService(name)


def _open(path: Path) -> GzipFile | BufferedReader:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")
