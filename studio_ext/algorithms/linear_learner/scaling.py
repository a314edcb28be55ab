"""Shift and scale of features and labels, learnt from some rows, folded back into the weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from studio_ext.formats.table import Table


@dataclass(frozen=True, slots=True)
class Scaling:
    """``(features - mean) / deviation``, and the same of the label.

    Attributes:
        mean, deviation: shape (features,).
        label_mean, label_deviation: 0 and 1 where the label stays as it is.
    """

    mean: Any
    deviation: Any
    label_mean: float
    label_deviation: float

    @classmethod
    def learn(cls, table: Table, values: Mapping[str, Any], rng: np.random.Generator) -> Scaling:
        """From ``num_point_for_scaler`` rows.

        Sparse features are scaled and not shifted, which would fill them.
        """
        count = min(table.rows, values["num_point_for_scaler"])
        rows = np.sort(rng.choice(table.rows, count, replace=False))
        part = table.features[rows]
        if table.sparse:
            mean = np.zeros(table.columns)
            deviation = np.sqrt(np.asarray(part.multiply(part).mean(0)).ravel())
        else:
            mean = part.mean(0, dtype=np.float64)
            deviation = part.std(0, dtype=np.float64)
        regressor = values["predictor_type"] == "regressor"
        labels = np.asarray(table.labels, np.float64)[rows]
        spread = float(labels.std()) or 1.0
        # ``auto`` is yes: of the shift of labels only where a bias can undo it.
        scale_label = regressor and values["normalize_label"] in (True, "auto")
        shift_label = regressor and values["use_bias"] and values["unbias_label"] in (True, "auto")
        shift = values["unbias_data"] is True or (
            values["unbias_data"] == "auto" and values["use_bias"]
        )
        scale = values["normalize_data"] in (True, "auto")
        return cls(
            mean=mean if shift else np.zeros_like(mean),
            deviation=np.where(deviation > 1e-9, deviation, 1.0) if scale else np.ones_like(mean),
            label_mean=float(labels.mean()) if shift_label else 0.0,
            label_deviation=spread if scale_label else 1.0,
        )

    def features(self, table: Table) -> Any:
        """The scaled features, float32, sparse where the table is."""
        if table.sparse:
            from scipy import sparse

            return (table.features @ sparse.diags(1 / self.deviation)).tocsr().astype(np.float32)
        scaled = (table.features - self.mean.astype(np.float32)) / self.deviation.astype(np.float32)
        return np.ascontiguousarray(scaled, np.float32)

    def labels(self, labels: Any) -> Any:
        scaled = (np.asarray(labels, np.float64) - self.label_mean) / self.label_deviation
        return scaled.astype(np.float32)

    def unfold(self, weights: Any, bias: Any) -> tuple[Any, Any]:
        """Weights (features, outputs) and bias (outputs,) for raw features and labels."""
        raw = weights.astype(np.float64) / self.deviation[:, None]
        shifted = bias.astype(np.float64) - self.mean @ raw
        return raw * self.label_deviation, shifted * self.label_deviation + self.label_mean
