"""A channel, as a training job gets it: a folder of files of one content type, read as one table.

Contract (SageMaker): every file of the channel is read, in name order; the content type may carry
parameters (``text/csv;label_size=0``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from studio_ext.formats import csv, libsvm, parquet, recordio
from studio_ext.formats.errors import DataError, UnsupportedContentType
from studio_ext.formats.files import data_files, open_plain
from studio_ext.formats.table import Table, check_finite, concatenate

CSV, LIBSVM, PARQUET, RECORDIO = (
    "text/csv",
    "text/libsvm",
    "application/x-parquet",
    "application/x-recordio-protobuf",
)
BINARY = (PARQUET, RECORDIO)  # their readers do not look at the numbers
SHORT = {
    "csv": CSV,
    "libsvm": LIBSVM,
    "text/x-libsvm": LIBSVM,
    "parquet": PARQUET,
    "recordio-protobuf": RECORDIO,
}
SUFFIXES = {
    ".csv": CSV,
    ".libsvm": LIBSVM,
    ".svm": LIBSVM,
    ".parquet": PARQUET,
    ".pbr": RECORDIO,
    ".recordio": RECORDIO,
}


@dataclass(frozen=True, slots=True)
class ContentType:
    """A media type and its parameters, both in lower case."""

    name: str
    parameters: Mapping[str, str]

    @classmethod
    def parse(cls, text: str) -> ContentType:
        """Of ``text/csv; label_size=1``; the short and older names become the usual ones."""
        name, *rest = (part.strip() for part in text.lower().split(";"))
        parameters = {
            key.strip(): value.strip().strip('"')
            for key, _, value in (part.partition("=") for part in rest if part)
        }
        return cls(SHORT.get(name, name), parameters)

    def integer(self, name: str, default: int) -> int:
        text = self.parameters.get(name, str(default))
        if not text.isdecimal():
            raise DataError(f"content type parameter {name}={text}; expected a whole number")
        return int(text)


def read_channel(
    name: str,
    path: str | Path,
    content_type: str | None,
    *,
    default: str = CSV,
    accepts: tuple[str, ...] = (CSV, LIBSVM, PARQUET, RECORDIO),
    label_size: int = 1,
    weights: bool = False,
) -> Table:
    """All files of a channel as one table.

    Args:
        name: the channel's name, for messages.
        path: the channel's folder, or one file.
        content_type: as the job's ``InputDataConfig`` gives it. None or empty: told from the first
            file's suffix, else ``default``.
        label_size: labels per row where the content type does not say.
        weights: whether the CSV column after the label holds the row's weight.

    Raises:
        UnsupportedContentType: the content type is not among ``accepts``.
        DataError: the channel is empty, or a file is not what its content type says.
    """
    files = data_files(Path(path), name)
    kind = ContentType.parse(content_type or SUFFIXES.get(_suffix(files[0]), default))
    if kind.name not in accepts:
        raise UnsupportedContentType(
            f"channel '{name}' has content type '{content_type}'; expected one of "
            f"{', '.join(accepts)}"
        )
    label_size = kind.integer("label_size", label_size)
    tables, sources = [], []
    for file in files:
        source = file.name
        with open_plain(file) as handle:
            table: Table | None
            if kind.name == CSV:
                table = csv.read(handle, source, label_size=label_size, weights=weights)
            elif kind.name == LIBSVM:
                table = libsvm.read(handle, source, label_size=label_size)
            elif kind.name == PARQUET:
                table = parquet.read(handle, source, label_size=label_size)
            else:
                table = recordio.read(handle.read(), source)
        if table is not None:
            tables.append(check_finite(table, source) if kind.name in BINARY else table)
            sources.append(source)
    if not tables:
        raise DataError(
            f"channel '{name}' has no rows: every file in '{path}' is blank; expected {kind.name} "
            f"data"
        )
    return concatenate(tables, sources)


def _suffix(file: Path) -> str:
    return Path(file.name.lower().removesuffix(".gz")).suffix
