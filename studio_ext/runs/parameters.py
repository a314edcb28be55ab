"""Texts from HyperParameters as the values that a notebook's parameters cell asks for."""

from __future__ import annotations

import ast
import difflib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import StudioError


class ParameterError(StudioError):
    """A parameter that the notebook does not have, or whose value does not fit."""


def typed(notebook: Path, given: Mapping[str, str]) -> dict[str, Any]:
    """Values for the notebook's parameters, of the types of its own defaults.

    Raises:
        ParameterError: names the parameter, its value and what was expected.
        NotebookError: the file is no notebook.
    """
    from ..kernels.execute import load

    known = declared(load(notebook))
    if known is None:
        return {name: _guess(text) for name, text in given.items()}
    if not known:
        raise ParameterError(
            f"the notebook {notebook.name} has no cell tagged 'parameters', so it cannot take "
            f"{', '.join(sorted(given))}; tag the cell that sets their defaults"
        )
    return {name: _value(name, text, known) for name, text in given.items()}


def declared(nb: Any) -> Mapping[str, Mapping[str, Any]] | None:
    """The parameters of a notebook, an nbformat node, as papermill reads them from its tagged cell.

    Each has ``name``, ``inferred_type_name``, ``default`` and ``help``, all texts. None when
    papermill cannot read the notebook's language, such as R.
    """
    from ..kernels import papermill

    index = papermill.find_first_tagged_cell_index(nb, "parameters")
    if index < 0:
        return {}
    spec = nb.metadata.get("kernelspec", {})
    # A notebook whose kernel was never chosen names it with an empty text.
    language = spec.get("language") or nb.metadata.get("language_info", {}).get("name") or "python"
    translator = papermill.papermill_translators.find_translator(
        spec.get("name") or "python3", language
    )
    try:
        found = translator.inspect(nb.cells[index])
    except NotImplementedError:
        return None
    return {parameter.name: parameter._asdict() for parameter in found}


def _value(name: str, text: str, known: Mapping[str, Any]) -> Any:
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(sorted(known))}"
        raise ParameterError(f"the notebook has no parameter {name!r}; {hint}")
    wanted = _type(known[name])
    if wanted is str:
        return _text(text)
    value = _guess(text)
    if wanted is bool and isinstance(value, str) and value.lower() in ("true", "false"):
        value = value.lower() == "true"
    truth_for_number = wanted is not bool and isinstance(value, bool)
    if wanted is None or (isinstance(value, wanted) and not truth_for_number):
        return value
    if wanted is float and isinstance(value, int) and not truth_for_number:
        return float(value)
    raise ParameterError(
        f"parameter {name!r} is {text!r}; expected {_NAMES.get(wanted, wanted.__name__)}, like its "
        f"default {known[name]['default']}"
    )


_NAMES = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "an object",
}
_TYPES: Mapping[str, type] = {
    "int": int,
    "float": float,
    "bool": bool,
    "str": str,
    "list": list,
    "dict": dict,
}


def _type(parameter: Mapping[str, Any]) -> type | None:
    """The annotated type, else that of the default; None when neither tells."""
    named = str(parameter["inferred_type_name"]).split("[")[0].strip().lower()
    if named in _TYPES:
        return _TYPES[named]
    default = _literal(str(parameter["default"]))
    return (
        type(default)
        if type(default) in _TYPES.values() and default != parameter["default"]
        else None
    )


def _guess(text: str) -> Any:
    """The value that a text reads as in JSON or Python, else the text."""
    try:
        return json.loads(text, parse_constant=float)
    except ValueError:
        return _literal(text)


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def _text(text: str) -> str:
    """The SDK sends strings in JSON's quotes, people and other clients as they are."""
    if len(text) > 1 and text[0] == text[-1] == '"':
        try:
            value = json.loads(text)
        except ValueError:
            return text
        if isinstance(value, str):
            return value
    return text
