"""What a BlazingText job's notebook draws: a map of words, or which labels are confused."""

from __future__ import annotations

import numpy as np

from studio_ext.algorithms.blazingtext.evaluation import COMMON, TextReport
from studio_ext.algorithms.blazingtext.model import WordVectors
from studio_ext.algorithms.pictures import (
    BLUE,
    INK,
    Picture,
    dress,
    finish,
    new_figure,
    write,
)

SHOWN, NAMED = 60, 25


def outcome(report: TextReport) -> Picture:
    """A map of word vectors; a confusion matrix of a classifier."""
    if isinstance(report.model, WordVectors):
        return word_map(report.model)
    return confusion(report)


def word_map(model: WordVectors) -> Picture:
    """Frequent words in the two directions in which their vectors differ most."""
    count = len(model.words)
    first = COMMON if count > 4 * COMMON else 0
    shown = model.words[first : first + SHOWN]
    rows = model.vectors[first : first + SHOWN].astype(np.float64)
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    centred = rows - rows.mean(0)
    sizes, axes = np.linalg.svd(centred, full_matrices=False)[1:]
    flat = np.zeros((len(shown), 2))
    flat[:, : min(2, len(axes))] = centred @ axes[:2].T
    share = float((sizes[:2] ** 2).sum() / max((sizes**2).sum(), 1e-12))
    figure, (panel,) = new_figure(1, width=7.4, height=5.0)
    panel.plot(flat[:, 0], flat[:, 1], ".", color=BLUE, markersize=4)
    dress(panel, f"{len(shown)} frequent words", f"two directions, {share:.0%} of the spread", "")
    for word, (x, y) in zip(shown, flat, strict=True):
        panel.text(x, y, f" {word[:16]}", color=INK, fontsize=7, va="center", clip_on=False)
    return finish(figure, f"Map of {len(shown)} frequent words: {', '.join(shown[:8])}, …")


def confusion(report: TextReport) -> Picture:
    """Rows are true labels, columns predicted ones; the most frequent labels, shares of the row."""
    labels, counts = np.unique(report.actual, return_counts=True)
    top = sorted(labels[np.argsort(-counts, kind="stable")][:NAMED].tolist())
    place = {code: at for at, code in enumerate(top)}
    grid = np.zeros((len(top), len(top)))
    for true, said in zip(report.actual.tolist(), report.predicted.tolist(), strict=True):
        if true in place and said in place:
            grid[place[true], place[said]] += 1
    shares = grid / np.maximum(grid.sum(1, keepdims=True), 1)
    right = float((report.actual == report.predicted).mean())
    side = min(6.0, 2.6 + 0.24 * len(top))
    figure, (panel,) = new_figure(1, width=side + 1.0, height=side, left=1.4)
    panel.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    if len(top) <= 10:
        for row, column in zip(*np.nonzero(grid), strict=True):
            colour = "white" if shares[row, column] > 0.5 else INK
            write(panel, column, row, f"{grid[row, column]:.0f}", colour, size=8)
    names = [(at, report.names[code][:18]) for at, code in enumerate(top)]
    across = [(at, name[:5]) for at, name in names] if len(top) <= 12 else [(-1, "")]
    title = f"{right:.1%} right on {report.channel}"
    dress(panel, title, "predicted label", "", columns=across, rows=names, grid="")
    return finish(figure, f"Confusion of labels on {report.channel}: {right:.1%} right")
