"""What the service model itself tells of a noun: verbs, ids, ARN, status, list, filters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from .. import awsmodel
from ..awsmodel import OperationModel, Shape

VERBS = ("create", "describe", "list", "update", "delete", "stop", "start")

# ARN types that neither the model's patterns nor the noun's name give away.
_TOKENS = {"ClusterExtension": "extension"}
_TOKEN = re.compile(r":([a-z0-9-]+)\\?/")
_TAG = re.compile(r"<[^>]*>")
_DEFAULT = re.compile(r"default\b[^.]*?\b([A-Z][A-Za-z_]+|\d+)\b|\((\d+) by default\)")


@dataclass(frozen=True)
class ListModel:
    """A List operation.

    Attributes:
        operation: its model.
        key: the output member that holds the summaries.
        summary: the shape of one of them.
        filters: inputs other than paging and sorting.
        sort_by: the values of SortBy, ``()`` when the caller has no choice.
        default_sort, default_descending, default_size: as the model's documentation says them,
            else the newest first, ten to a page where nothing is said.
    """

    operation: OperationModel
    key: str
    summary: Shape
    filters: tuple[str, ...]
    sort_by: tuple[str, ...]
    default_sort: str
    default_descending: bool
    default_size: int


@dataclass(frozen=True)
class Noun:
    """One noun of SageMaker's API.

    Attributes:
        name: as in ``Create<name>``.
        verbs: the operations of the regular verbs that the API has for it.
        ids: the fields that identify it, parents first.
        given: those of them that the client chooses; the server makes the others.
        title: the field that lists sort and filter by as the name, ``""`` when it has none.
        arn: the field with its ARN, ``""`` when the API shows none.
        token: the type in its ARN.
        status: the field with its status, ``""`` when it has none.
        statuses: the values that has.
        nested: the member of Describe's output that holds all fields, ``""`` when they are at
            the top.
        fields: the shape of those fields.
        list: its List operation.
        words: its name as people write it.
    """

    name: str
    verbs: dict[str, OperationModel]
    ids: tuple[str, ...]
    given: tuple[str, ...]
    title: str
    arn: str
    token: str
    status: str
    statuses: tuple[str, ...]
    nested: str
    fields: Shape
    list: ListModel | None
    words: str


@cache
def noun(name: str) -> Noun:
    """What the model says about a noun.

    Raises:
        KeyError: the API has no ``Create<name>`` and ``Describe<name>``.
    """
    operations = awsmodel.load("sagemaker").operations
    verbs = {}
    for verb in VERBS:
        operation = operations.get(
            f"List{plural(name)}" if verb == "list" else f"{verb.capitalize()}{name}"
        )
        if operation is not None:
            verbs[verb] = operation
    create, describe = verbs["create"], verbs["describe"]
    if describe.input is None or describe.output is None:
        raise KeyError(f"Describe{name}")
    ids = describe.input.required
    nested = _nested(describe.output, ids)
    fields = describe.outputs[nested] if nested else describe.output
    arn = _arn(name, create.outputs, fields)
    status = _status(name, fields)
    return Noun(
        name=name,
        verbs=verbs,
        ids=ids,
        given=tuple(one for one in ids if one in create.inputs),
        title=_title(name, ids, create.inputs),
        arn=arn,
        token=_token(name, fields.members.get(arn)),
        status=status,
        statuses=fields.members[status].enum if status else (),
        nested=nested,
        fields=fields,
        list=list_model(verbs["list"]) if "list" in verbs else None,
        words=words(name),
    )


def list_model(operation: OperationModel) -> ListModel:
    """What the model, with its documentation, says about a List operation."""
    members, outputs = operation.inputs, operation.outputs
    key = next(name for name, member in outputs.items() if member.type == "list")
    paging = {"MaxResults", "NextToken", "SortBy", "SortOrder"}
    sort_by = members["SortBy"].enum if "SortBy" in members else ()
    said = _documented(operation, "SortBy", sort_by)
    order = _documented(operation, "SortOrder", ("Ascending", "Descending", "ASCENDING"))
    size = _documented(operation, "MaxResults", None)
    by_time = next((s for s in sort_by if s.upper().startswith("CREAT")), "CreationTime")
    return ListModel(
        operation=operation,
        key=key,
        summary=outputs[key].item,
        filters=tuple(name for name in members if name not in paging),
        sort_by=sort_by,
        default_sort=said or by_time,
        default_descending=order.upper() != "ASCENDING",
        default_size=int(size) if size.isdigit() else 10,
    )


def plural(name: str) -> str:
    name = name.removesuffix("V2")  # one list serves both versions
    return f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"


def words(name: str) -> str:
    """A noun's name as people write it: ``endpoint configuration`` for ``EndpointConfig``."""
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    plain = plain.replace("Auto ML", "AutoML").replace("Mlflow", "MLflow")
    lowered = " ".join(w if w[1:] != w[1:].lower() else w.lower() for w in plain.split())
    return re.sub(r"\bconfig\b", "configuration", lowered)


def _documented(operation: OperationModel, member: str, values: tuple[str, ...] | None) -> str:
    """The default of an input, as its documentation tells it, or ``""``."""
    said = operation.documentation(member)
    for found in _DEFAULT.finditer(_TAG.sub("", said)):
        value = str(found[1] or found[2])
        if value.isdigit() if values is None else value in values:
            return value
    return ""


def _nested(output: Shape, ids: tuple[str, ...]) -> str:
    if ids[-1] in output.members:
        return ""
    for name, member in output.members.items():
        if member.type == "structure" and ids[-1] in member.members:
            return name
    return ""


def _title(name: str, ids: tuple[str, ...], inputs: Mapping[str, Shape]) -> str:
    named = (f"{name}Name", *reversed(ids), "Name")
    return next((field for field in named if field in inputs), "")


def _arn(name: str, created: Mapping[str, Shape], fields: Shape) -> str:
    for member in created:
        if member.endswith("Arn"):
            return member
    return f"{name}Arn" if f"{name}Arn" in fields.members else ""


def _token(name: str, arn: Shape | None) -> str:
    if name in _TOKENS:
        return _TOKENS[name]
    found = _TOKEN.search(arn.traits.get("pattern", "").split("[0-9]{12}")[-1]) if arn else None
    if found:
        return found[1]
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name).lower()


def _status(name: str, fields: Shape) -> str:
    wanted = f"{name.removesuffix('V2')}Status"
    enums = [n for n, m in fields.members.items() if m.enum and n.endswith("Status")]
    for candidate in (wanted, "Status"):
        if candidate in enums:
            return candidate
    return next((n for n in enums if wanted.endswith(n)), "")
