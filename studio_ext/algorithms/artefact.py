"""The artefact ``model_algo-1`` of a network: a zip of MXNet arrays and a description in JSON.

Nothing in it is code, so that a model of unknown origin can be loaded without running it.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studio_ext.algorithms.job import write_whole
from studio_ext.formats import mxnet
from studio_ext.formats.errors import DataError

FILE = "model_algo-1"
PARAMS, FACTS = "mx-mod-0000.params", "additional-params.json"


def save(model_dir: Path, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    """Write the artefact, whole or not at all.

    Args:
        arrays: NumPy arrays by name, of one dimension or more.
        facts: what else the model is, as JSON can hold it.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(PARAMS, mxnet.dump({f"arg:{name}": a for name, a in arrays.items()}))
        archive.writestr(FACTS, json.dumps(facts))

    def write(part: Path) -> None:
        part.write_bytes(packed.getvalue())

    write_whole(model_dir / FILE, write)


def load(model_dir: str | Path, algorithm: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The arrays and facts of an artefact of ``algorithm``, which the facts must name.

    Raises:
        DataError: there is none, or it is of another maker.
    """
    path = Path(model_dir) / FILE
    if not path.is_file():
        raise DataError(f"'{model_dir}' has no {FILE}; expected the artefact of {algorithm}")
    try:
        with zipfile.ZipFile(path) as archive:
            arrays = mxnet.load(archive.read(PARAMS))
            facts = json.loads(archive.read(FACTS))
        if facts["algorithm"] != algorithm:
            raise ValueError(f"it is a model of {facts['algorithm']}")
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{path.name} cannot be read as a {algorithm} model ({error}); expected a zip of "
            f"{PARAMS} and {FACTS}"
        ) from error
    return {name.removeprefix("arg:"): array for name, array in arrays.items()}, facts
