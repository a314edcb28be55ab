"""The tables of a training job: train, and validation and test where given."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from studio_ext.algorithms.algorithm import Algorithm
from studio_ext.algorithms.job import log
from studio_ext.formats.channel import ContentType, read_channel
from studio_ext.formats.errors import DataError
from studio_ext.formats.table import Table

TABULAR = ("text/csv", "text/libsvm", "application/x-parquet", "application/x-recordio-protobuf")


@dataclass(frozen=True, slots=True)
class Data:
    """Tables by channel; ``train`` is always there and all have its columns."""

    tables: Mapping[str, Table]

    @property
    def train(self) -> Table:
        return self.tables["train"]

    @property
    def validation(self) -> Table | None:
        return self.tables.get("validation")

    def held_out(self) -> tuple[str, Table]:
        """The table to judge a model by, with its channel: test, validation, else train."""
        for name in ("test", "validation"):
            if name in self.tables:
                return name, self.tables[name]
        return "train", self.train

    def summary(self) -> Summary:
        return Summary(self)


class Summary:
    """A small table of what was read, as a notebook shows it."""

    HEAD: tuple[str, ...] = ("channel", "rows", "features", "missing", "label")

    def __init__(self, data: Data) -> None:
        self.rows: list[tuple[str, ...]] = [
            (
                name,
                f"{table.rows:,}",
                f"{table.columns:,}",
                _missing(table),
                _label(table.labels),
            )
            for name, table in data.tables.items()
        ]

    def __repr__(self) -> str:
        lines = [self.HEAD, *self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.HEAD))]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        )

    def _repr_html_(self) -> str:
        return html_table(self.HEAD, self.rows)


def html_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A plain table: the first column to the left, the others to the right."""
    from html import escape

    def line(tag: str, cells: Sequence[str]) -> str:
        aligned = (
            f'<{tag} style="text-align:{"right" if i else "left"}">{escape(cell)}</{tag}>'
            for i, cell in enumerate(cells)
        )
        return f"<tr>{''.join(aligned)}</tr>"

    body = "".join(line("td", row) for row in rows)
    return f"<table><thead>{line('th', head)}</thead><tbody>{body}</tbody></table>"


def read_data(
    algorithm: Algorithm,
    channels: Mapping[str, Mapping[str, Any]],
    *,
    weights: bool = False,
    labelled: Collection[str] | None = None,
) -> Data:
    """Read the channels of a training job.

    Args:
        algorithm: says which channels and content types there may be.
        channels: by name, each with ``path`` and ``content_type``.
        weights: whether the second CSV column is the row's weight.
        labelled: the channels that must have labels, all when None. In others a row begins with a
            label only where the content type says so, and it is left out.

    Raises:
        DataError: a channel is missing, unknown, empty, of another width than ``train``, or not
            what its content type says.
    """
    known = {channel.name: channel for channel in algorithm.channels}
    for name in channels:
        if name not in known:
            raise DataError(
                f"channel '{name}' is not known to {algorithm.name}; expected "
                f"{', '.join(sorted(known))}"
            )
    tables = {}
    for name, channel in known.items():
        if name not in channels:
            if channel.required:
                raise DataError(f"channel '{name}' is missing; {algorithm.name} needs it")
            continue
        types = tuple(dict.fromkeys(ContentType.parse(one).name for one in channel.content_types))
        if not set(types) <= set(TABULAR):
            continue
        given = channels[name]
        needs_labels = labelled is None or name in labelled
        table = read_channel(
            name,
            given["path"],
            given.get("content_type"),
            default=types[0],
            accepts=types,
            label_size=int(needs_labels),
            weights=weights,
        )
        for notice in table.notices:
            log(f"notice: {notice}")
        if needs_labels and table.labels is None:
            raise DataError(f"channel '{name}' has no labels; expected the label first in each row")
        if not needs_labels and table.labels is not None:
            log(f"notice: channel '{name}': labels are not used")
            table = replace(table, labels=None)
        log(f"channel '{name}': {table.rows:,} rows of {table.columns:,} features")
        tables[name] = table
    return Data(_same_width(tables))


def _same_width(tables: dict[str, Table]) -> dict[str, Table]:
    """Sparse tables widened to the widest; dense ones must agree."""
    width = max(table.columns for table in tables.values())
    for name, table in tables.items():
        if table.columns == width:
            continue
        if not table.sparse:
            widest = next(other for other, one in tables.items() if one.columns == width)
            raise DataError(
                f"channel '{name}' has {table.columns} features; expected {width}, as channel "
                f"'{widest}' has"
            )
        table.features.resize((table.rows, width))
    return tables


def _missing(table: Table) -> str:
    cells = table.rows * table.columns
    absent = cells - table.features.nnz if table.sparse else int(np.isnan(table.features).sum())
    share = 100 * absent / cells if cells else 0.0
    return "none" if not absent else f"{share:.1f} %"


def _label(labels: Any) -> str:
    if labels is None:
        return "none"
    distinct = np.unique(labels)
    if len(distinct) <= 20 and np.equal(np.mod(distinct, 1), 0).all():
        return f"{len(distinct)} classes" if len(distinct) != 1 else f"always {distinct[0]:g}"
    return f"{distinct[0]:.4g} to {distinct[-1]:.4g}"
