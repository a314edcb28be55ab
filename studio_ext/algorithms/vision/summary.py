"""A small table of what was read, as a notebook shows it."""

from __future__ import annotations

from collections.abc import Sequence

from studio_ext.algorithms.data import html_table


class Summary:
    """Rows of text under a head."""

    def __init__(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        self.head = head
        self.rows = rows

    def __repr__(self) -> str:
        lines = [self.head, *self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.head))]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        )

    def _repr_html_(self) -> str:
        return html_table(self.head, self.rows)
