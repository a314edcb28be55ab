from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from studio_ext.algorithms import pictures
from studio_ext.algorithms.pictures import Picture
from studio_ext.algorithms.report import CLASSES, NUMBERS, Report

RNG = np.random.default_rng(0)


def report(task: str = CLASSES, classes: int = 10, features: int = 64) -> Report:
    actual = RNG.integers(0, classes, 400) if task == CLASSES else RNG.normal(size=400)
    predicted = actual if task == CLASSES else actual + RNG.normal(size=400)
    importance = {f"a rather long name of feature {i}": 1 / (i + 1) for i in range(features)}
    return Report("validation", task, actual, predicted, {}, importance)


def check(picture: Picture, *words: str) -> np.ndarray:  # type: ignore[type-arg]
    """A small PNG that is not blank; its pixels."""
    assert len(picture.png) < 60_000
    assert picture._repr_png_() == picture.png
    for word in words:
        assert word in repr(picture)
    pixels = np.asarray(Image.open(io.BytesIO(picture.png)).convert("RGB"))
    assert (pixels < 128).any(axis=2).mean() > 0.002
    return pixels


def has(pixels: np.ndarray, colour: str) -> bool:  # type: ignore[type-arg]
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return bool((np.abs(pixels.astype(int) - wanted).max(2) < 12).any())


def test_learning_curves() -> None:
    steps = np.arange(50)
    history = {
        "train": {"rmse": (1 / (1 + steps)).tolist(), "mae": (2 / (1 + steps)).tolist()},
        "validation": {"rmse": (1.5 / (1 + steps)).tolist()},
    }
    picture = pictures.learning_curves(history, first=3, best=10)
    pixels = check(picture, "train rmse 0.02", "validation rmse 0.03")
    assert has(pixels, pictures.BLUE)
    assert has(pixels, pictures.ORANGE)


@pytest.mark.parametrize(
    "history", [{}, {"train": {"rmse": [1.0]}}, {"train": {"a": [float("nan")] * 3}}]
)
def test_learning_curves_of_little(history: dict[str, dict[str, list[float]]]) -> None:
    check(pictures.learning_curves(history), "Learning curves")


@pytest.mark.parametrize("classes", [2, 10, 40])
def test_confusion_matrix(classes: int) -> None:
    check(pictures.outcome(report(classes=classes)), "Confusion matrix of validation: 100.0% right")


def test_residuals() -> None:
    check(pictures.outcome(report(NUMBERS)), "Residuals on validation: RMSE")


@pytest.mark.parametrize("features", [0, 1, 64])
def test_importance(features: int) -> None:
    pixels = check(pictures.importance(report(features=features)), "Most important features")
    assert has(pixels, pictures.BLUE) == bool(features)
