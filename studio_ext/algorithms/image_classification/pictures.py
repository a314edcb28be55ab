"""Pictures of an image classifier: what it confuses, and examples with their predictions."""

from __future__ import annotations

from typing import Any

import numpy as np

from studio_ext.algorithms.image_classification.data import Data
from studio_ext.algorithms.image_classification.training import Fit
from studio_ext.algorithms.pictures import (
    Picture,
    confusion_matrix,
    draw_bars,
    dress,
    finish,
    new_figure,
)
from studio_ext.algorithms.report import Report
from studio_ext.algorithms.vision.pictures import Example, grid

SHOWN = 18
CLASSES = 15


def outcome(report: Report) -> Picture:
    """A confusion matrix; with several labels, each class's F1."""
    return confusion_matrix(report) if report.actual.ndim == 1 else f1_bars(report)


def f1_bars(report: Report) -> Picture:
    """F1 by class, the lowest on top: where the model has most to learn."""
    hits = (report.actual & report.predicted).sum(0)
    scores = 2 * hits / np.maximum(report.actual.sum(0) + report.predicted.sum(0), 1)
    order = np.argsort(scores, kind="stable")[:CLASSES]
    figure, (panel,) = new_figure(1, height=0.95 + 0.22 * max(len(order), 3), left=1.0)
    panel.set_ylim(max(len(order), 3) - 0.5, -0.5)
    panel.set_xlim(0, 1.05)
    draw_bars(panel, [((0, row - 0.35), scores[one], 0.7) for row, one in enumerate(order)])
    names = [(row, f"class {one}") for row, one in enumerate(order)]
    dress(panel, f"F1 by class on {report.channel}", "F1", "", rows=names, grid="x")
    return finish(figure, f"F1 by class on {report.channel}: {scores.mean():.3f} on average")


def examples(fit: Fit, data: Data, report: Report) -> Picture:
    """Validation images with what was predicted; up to half of them are wrong ones."""
    images = data.images["validation"]
    right = report.actual == report.predicted
    right = right if right.ndim == 1 else right.all(1)
    wrong = np.flatnonzero(~right)[: SHOWN // 2]
    rows = [*wrong, *np.flatnonzero(right)[: SHOWN - len(wrong)]]
    shown = [
        Example(_plain(images[int(row)]), _title(fit, report, int(row)), bool(right[row]))
        for row in rows
    ]
    return grid(
        shown,
        f"{len(shown)} validation images with predictions, {len(wrong)} of them wrong; of all "
        f"{len(right):,} images {right.mean():.1%} are right",
    )


def _plain(image: Any) -> Any:
    return image[..., 0] if image.shape[2] == 1 else image


def _title(fit: Fit, report: Report, row: int) -> str:
    actual, predicted = report.actual[row], report.predicted[row]
    if report.actual.ndim == 1:
        sure = fit.probabilities[row].max()
        return f"{predicted} ({sure:.0%})" + ("" if actual == predicted else f", is {actual}")
    found, there = (" ".join(map(str, np.flatnonzero(one))) for one in (predicted, actual))
    return f"{found or '-'}" + ("" if found == there else f", is {there or '-'}")
