"""What a script has logged, as pictures and as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .readings import History, Readings

if TYPE_CHECKING:
    from ..algorithms.pictures import Picture
    from ..algorithms.report import MetricsTable

NONE = "The script logged no metric. Lines such as `epoch 3 train:loss=0.21` would be shown here."


class Note:
    """A sentence in place of a picture."""

    def __init__(self, words: str) -> None:
        self._words = words

    def __repr__(self) -> str:
        return self._words

    def _repr_markdown_(self) -> str:
        return self._words


class Results:
    """The metrics of a script that has ended."""

    def __init__(self, readings: Readings) -> None:
        self._readings = readings

    @property
    def history(self) -> History:
        """channel -> metric -> values."""
        return self._readings.history()

    def curves(self) -> Picture | Note:
        """The metrics over the lines of the log that have them."""
        from ..algorithms import pictures

        history = self.history
        if not any(len(values) > 1 for metrics in history.values() for values in metrics.values()):
            return Note("No metric was logged more than once." if history else NONE)
        return pictures.learning_curves(history, first=1, step="reading")

    def table(self) -> MetricsTable | Note:
        """The last value of each metric, by channel."""
        from ..algorithms.report import MetricsTable

        last: dict[str, Any] = self._readings.last()
        return MetricsTable(last) if last else Note(NONE)
