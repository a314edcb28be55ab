"""Adam on the columns of a batch: those that do not occur keep their values and moments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from studio_ext.algorithms.factorization_machines.contract import PARTS
from studio_ext.algorithms.factorization_machines.machine import Parameters

BETA_1, BETA_2, EPS = 0.9, 0.999, 1e-8
BIAS = np.zeros(1, np.intp)


class Adam:
    """Moves parameters in place.

    Args:
        values: all hyperparameters, typed: step sizes, decays, clipping, rescaling, eps.
        parameters: whose moments are kept, in arrays that stay unwritten where nothing occurs.
    """

    def __init__(self, values: Mapping[str, Any], parameters: Parameters) -> None:
        self.values = values
        self.parameters = parameters
        self.step = 0
        self.first = {part: np.zeros_like(getattr(parameters, part)) for part in PARTS}
        self.second = {part: np.zeros_like(getattr(parameters, part)) for part in PARTS}

    def move(self, slopes: Parameters, columns: Any, rows: int) -> None:
        """One step.

        Args:
            slopes: gradient of the sum over the rows of a batch.
            columns: of the linear terms and factors in it.
            rows: of the batch.
        """
        self.step += 1
        for part in PARTS:
            place = BIAS if part == "bias" else columns
            self._move(part, getattr(slopes, part), place, rows)

    def _move(self, part: str, slope: Any, place: Any, rows: int) -> None:
        """Of a part, at an array of indices: what they take out is a copy."""
        values, all_of_part = self.values, getattr(self.parameters, part)
        weights = all_of_part[place]
        slope = slope * np.float32(values.get("rescale_grad", 1 / rows))
        slope += np.float32(values[f"{part}_wd"]) * weights
        clip = values.get("clip_gradient")
        if clip is not None:
            np.clip(slope, -clip, clip, out=slope)
        first, second = self.first[part][place], self.second[part][place]
        first += np.float32(1 - BETA_1) * (slope - first)
        second += np.float32(1 - BETA_2) * (slope * slope - second)
        self.first[part][place], self.second[part][place] = first, second
        # Both moments begin at 0, which is corrected for.
        grown = (1 - BETA_2**self.step) ** 0.5
        rate = values[f"{part}_lr"] * grown / (1 - BETA_1**self.step)
        second = np.sqrt(second)
        second += np.float32(values.get("eps", EPS) * grown)
        first *= np.float32(rate)
        first /= second
        all_of_part[place] = weights - first
