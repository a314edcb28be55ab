"""Pictures of a detector: how well each class is found, and boxes drawn on examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from studio_ext.algorithms.object_detection.data import Data
from studio_ext.algorithms.object_detection.training import Fit
from studio_ext.algorithms.pictures import BLUE, Picture, write
from studio_ext.algorithms.report import Report
from studio_ext.algorithms.vision.pictures import Example, class_bars, grid

SHOWN = 12
SURE = 0.4  # score from which a box is drawn
ACTUAL = "white"


def outcome(report: Report) -> Picture:
    """The average precision of each class, the lowest on top."""
    title = f"Average precision on {report.channel}"
    mean = report.metrics[report.channel]["mAP"]
    return class_bars(report, title, f"{title}: {mean:.3f} on average")


def examples(fit: Fit, data: Data, report: Report) -> Picture:
    """Validation images with the boxes found (blue, with class and score) and there (dotted)."""
    images = data.images["validation"]
    shown = [
        Example(
            images[row],
            f"{int((fit.found[row][:, 1] >= SURE).sum())} found, {len(report.actual[row])} there",
            draw=_drawer(fit.found[row], report.actual[row], images[row].shape[0]),
        )
        for row in range(min(SHOWN, len(images)))
    ]
    return grid(
        shown,
        f"{len(shown)} validation images with boxes: found with a score of {SURE} or more in blue, "
        f"those that are there dotted",
        columns=4,
        side=1.7,
    )


def _drawer(found: Any, actual: Any, side: int) -> Callable[[Any], None]:
    def draw(panel: Any) -> None:
        from matplotlib.patches import Rectangle

        for _, *box in actual * side:
            panel.add_patch(Rectangle(*_place(box), fill=False, color=ACTUAL, ls=":", lw=1.2))
        for label, score, *box in found:
            if score >= SURE:
                place = _place([value * side for value in box])
                panel.add_patch(Rectangle(*place, fill=False, color=BLUE, lw=1.4))
                write(panel, *place[0], f"{label:.0f} {score:.0%}", BLUE, size=7, h="left", v="top")
                panel.texts[-1].set_clip_on(True)

    return draw


def _place(box: Any) -> tuple[tuple[float, float], float, float]:
    return (box[0], box[1]), box[2] - box[0], box[3] - box[1]
