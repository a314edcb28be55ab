"""What a DeepAR model is besides its weights: its lags, features, categories and scales."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from studio_ext.algorithms.deepar.calendar import FEATURES, Frequency, lags_of
from studio_ext.algorithms.deepar.contract import IGNORE
from studio_ext.algorithms.deepar.likelihoods import check_target
from studio_ext.algorithms.deepar.series import Series
from studio_ext.formats.errors import DataError


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything that a network's inputs and outputs depend on.

    Attributes:
        cardinality: categories of each categorical feature; empty where there is none.
        dynamic_mean, dynamic_deviation: of each feature time series, from the training data.
        lags: points back, ascending.
    """

    frequency: Frequency
    context: int
    horizon: int
    likelihood: str
    cells: int
    layers: int
    dropout: float
    embedding: int
    cardinality: tuple[int, ...]
    dynamic_mean: tuple[float, ...]
    dynamic_deviation: tuple[float, ...]
    lags: tuple[int, ...]

    @classmethod
    def of(cls, values: Mapping[str, Any], train: Sequence[Series]) -> Layout:
        """From typed hyperparameters and the training data.

        Raises:
            DataError: the data disagrees with itself or with cardinality or num_dynamic_feat.
        """
        features = _dynamic_count(values["num_dynamic_feat"], train)
        moments = [np.concatenate([s.dynamic[i] for s in train]) for i in range(features)]
        return cls(
            frequency=values["time_freq"],
            context=values["context_length"],
            horizon=values["prediction_length"],
            likelihood=values["likelihood"],
            cells=values["num_cells"],
            layers=values["num_layers"],
            dropout=values["dropout_rate"],
            embedding=values["embedding_dimension"],
            cardinality=_cardinality(values["cardinality"], train),
            dynamic_mean=tuple(float(one.mean()) for one in moments),
            dynamic_deviation=tuple(float(one.std()) or 1.0 for one in moments),
            lags=tuple(lags_of(values["time_freq"], max(len(s) for s in train))),
        )

    @classmethod
    def load(cls, facts: Mapping[str, Any]) -> Layout:
        """Of ``facts()`` after JSON."""
        made: Any = {k: tuple(v) if isinstance(v, list) else v for k, v in facts.items()}
        return cls(**made)

    def facts(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def features(self) -> int:
        """Numbers of a point that are not embeddings: lags, whether the last one was observed,
        the date, the age, feature time series and the scale."""
        dates = 2 * len(FEATURES[self.frequency[1]])
        return len(self.lags) + 1 + dates + 1 + len(self.dynamic_mean) + 1

    @property
    def padding(self) -> int:
        """Points before a series that a window may reach back to."""
        return self.context + self.lags[-1]

    @property
    def scaled(self) -> bool:
        return self.likelihood != "beta"

    def check(self, series: Series, where: str, ahead: int = 0) -> None:
        """Raise DataError unless the series fits the model.

        Args:
            ahead: points after the target that feature time series must cover.
        """
        check_target(self.likelihood, series, where)
        if self.cardinality and len(series.cat) != len(self.cardinality):
            raise DataError(
                f"{where} has {len(series.cat)} values in cat; expected {len(self.cardinality)}"
            )
        for place, (value, size) in enumerate(zip(series.cat, self.cardinality, strict=False)):
            if value >= size:
                raise DataError(
                    f"{where} has {value} in cat at place {place}; expected a whole number from 0 "
                    f"to {size - 1}, as the training data or cardinality has"
                )
        wanted, length = len(self.dynamic_mean), len(series) + ahead
        if wanted and len(series.dynamic) != wanted:
            raise DataError(
                f"{where} has {len(series.dynamic)} dynamic_feat; expected {wanted}, as the model "
                f"was trained on"
            )
        if wanted and series.dynamic.shape[1] != length:
            told = f"{len(series)} of the target" + (f" and {ahead} to forecast" if ahead else "")
            raise DataError(
                f"{where} has {series.dynamic.shape[1]} points in dynamic_feat; expected {length}: "
                f"{told}"
            )


def _cardinality(asked: Any, train: Sequence[Series]) -> tuple[int, ...]:
    if asked == IGNORE:
        return ()
    found = _same(train, "cat", lambda series: len(series.cat))
    if asked == "auto":
        return tuple(max(column) + 1 for column in zip(*(s.cat for s in train), strict=True))
    if found != len(asked):
        raise DataError(
            f"the training data has {found} values in cat; expected {len(asked)}, as cardinality "
            f"has"
        )
    return tuple(asked)


def _dynamic_count(asked: Any, train: Sequence[Series]) -> int:
    if asked == IGNORE:
        return 0
    found = _same(train, "dynamic_feat", lambda series: len(series.dynamic))
    if asked not in ("auto", found):
        raise DataError(
            f"the training data has {found} dynamic_feat; expected {asked}, as num_dynamic_feat "
            f"says"
        )
    for number, one in enumerate(train, 1):
        if found and one.dynamic.shape[1] != len(one):
            raise DataError(
                f"channel 'train': series {number} has {one.dynamic.shape[1]} points in "
                f"dynamic_feat; expected {len(one)} of the target"
            )
    return found


def _same(train: Sequence[Series], field: str, count: Any) -> int:
    """The count that all series have."""
    first: int = count(train[0])
    for number, series in enumerate(train, 1):
        if count(series) != first:
            raise DataError(
                f"channel 'train': series {number} has {count(series)} values in {field}; "
                f"expected {first}, as series 1 has"
            )
    return first
