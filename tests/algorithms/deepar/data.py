"""Time series to test with: real passengers, and synthetic electricity-like loads."""

from __future__ import annotations

from typing import Any

import numpy as np

from studio_ext.algorithms.deepar.series import Series, SeriesData

# International airline passengers in thousands, monthly, 1949 to 1960: Box and Jenkins (1976),
# series G.
# fmt: off
PASSENGERS = (
    112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118,
    115, 126, 141, 135, 125, 149, 170, 170, 158, 133, 114, 140,
    145, 150, 178, 163, 172, 178, 199, 199, 184, 162, 146, 166,
    171, 180, 193, 181, 183, 218, 230, 242, 209, 191, 172, 194,
    196, 196, 236, 235, 229, 243, 264, 272, 237, 211, 180, 201,
    204, 188, 235, 227, 234, 264, 302, 293, 259, 229, 203, 229,
    242, 233, 267, 269, 270, 315, 364, 347, 312, 274, 237, 278,
    284, 277, 317, 313, 318, 374, 413, 405, 355, 306, 271, 306,
    315, 301, 356, 348, 355, 422, 465, 467, 404, 347, 305, 336,
    340, 318, 362, 348, 363, 435, 491, 505, 404, 359, 310, 337,
    360, 342, 406, 396, 420, 472, 548, 559, 463, 407, 362, 405,
    417, 391, 419, 461, 472, 535, 622, 606, 508, 461, 390, 432,
)
# fmt: on
NONE = np.empty((0, 0), np.float32)


def series(target: Any, start: str = "2024-01-01", cat: Any = (), dynamic: Any = NONE) -> Series:
    return Series(np.datetime64(start, "s"), np.asarray(target, np.float32), tuple(cat), dynamic)


def hold_out(every: list[Series], horizon: int) -> SeriesData:
    """The whole series as test channel, as train channel without their last points."""
    past = [
        Series(one.start, one.target[:-horizon], one.cat, one.dynamic[:, :-horizon])
        for one in every
    ]
    return SeriesData({"train": past, "test": every})


def daily(count: int = 8, points: int = 70, seed: int = 0, kind: str = "level") -> list[Series]:
    """Days with a weekly pattern; ``counts`` are whole, ``shares`` between 0 and 1."""
    rng = np.random.default_rng(seed)
    level = rng.uniform(5, 50, (count, 1))
    wave = 1 + 0.5 * np.sin(2 * np.pi * np.arange(points) / 7)
    values = level * wave * (1 + rng.normal(0, 0.1, (count, points)))
    if kind == "counts":
        values = rng.poisson(np.maximum(values, 0))
    if kind == "shares":
        values = np.clip(values / 120, 0.01, 0.99)
    return [series(one) for one in values]


def hourly(seed: int, count: int = 40, points: int = 24 * 12) -> list[Series]:
    """Hours with a pattern of the day and one of the week, each series of its own size."""
    rng = np.random.default_rng(seed)
    hours = np.arange(points)
    found = []
    for _ in range(count):
        size, phase, week = rng.uniform(5, 50), rng.uniform(0, 24), rng.uniform(0.1, 0.3)
        day = 0.6 * np.sin(2 * np.pi * (hours + phase) / 24)
        shape = 1 + day + week * np.sin(2 * np.pi * hours / 168)
        found.append(series(np.maximum(size * shape + rng.normal(0, 0.08 * size, points), 0)))
    return found
