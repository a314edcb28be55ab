"""Boosters on disk: the artefact ``xgboost-model``, as SageMaker's container reads and writes it.

Written as UBJSON under that name; read in any format of XGBoost's own and, for models of older
containers, as a pickle of a ``Booster`` and of nothing else.
"""

from __future__ import annotations

import io
import pickle
import tarfile
from pathlib import Path
from typing import Any

import xgboost

from studio_ext.algorithms.job import write_whole
from studio_ext.formats.errors import DataError

FILE = "xgboost-model"
PICKLED = {
    ("xgboost.core", "Booster"),
    ("builtins", "bytearray"),
    ("__builtin__", "bytearray"),
    ("collections", "defaultdict"),
    ("copyreg", "_reconstructor"),
    ("builtins", "object"),
}


def save(booster: Any, path: Path) -> None:
    """Write one booster, whole or not at all."""
    raw = booster.save_raw("ubj")
    write_whole(path, lambda part: _write(part, raw))


def _write(path: Path, raw: bytearray) -> None:
    path.write_bytes(raw)


def load(model_dir: str | Path) -> tuple[Any, ...]:
    """The boosters of a model directory: one, or several whose predictions are averaged.

    Raises:
        DataError: there is none, or one cannot be read.
    """
    folder = Path(model_dir)
    found = [folder / FILE] if (folder / FILE).is_file() else sorted(folder.glob(f"{FILE}-*"))
    if not found:
        names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        raise DataError(
            f"'{folder}' holds {', '.join(names) or 'nothing'}; expected a file named {FILE}"
        )
    return tuple(booster_of(path.read_bytes(), path.name) for path in found)


def booster_of(raw: bytes, source: str) -> Any:
    """The booster in ``raw``."""
    try:
        if raw[:1] == b"\x80":
            return _Unpickler(io.BytesIO(raw)).load()
        booster = xgboost.Booster()
        booster.load_model(bytearray(raw))
    except (xgboost.core.XGBoostError, pickle.UnpicklingError, ValueError, EOFError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(
            f"{source} cannot be read as an XGBoost model ({reason}); expected one saved by "
            f"XGBoost {xgboost.__version__} or older: booster.save_model('{FILE}')"
        ) from error
    return booster


class _Unpickler(pickle.Unpickler):
    """Reads a pickled Booster; refuses every other class, so that no code of the file's runs."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in PICKLED:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"it is a pickle that holds {module}.{name}")


def given_model(path: str | Path) -> Any:
    """The booster of a ``model`` channel: ``xgboost-model`` itself, or in a ``model.tar.gz``.

    Raises:
        DataError: the channel holds neither.
    """
    folder = Path(path)
    for file in sorted(folder.rglob("*")) if folder.is_dir() else [folder]:
        if file.name == FILE:
            return booster_of(file.read_bytes(), file.name)
        if file.is_file() and file.name.endswith((".tar.gz", ".tgz")):
            with tarfile.open(file) as archive:
                for member in archive:
                    if member.isfile() and Path(member.name).name == FILE:
                        handle = archive.extractfile(member)
                        if handle is not None:
                            return booster_of(handle.read(), f"{file.name}/{FILE}")
    raise DataError(
        f"channel 'model' has no model in '{folder}'; expected {FILE} or a model.tar.gz with it"
    )
