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
    """A panel for each metric: its value after each step, a line for each channel.

    Args:
        history: channel -> metric -> values.
        first: the number of the first step.
        best: the number of the step that was kept, marked when given.
        step: what a step is called.
    """
    names = list(dict.fromkeys(name for metrics in history.values() for name in metrics))[:3]
    figure, panels = _figure(len(names) or 1)
    for panel, name in zip(panels, names, strict=False):
        for channel, metrics in history.items():
            if name in metrics:
                values = metrics[name]
                steps = np.arange(first, first + len(values))
                panel.plot(
                    steps,
                    values,
                    color=COLOURS.get(channel, PURPLE),
                    label=channel,
                    linewidth=1.8,
                    marker="o" if len(values) == 1 else None,
                )
        if best is not None:
            panel.axvline(best, color=QUIET, linewidth=1, linestyle=":")
        _titles(panel, name, step, "")
    if any(name in metrics for metrics in history.values() for name in names):
        panels[0].legend(frameon=False, fontsize=9, labelcolor=INK)
    last = {c: {m: s[-1] for m, s in ms.items() if len(s)} for c, ms in history.items()}
    ends = ", ".join(f"{c} {m} {v:.4g}" for c, ms in last.items() for m, v in ms.items())
    return _picture(figure, f"Learning curves, at the end: {ends}")


def outcome(report: Report) -> Picture:
    """A confusion matrix of classes, or residuals of numbers."""
    return confusion_matrix(report) if report.task == CLASSES else residuals(report)


def confusion_matrix(report: Report) -> Picture:
    """Rows are true classes, columns predicted ones; shades are shares of the row."""
    classes = np.union1d(report.actual, report.predicted)
    counts = np.zeros((len(classes), len(classes)), int)
    np.add.at(
        counts,
        (np.searchsorted(classes, report.actual), np.searchsorted(classes, report.predicted)),
        1,
    )
    right = float(np.trace(counts)) / max(1, counts.sum())
    figure, (panel,) = _figure(1, width=4.6, height=4.4, left=0.13)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    panel.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="equal", interpolation="nearest")
    panel.grid(False)
    if len(classes) <= 12:
        ticks = [f"{value:g}" for value in classes]
        panel.set_xticks(range(len(classes)), ticks)
        panel.set_yticks(range(len(classes)), ticks)
        for row, column in zip(*np.nonzero(counts), strict=True):
            panel.text(
                column,
                row,
                str(counts[row, column]),
                ha="center",
                va="center",
                fontsize=8,
                color="white" if shares[row, column] > 0.5 else INK,
            )
    _titles(panel, f"{right:.1%} right on {report.channel}", "predicted class", "true class")
    return _picture(figure, f"Confusion matrix of {report.channel}: {right:.1%} right")


def residuals(report: Report) -> Picture:
    """Left: predicted against true values. Right: how the errors are spread."""
    actual, predicted = np.asarray(report.actual, float), np.asarray(report.predicted, float)
    error = predicted - actual
    figure, (left, right) = _figure(2)
    at = np.linspace(0, len(actual) - 1, min(len(actual), SHOWN_POINTS)).astype(int)
    left.plot(actual[at], predicted[at], ".", color=BLUE, markersize=3, alpha=0.5)
    ends = [min(actual.min(), predicted.min()), max(actual.max(), predicted.max())]
    left.plot(ends, ends, color=QUIET, linewidth=1, linestyle=":")
    _titles(left, f"Predictions on {report.channel}", "true value", "predicted value")
    counts, edges = np.histogram(error, 30)
    right.stairs(counts, edges, fill=True, color=BLUE, alpha=0.8)
    right.axvline(0, color=QUIET, linewidth=1, linestyle=":")
    _titles(right, "Residuals", "predicted - true", "rows")
    spread = float(np.sqrt(np.mean(error**2)))
    return _picture(figure, f"Residuals on {report.channel}: RMSE {spread:.4g}")


def importance(report: Report) -> Picture:
    """The most important features, the greatest on top."""
    top = list(report.importance.items())[:SHOWN_FEATURES]
    figure, (panel,) = _figure(1, width=6.4, height=0.9 + 0.24 * max(len(top), 3), left=0.25)
    names = [name if len(name) <= 22 else f"{name[:21]}…" for name, _ in top]
    panel.barh(range(len(top)), [value for _, value in top], color=BLUE, height=0.7)
    panel.set_yticks(range(len(top)), names)
    panel.invert_yaxis()
    panel.grid(False, axis="y")
    rest = len(report.importance) - len(top)
    _titles(
        panel,
        "Most important features" + (f" (and {rest} more)" if rest > 0 else ""),
        report.importance_of,
        "",
    )
    return _picture(figure, "Most important features: " + ", ".join(name for name, _ in top[:5]))


def _figure(
    panels: int, *, width: float | None = None, height: float = 3.0, left: float | None = None
) -> tuple[Any, Any]:
    """A figure of ``panels`` axes side by side, in inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    width = width or (4.8 if panels == 1 else 3.7 * panels)
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    figure.subplots_adjust(
        left=left or 0.62 / width,
        right=1 - 0.12 / width,
        bottom=0.52 / height,
        top=1 - 0.36 / height,
        wspace=0.28,
    )
    axes = figure.subplots(1, panels, squeeze=False)[0]
    for panel in axes:
        panel.spines[["top", "right"]].set_visible(False)
        panel.spines[["left", "bottom"]].set_color(QUIET)
        panel.tick_params(colors=QUIET, labelsize=8, length=3)
        panel.grid(True, color=GRID, linewidth=0.8)
        panel.set_axisbelow(True)
    return figure, axes


def _titles(panel: Any, title: str, across: str, up: str) -> None:
    panel.set_title(title, loc="left", fontsize=10, color=INK)
    panel.set_xlabel(across, fontsize=9, color=QUIET)
    panel.set_ylabel(up, fontsize=9, color=QUIET)


def _picture(figure: Any, caption: str) -> Picture:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, pil_kwargs={"compress_level": 6})
    return Picture(buffer.getvalue(), caption)
