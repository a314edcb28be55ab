"""Hyperparameters that the image algorithms have in common. Cheap to import."""

from __future__ import annotations

from typing import Any

from studio_ext.algorithms.algorithm import Channel
from studio_ext.algorithms.hyperparameters import (
    Hyperparameter,
    Interval,
    choice,
    flag,
    integer,
    number,
    text,
)

RECORDIO = "application/x-recordio"
IMAGES = ("image/jpeg", "image/png", "application/x-image")
MODEL = Channel("model", ("application/x-sagemaker-model",))
SHARE = Interval(0, 1)
RATE = Interval(0, 1, open_low=True)
OPEN_SHARE = Interval(0, 1, open_low=True, open_high=True)


def epochs_list(value: str) -> tuple[int, ...]:
    """The epochs of ``"10, 20"``; none of an empty text."""
    words = [word.strip() for word in value.split(",") if word.strip()]
    if not all(word.isdecimal() and int(word) > 0 for word in words):
        raise ValueError('epochs with commas between, such as "10, 20"')
    return tuple(int(word) for word in words)


def lr_scheduler_step(**rest: Any) -> Hyperparameter:
    return text(
        "lr_scheduler_step", "Epochs after which the learning rate falls.", epochs_list, **rest
    )


def sizes() -> tuple[Hyperparameter, ...]:
    """What every one needs to be told of its data."""
    return (
        integer("num_classes", "Classes, labelled from 0.", 1, required=True),
        integer("num_training_samples", "Images of the train channel.", 1, required=True),
    )


def early_stopping(min_epochs: int, patience: int, least: int = 1) -> tuple[Hyperparameter, ...]:
    """The four hyperparameters, with the algorithm's own defaults."""
    return (
        flag("early_stopping", "Stop when the validation score does not rise.", default="false"),
        integer("early_stopping_min_epochs", "Epochs before that.", least, default=str(min_epochs)),
        integer(
            "early_stopping_patience",
            "Epochs without improvement to wait for.",
            least,
            default=str(patience),
        ),
        number("early_stopping_tolerance", "Least relative improvement.", SHARE, default="0.0"),
    )


def kv_store() -> Hyperparameter:
    return choice(
        "kv_store",
        "How machines share weights; one machine trains here.",
        "dist_sync",
        "dist_async",
    )


def learning_channels(types: tuple[str, ...], *beside: str) -> tuple[Channel, ...]:
    """train and validation, and ``train_<beside>`` and ``validation_<beside>`` of image files."""
    extra = tuple(
        Channel(f"{name}_{suffix}", ("application/x-image", "image/png", "image/jpeg"))
        for suffix in beside
        for name in ("train", "validation")
    )
    return (Channel("train", types, True), Channel("validation", types, True), *extra, MODEL)
