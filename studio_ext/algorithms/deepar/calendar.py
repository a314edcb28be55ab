"""What the time of a point says: lags that its frequency suggests, and features of the date.

Source: the developer guide, "How the DeepAR Algorithm Works", for the features of each frequency.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Frequency = tuple[int, str]

RECENT = 7  # latest points that are lags whatever the frequency
MINUTES = {"W": 7 * 1440, "D": 1440, "H": 60, "min": 1}
# Points of a season, at the basic frequency, and how many seasons back are looked at.
SEASONS = {
    "M": ((12, 3),),
    "W": ((4, 3), (52, 3)),
    "D": ((7, 4), (30, 1), (364, 1)),
    "H": ((24, 7), (168, 4)),
    "min": ((60, 3), (1440, 3), (10080, 1)),
}


def lags_of(frequency: Frequency, longest: int) -> list[int]:
    """How many points back the model looks, ascending, all below ``longest``.

    The latest points, and those around one, two, … seasons ago.
    """
    multiple, unit = frequency
    found = set(range(1, RECENT + 1))
    for season, times in SEASONS[unit]:
        for time in range(1, times + 1):
            at = round(season * time / multiple)
            found |= {at - 1, at, at + 1} if at > 1 else set()
    return sorted(lag for lag in found if 1 <= lag < max(2, longest))


def stamps(start: np.datetime64, frequency: Frequency, first: int, count: int) -> Any:
    """The times of ``count`` points from number ``first`` (before the start if negative)."""
    multiple, unit = frequency
    steps = np.arange(first, first + count) * multiple
    if unit == "M":
        return (start.astype("M8[M]") + steps).astype("M8[m]")
    return start.astype("M8[m]") + steps * MINUTES[unit]


def date_features(times: Any, unit: str) -> Any:
    """Cosine and sine of each phase of the date, float32 of shape (points, 2 · phases)."""
    hours, days = times.astype("M8[h]"), times.astype("M8[D]")
    months, years = days.astype("M8[M]"), days.astype("M8[Y]")
    day_of_year = (days - years.astype("M8[D]")).astype(int)
    phases = {
        "minute-of-hour": (times - hours).astype(int) / 60,
        "hour-of-day": (hours - days).astype(int) / 24,
        "day-of-week": (days.astype(int) + 3) % 7 / 7,
        "day-of-month": (days - months.astype("M8[D]")).astype(int) / 31,
        "day-of-year": day_of_year / 366,
        "week-of-year": day_of_year // 7 / 53,
        "month-of-year": (months - years.astype("M8[M]")).astype(int) / 12,
    }
    angles = 2 * np.pi * np.stack([phases[name] for name in FEATURES[unit]], 1)
    return np.concatenate([np.cos(angles), np.sin(angles)], 1).astype(np.float32)


FEATURES = {
    "min": ("minute-of-hour", "hour-of-day", "day-of-week", "day-of-month", "day-of-year"),
    "H": ("hour-of-day", "day-of-week", "day-of-month", "day-of-year"),
    "D": ("day-of-week", "day-of-month", "day-of-year"),
    "W": ("day-of-month", "week-of-year"),
    "M": ("month-of-year",),
}
