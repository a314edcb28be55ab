"""From tables to XGBoost's matrices, with the labels checked for the objective."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from studio_ext.algorithms.data import Data
from studio_ext.formats.errors import DataError
from studio_ext.formats.table import Table

NOT_NEGATIVE = ("count:poisson", "reg:tweedie")


def matrices(data: Data, values: Mapping[str, Any], threads: int) -> dict[str, Any]:
    """An ``xgboost.DMatrix`` for each channel.

    ``survival:aft`` takes a label as the time of the event, a negative one as the time until which
    there was none (right-censored), as ``survival:cox`` does.

    Raises:
        DataError: labels that the objective cannot have; names the channel, row and value.
    """
    return {
        name: matrix(table, values, threads, channel=name) for name, table in data.tables.items()
    }


def matrix(table: Table, values: Mapping[str, Any], threads: int, *, channel: str) -> Any:
    """The matrix of one table."""
    import xgboost

    objective = values.get("objective", "reg:squarederror")
    labels = table.labels
    if labels is not None:
        check_labels(labels, objective, values.get("num_class"), channel)
    made = xgboost.DMatrix(
        table.features,
        label=labels,
        weight=_weights(table, objective),
        nthread=threads,
    )
    if objective.startswith("rank:"):
        _set_groups(made, table, channel)
    if objective == "survival:aft" and labels is not None:
        made.set_info(
            label_lower_bound=np.abs(labels),
            label_upper_bound=np.where(labels < 0, np.inf, labels).astype(np.float32),
        )
    return made


def _weights(table: Table, objective: str) -> Any:
    """Weights by row; XGBoost wants one for each group of a ranking, the group's first here."""
    if table.weights is None or not objective.startswith("rank:"):
        return table.weights
    if table.groups is None:
        return None
    return table.weights[np.flatnonzero(np.diff(table.groups, prepend=table.groups[0] - 1))]


def _set_groups(made: Any, table: Table, channel: str) -> None:
    if table.groups is None:
        made.set_group([table.rows])  # no query ids: all rows are one list, as on SageMaker
        return
    if (np.diff(table.groups) < 0).any():
        row = int(np.flatnonzero(np.diff(table.groups) < 0)[0]) + 2
        raise DataError(
            f"channel '{channel}': row {row} has qid {table.groups[row - 1]} after "
            f"{table.groups[row - 2]}; expected rows sorted by qid"
        )
    made.set_info(qid=table.groups)


def check_labels(labels: Any, objective: str, num_class: int | None, channel: str) -> None:
    """Raise DataError for the first label that ``objective`` cannot have."""
    expected = ""
    if objective.startswith("multi:"):
        bad = (labels < 0) | (labels >= num_class) | (labels != np.floor(labels))
        expected = f"a whole number from 0 to {(num_class or 0) - 1} (num_class={num_class})"
    elif objective == "binary:hinge":
        bad = (labels != 0) & (labels != 1)
        expected = "0 or 1"
    elif objective.startswith("binary:") or objective == "reg:logistic":
        bad = (labels < 0) | (labels > 1)
        expected = "a number from 0 to 1"
    elif objective.startswith("rank:"):
        bad = (labels < 0) | (labels != np.floor(labels))
        expected = "a whole number of at least 0, the relevance,"
    elif objective in NOT_NEGATIVE:
        bad = labels < 0
        expected = "a number of at least 0"
    elif objective == "reg:gamma":
        bad = labels <= 0
        expected = "a number above 0"
    elif objective == "reg:squaredlogerror":
        bad = labels <= -1
        expected = "a number above -1"
    else:
        return
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise DataError(
            f"channel '{channel}': row {row + 1} has the label {labels[row]:g}; expected "
            f"{expected} with objective {objective}"
        )
