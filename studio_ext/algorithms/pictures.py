"""The pictures of a training job's notebook: small PNGs, drawn without pyplot.

Drawn on matplotlib's Agg canvas directly, with a fixed layout: no global state, no backend to
choose, and each takes tens of milliseconds. Colours are Okabe and Ito's, which colour-blind people
can tell apart.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from studio_ext.algorithms.report import CLASSES, Report

BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#E69F00", "#009E73", "#CC79A7"
COLOURS = {"train": BLUE, "validation": ORANGE, "test": GREEN}
INK, QUIET, GRID = "#222222", "#666666", "#e6e6e6"
DPI = 96
SHOWN_FEATURES = 15
SHOWN_POINTS = 3000


class Picture:
    """A PNG that a notebook shows.

    Attributes:
        png: the bytes.
        caption: what it shows, in words; the text form of the picture.
    """

    def __init__(self, png: bytes, caption: str) -> None:
        self.png = png
        self.caption = caption

    def __repr__(self) -> str:
        return self.caption

    def _repr_png_(self) -> bytes:
        return self.png


def learning_curves(
    history: Mapping[str, Mapping[str, Sequence[float]]],
    *,
    first: int = 0,
    best: int | None = None,
    step: str = "round",
) -> Picture:
    """A panel for each of the first three metrics: its value after each step, a line a channel.

    Args:
        history: channel -> metric -> values.
        first: the number of the first step.
        best: the number of the step that was kept, marked when given.
        step: what a step is called.
    """
    names = list(dict.fromkeys(name for metrics in history.values() for name in metrics))[:3]
    figure, panels = new_figure(len(names) or 1)
    for panel, name in zip(panels, names, strict=False):
        for channel, metrics in history.items():
            if name in metrics:
                values = metrics[name]
                panel.plot(
                    np.arange(first, first + len(values)),
                    values,
                    color=COLOURS.get(channel, PURPLE),
                    label=channel,
                    linewidth=1.8,
                    marker="o" if len(values) == 1 else None,
                )
        if best is not None:
            panel.axvline(best, color=QUIET, linewidth=1, linestyle=":")
        dress(panel, name, step, "")
        if panel is panels[0]:
            legend(panel, list(history))
    last = {c: {m: s[-1] for m, s in ms.items() if len(s)} for c, ms in history.items()}
    ends = ", ".join(f"{c} {m} {v:.4g}" for c, ms in last.items() for m, v in ms.items())
    return finish(figure, f"Learning curves, at the end: {ends}")


def outcome(report: Report) -> Picture:
    """A confusion matrix of classes, or residuals of numbers."""
    return confusion_matrix(report) if report.task == CLASSES else residuals(report)


def confusion_matrix(report: Report) -> Picture:
    """Rows are true classes, columns predicted ones; shades are shares of the row."""
    classes = np.union1d(report.actual, report.predicted)
    at = np.searchsorted(classes, report.actual), np.searchsorted(classes, report.predicted)
    counts = np.zeros((len(classes), len(classes)), int)
    np.add.at(counts, at, 1)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    right = float(np.trace(counts)) / max(1, counts.sum())
    side = min(4.6, 2.4 + 0.22 * len(classes))
    figure, (panel,) = new_figure(1, width=side + 0.2, height=side)
    panel.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    every = -(-len(classes) // 12)
    ticks = [(i, f"{value:g}") for i, value in enumerate(classes)][::every]
    if len(classes) <= 12:
        for row, column in zip(*np.nonzero(counts), strict=True):
            colour = "white" if shares[row, column] > 0.5 else INK
            write(panel, column, row, str(counts[row, column]), colour, size=8)
    title = f"{right:.1%} right on {report.channel}"
    dress(panel, title, "predicted class", "true class", columns=ticks, rows=ticks, grid="")
    return finish(figure, f"Confusion matrix of {report.channel}: {right:.1%} right")


def residuals(report: Report) -> Picture:
    """Left: predicted against true values. Right: how the errors are spread."""
    actual, predicted = np.asarray(report.actual, float), np.asarray(report.predicted, float)
    error = predicted - actual
    figure, (left, right) = new_figure(2)
    at = np.linspace(0, len(actual) - 1, min(len(actual), SHOWN_POINTS)).astype(int)
    left.plot(actual[at], predicted[at], ".", color=BLUE, markersize=3, alpha=0.5)
    ends = [min(actual.min(), predicted.min()), max(actual.max(), predicted.max())]
    left.plot(ends, ends, color=QUIET, linewidth=1, linestyle=":")
    dress(left, f"Predictions on {report.channel}", "true value", "predicted value")
    counts, edges = np.histogram(error, 30)
    right.stairs(counts, edges, fill=True, color=BLUE, alpha=0.8)
    right.axvline(0, color=QUIET, linewidth=1, linestyle=":")
    dress(right, "Residuals (rows by error)", "predicted - true", "")
    spread = float(np.sqrt(np.mean(error**2)))
    return finish(figure, f"Residuals on {report.channel}: RMSE {spread:.4g}")


def importance(report: Report) -> Picture:
    """The most important features, the greatest on top."""
    top = list(report.importance.items())[:SHOWN_FEATURES]
    height = 0.95 + 0.22 * max(len(top), 3)
    figure, (panel,) = new_figure(1, width=6.0, height=height, left=1.5)
    panel.set_ylim(max(len(top), 3) - 0.5, -0.5)
    panel.set_xlim(0, 1.05 * max([value for _, value in top], default=1))
    bars = [((0, row - 0.35), value, 0.7) for row, (_, value) in enumerate(top)]
    draw_bars(panel, bars)
    names = [(i, name if len(name) <= 22 else f"{name[:21]}…") for i, (name, _) in enumerate(top)]
    rest = len(report.importance) - len(top)
    title = "Most important features" + (f" (and {rest} more)" if rest > 0 else "")
    dress(panel, title, report.importance_of, "", rows=names, grid="x")
    return finish(figure, "Most important features: " + ", ".join(name for name, _ in top[:5]))


# ---- drawing -----------------------------------------------------------------------------------
#
# Three quarters of the time of a small matplotlib picture goes into its tick objects, so the axes
# are off and a few lines and texts are put in their place.

Ticks = Sequence[tuple[float, str]]


def new_figure(
    panels: int, *, width: float | None = None, height: float = 3.0, left: float = 0.68
) -> tuple[Any, Any]:
    """A figure of ``panels`` axes side by side; all sizes in inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    width = width or (4.8 if panels == 1 else 3.7 * panels)
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    share = 1 / panels
    return figure, [
        figure.add_axes(
            (
                i * share + left / width,
                0.55 / height,
                share - (left + 0.12) / width,
                1 - 0.9 / height,
            )
        )
        for i in range(panels)
    ]


