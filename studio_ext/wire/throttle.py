"""Guessing keys is slow: each refused signature makes its source wait longer.

Only refusals wait, so a right key is never held up by somebody else's wrong ones.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

FREE = 10  # refusals that cost nothing: a person trying keys by hand
REFILL = 1.0  # of them per second
SOURCES = 4096


class Throttle:
    """A bucket of free refusals per source.

    Args:
        longest: seconds that an answer may be held back; 0 holds none.
        clock: seconds, never going back.
    """

    def __init__(self, longest: float = 2.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._longest = longest
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def penalty(self, source: str) -> float:
        """Count one refusal; the seconds its answer is to be held back."""
        now = self._clock()
        left, then = self._buckets.pop(source, (float(FREE), now))
        left = min(float(FREE), left + (now - then) * REFILL) - 1
        left = max(left, -100.0)
        self._buckets[source] = (left, now)
        if len(self._buckets) > SOURCES:
            self._buckets.popitem(last=False)
        return 0.0 if left >= 0 else min(self._longest, -left * 0.1)
