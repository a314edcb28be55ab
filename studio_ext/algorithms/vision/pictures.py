"""Pictures of pictures: a grid of examples with what was found in them."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from studio_ext.algorithms.pictures import (
    BLUE,
    INK,
    Picture,
    draw_bars,
    dress,
    finish,
    new_figure,
    write,
)
from studio_ext.algorithms.report import Report

COLUMNS, CLASSES = 6, 15
SIDE = 1.2  # inches of an example
PALETTE = 128  # colours
RIGHT, WRONG = BLUE, "#D55E00"  # Okabe and Ito's vermilion, which reads better as text


@dataclass(frozen=True, slots=True)
class Example:
    """One image of a grid.

    Attributes:
        image: uint8 of shape (height, width, 3) or (height, width).
        title: above it.
        right: whether what the title says is right; None when that is no question.
        draw: draws more on its panel, such as boxes.
    """

    image: Any
    title: str
    right: bool | None = None
    draw: Callable[[Any], None] | None = None


def class_bars(report: Report, title: str, caption: str) -> Picture:
    """How good each class is, between 0 and 1: of ``report.importance``, the lowest on top."""
    top = list(report.importance.items())[:CLASSES]
    figure, (panel,) = new_figure(1, height=0.95 + 0.22 * max(len(top), 3), left=1.0)
    panel.set_ylim(max(len(top), 3) - 0.5, -0.5)
    panel.set_xlim(0, 1.05)
    draw_bars(panel, [((0, row - 0.35), value, 0.7) for row, (_, value) in enumerate(top)])
    names = [(row, name) for row, (name, _) in enumerate(top)]
    dress(panel, title, report.importance_of, "", rows=names, grid="x")
    return finish(figure, caption)


def grid(
    examples: Sequence[Example], caption: str, *, columns: int = COLUMNS, side: float = SIDE
) -> Picture:
    """The examples in rows; a title in orange, and with a cross, is a wrong one."""
    rows = -(-len(examples) // columns)
    width, height = columns * side + 0.1, rows * (side + 0.2) + 0.1
    drawn, _ = new_figure(1, width=width, height=height)
    drawn.clear()
    for number, example in enumerate(examples):
        row, column = divmod(number, columns)
        bottom = height - 0.25 - side - row * (side + 0.2)
        panel = drawn.add_axes(
            ((0.1 + column * side) / width, bottom / height, 0.92 * side / width, side / height)
        )
        image = example.image
        shrink = max(1, max(image.shape[:2]) // 160)
        extent = (0, image.shape[1], image.shape[0], 0)
        panel.imshow(image[::shrink, ::shrink], cmap="gray", vmin=0, vmax=255, extent=extent)
        panel.set_axis_off()
        mark = {None: "", True: "", False: "× "}[example.right]
        colour = INK if example.right is None else (RIGHT if example.right else WRONG)
        at = image.shape[1] / 2, -0.03 * image.shape[0]
        write(panel, *at, mark + example.title, colour, size=8, v="bottom")
        if example.draw is not None:
            example.draw(panel)
    return Picture(_smaller(finish(drawn, caption).png), caption)


def _smaller(png: bytes) -> bytes:
    """Of photographs a PNG is a quarter of the size with a palette, and looks the same."""
    from PIL import Image

    buffer = io.BytesIO()
    image = Image.open(io.BytesIO(png)).convert("RGB")
    image.quantize(PALETTE, Image.Quantize.FASTOCTREE).save(buffer, "PNG")
    return buffer.getvalue()