def dress(
    panel: Any,
    title: str,
    across: str,
    up: str,
    *,
    columns: Ticks | None = None,
    rows: Ticks | None = None,
    grid: str = "xy",
) -> None:
    """Title, labels, ticks and grid of a panel whose data is drawn; ``None``: ticks of its own."""
    from matplotlib.collections import LineCollection

    (x0, x1), (y0, y1) = panel.get_xlim(), panel.get_ylim()
    panel.set_axis_off()
    panel.set_xlim(x0, x1)  # what is drawn from here on must not change them
    panel.set_ylim(y0, y1)
    columns, rows = columns or _ticks(x0, x1), rows or _ticks(y0, y1)
    lines = [[(x, y0), (x, y1)] for x, _ in columns if "x" in grid]
    lines += [[(x0, y), (x1, y)] for y, _ in rows if "y" in grid]
    panel.add_collection(LineCollection(lines, colors=GRID, linewidths=0.8, zorder=0), False)
    panel.plot((x0, x0, x1), (y1, y0, y0), color=QUIET, linewidth=0.8, clip_on=False, zorder=3)
    size = panel.get_figure().get_size_inches() * panel.get_position().size
    inch_x, inch_y = (x1 - x0) / size[0], (y1 - y0) / size[1]
    for x, label in columns:
        write(panel, x, y0 - 0.06 * inch_y, label, QUIET, size=8, v="top")
    for y, label in rows:
        write(panel, x0 - 0.06 * inch_x, y, label, QUIET, size=8, h="right")
    write(panel, x0, y1 + 0.1 * inch_y, title, INK, size=10, h="left", v="bottom")
    write(panel, (x0 + x1) / 2, y0 - 0.27 * inch_y, across, QUIET, v="top")
    if up:
        write(panel, x0 - 0.5 * inch_x, (y0 + y1) / 2, up, QUIET, turn=90)


def legend(panel: Any, channels: Sequence[str]) -> None:
    """The channels in their colours, above the panel to the right, where no line is."""
    width, height = panel.get_figure().get_size_inches() * panel.get_position().size
    at = 1.0
    for channel in reversed(channels):
        panel.text(
            at,
            1 + 0.1 / height,
            channel,
            transform=panel.transAxes,
            color=COLOURS.get(channel, PURPLE),
            fontsize=9,
            fontweight="bold",
            ha="right",
        )
        at -= (0.09 * len(channel) + 0.15) / width


def _ticks(low: float, high: float) -> Ticks:
    """About five round numbers between two numbers."""
    from matplotlib.ticker import MaxNLocator

    values = MaxNLocator(5).tick_values(min(low, high), max(low, high))
    return [(v, f"{v:.6g}") for v in values if min(low, high) <= v <= max(low, high)]


def write(
    panel: Any,
    x: float,
    y: float,
    words: str,
    colour: str,
    *,
    size: float = 9,
    h: str = "center",
    v: str = "center",
    turn: float = 0,
) -> None:
    panel.text(x, y, words, color=colour, fontsize=size, ha=h, va=v, rotation=turn)


def draw_bars(panel: Any, bars: Sequence[tuple[tuple[float, float], float, float]]) -> None:
    from matplotlib.collections import PolyCollection

    corners = [
        [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
        for (x, y), width, height in bars
    ]
    panel.add_collection(PolyCollection(corners, facecolors=BLUE), False)


def finish(figure: Any, caption: str) -> Picture:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, pil_kwargs={"compress_level": 6})
    return Picture(buffer.getvalue(), caption)
