"""A trained DeepAR model: its artefact, and forecasts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from studio_ext.algorithms import artefact, job
from studio_ext.algorithms.deepar.contract import DEEPAR
from studio_ext.algorithms.deepar.layout import Layout
from studio_ext.algorithms.deepar.network import Network
from studio_ext.algorithms.deepar.series import Series
from studio_ext.algorithms.deepar.windows import Store
from studio_ext.algorithms.networks import arrays_of, repeatable, restore
from studio_ext.formats.errors import DataError

TOGETHER = 8192  # sample paths drawn at the same time


@dataclass(frozen=True, slots=True)
class Model:
    layout: Layout
    network: Network

    def forecasts(self, series: Sequence[Series], samples: int, seed: int = 0) -> Iterator[Any]:
        """Sample paths after the end of each series, in order, each (samples, horizon).

        The same request has the same answer: random numbers depend on ``seed`` alone.
        """
        drawn = 1 if self.layout.likelihood == "deterministic-L1" else samples
        at_once = max(1, TOGETHER // drawn)
        threads = job.threads(at_once * drawn * self.layout.cells * 4)
        for number, start in enumerate(range(0, len(series), at_once)):
            part = series[start : start + at_once]
            store = Store(self.layout, part, self.layout.horizon)
            batch = store.batch(np.arange(len(part)), store.lengths)
            with repeatable(threads, seed + number):
                paths = self.network.paths(batch, drawn)
            yield from np.broadcast_to(paths, (len(part), samples, self.layout.horizon))

    def save(self, model_dir: Path) -> None:
        facts = {"algorithm": DEEPAR.name, "layout": self.layout.facts()}
        artefact.save(model_dir, arrays_of(self.network), facts)

    @classmethod
    def load(cls, model_dir: str | Path) -> Model:
        """The model of a directory.

        Raises:
            DataError: there is none, or it is not one of ours.
        """
        arrays, facts = artefact.load(model_dir, DEEPAR.name)
        try:
            layout = Layout.load(facts["layout"])
            network = Network(layout)
        except (KeyError, TypeError, RuntimeError) as error:
            raise DataError(f"the model's description is not of DeepAR ({error})") from error
        return cls(layout, restore(network, arrays))
