from __future__ import annotations

import numpy as np
import pytest
import torch

from studio_ext.algorithms.object_detection.boxes import (
    ANCHORS,
    anchors,
    corners,
    decode,
    match,
    overlaps,
    suppress,
)
from studio_ext.algorithms.object_detection.evaluation import (
    average_precisions,
    mean_average_precision,
)
from studio_ext.algorithms.object_detection.task import varied


def test_matched_offsets_decode_to_the_objects() -> None:
    centred = anchors([8, 4, 2, 1])
    assert centred.shape == ((64 + 16 + 4 + 1) * ANCHORS, 4)
    objects = torch.tensor([[1, 0.1, 0.2, 0.4, 0.5], [0, 0.6, 0.6, 0.62, 0.61]])
    classes, offsets = match(objects, centred)
    assert set(classes.tolist()) == {0, 1, 2}, "even a tiny object has its anchor"
    found = decode(offsets[classes > 0], centred[classes > 0])
    expected = objects[[[1, 0][label - 1] for label in classes[classes > 0].tolist()], 1:]
    assert torch.allclose(found, expected, atol=1e-4)
    assert not match(objects[:0], centred)[0].any()


def test_overlaps_and_suppression() -> None:
    boxes = torch.tensor([[0, 0, 1, 1], [0, 0, 1, 0.5], [2, 2, 3, 3]], dtype=torch.float)
    assert overlaps(boxes, boxes)[0].tolist() == [1, 0.5, 0]
    scores = torch.tensor([0.5, 0.9, 0.1])
    assert suppress(boxes, scores, 0.4).tolist() == [1, 2]
    assert suppress(boxes, scores, 0.6).tolist() == [1, 0, 2]
    assert corners(torch.tensor([0.5, 0.5, 1, 0.5])).tolist() == [0, 0.25, 1, 0.75]


BOX, OTHER = [0.1, 0.1, 0.5, 0.5], [0.6, 0.6, 0.9, 0.9]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([[0, 0.9, *BOX], [0, 0.8, *OTHER]], 1.0),
        ([[0, 0.9, *BOX]], 0.5),
        ([[0, 0.9, *BOX], [0, 0.8, *BOX]], 0.5),
        ([[0, 0.9, *BOX], [0, 0.8, *BOX], [0, 0.7, *OTHER]], 0.5 + 0.5 * 2 / 3),
        ([[1, 0.9, *BOX]], 0.0),
        ([], 0.0),
    ],
)
def test_average_precision(found: list[list[float]], expected: float) -> None:
    actual = np.array([[0, *BOX], [0, *OTHER]])
    boxes = np.array(found).reshape(-1, 6)
    precisions = average_precisions([boxes], [actual], 2, 0.5)
    assert precisions[0] == pytest.approx(expected)
    assert np.isnan(precisions[1]), "no image has the class"
    assert mean_average_precision(precisions) == pytest.approx(expected)


def test_boxes_follow_their_image() -> None:
    for seed in range(20):
        image = np.zeros((64, 64, 3), np.uint8)
        image[16:32, 8:40] = 255
        box = np.array([[1, 8 / 64, 16 / 64, 40 / 64, 32 / 64]], np.float32)
        changed, boxes = varied(image, box, np.random.default_rng(seed))
        rows, columns = np.nonzero(changed[..., 0] > 127)
        there = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        assert boxes[0, 1:] * 64 == pytest.approx(there, abs=1.1)
