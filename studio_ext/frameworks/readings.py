"""Numbers in a script's log: the job's metrics, or what looks like them.

A job may say how its metrics are found (``MetricDefinitions``). Where it does not, every
``name=number`` and ``name: number`` is one, as in ``Epoch[3] Validation-accuracy=0.981``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence

NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
NAMED = re.compile(rf"([A-Za-z][\w.:/-]*?)\s*[=:]\s*({NUMBER})(?![\w.:/-])")
CHANNEL = re.compile(r"(train|validation|test|valid|val|eval)(?:ing)?[-_:. /]+(.+)", re.IGNORECASE)
SHORT = {"val": "validation", "valid": "validation", "eval": "validation"}
ALONE = "script"  # the channel of a metric that names none
NOT_METRICS = {"epoch", "batch", "step", "iter", "iteration", "seed", "line", "pid", "port"}
LONGEST = 2000  # characters of a line that are looked at

History = dict[str, dict[str, list[float]]]


class Readings:
    """Takes the log line by line.

    Args:
        definitions: ``Name`` and ``Regex`` with one group; what looks like metrics when empty.
    """

    def __init__(self, definitions: Sequence[Mapping[str, str]] = ()) -> None:
        self._patterns = [(each["Name"], re.compile(each["Regex"])) for each in definitions]
        self.values: dict[str, list[float]] = {}

    def take(self, line: str) -> None:
        for name, value in self._found(line[:LONGEST]):
            if math.isfinite(value):
                self.values.setdefault(name, []).append(value)

    def history(self) -> History:
        """channel -> metric -> values, in the order of the log.

        Of what only looks like metrics, a name that came once is no curve: it is left out when
        others came more often.
        """
        most = max((len(values) for values in self.values.values()), default=0)
        found: History = {}
        for name, values in self.values.items():
            if not self._patterns and len(values) == 1 < most:
                continue
            channel, metric = split(name)
            found.setdefault(channel, {})[metric] = values
        return found

    def last(self) -> dict[str, dict[str, float]]:
        """channel -> metric -> its last value."""
        found: dict[str, dict[str, float]] = {}
        for name, values in self.values.items():
            channel, metric = split(name)
            found.setdefault(channel, {})[metric] = values[-1]
        return found

    def _found(self, line: str) -> Iterable[tuple[str, float]]:
        if not self._patterns:
            for name, text in NAMED.findall(line):
                if name.lower() not in NOT_METRICS:
                    yield name, float(text)
            return
        for name, pattern in self._patterns:
            match = pattern.search(line)
            if match is None:
                continue
            try:
                yield name, float(match[1])
            except (TypeError, ValueError):
                continue


def split(name: str) -> tuple[str, str]:
    """The channel and the metric of a name such as ``Train-accuracy`` or ``val_loss``."""
    found = CHANNEL.fullmatch(name)
    if found is None:
        return ALONE, name
    head = found[1].lower()
    return SHORT.get(head, head), found[2]
