"""Serve XGBoost models as SageMaker's container does, as plain functions.

``text/csv`` answers are all scores on one line, or one line a row under ``SAGEMAKER_BATCH``; the
others hold ``score`` by row. ``SAGEMAKER_INFERENCE_OUTPUT`` selects other values by name, such as
``predicted_label,probability``; a value that the objective does not have is ``nan``.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from studio_ext.algorithms.requests import accepted, decode, encode
from studio_ext.algorithms.xgboost import models
from studio_ext.algorithms.xgboost.contract import XGBOOST
from studio_ext.algorithms.xgboost.evaluation import predict_table
from studio_ext.algorithms.xgboost.metrics import classes_of
from studio_ext.formats.errors import DataError

SELECTABLE = (
    "predicted_label",
    "labels",
    "probability",
    "probabilities",
    "raw_score",
    "raw_scores",
    "predicted_score",
)
PROBABILISTIC = ("binary:logistic", "multi:softprob")


@dataclass(frozen=True, slots=True)
class Model:
    """Boosters whose predictions are averaged, and what they expect and mean."""

    boosters: tuple[Any, ...]
    features: int
    objective: str
    classes: int


def load(model_dir: str | Path) -> Model:
    """The model of a directory that ``model.tar.gz`` was unpacked into.

    Raises:
        DataError: there is no ``xgboost-model``, or it cannot be read.
    """
    boosters = models.load(model_dir)
    for booster in boosters:
        booster.set_param({"nthread": 1})  # a request is small, and workers share the cores
    learner = json.loads(boosters[0].save_config())["learner"]
    return Model(
        boosters=boosters,
        features=boosters[0].num_features(),
        objective=learner["objective"]["name"],
        classes=int(learner["learner_model_param"]["num_class"]) or 2,
    )


def predict(
    model: Model, body: bytes, content_type: str | None, accept: str | None
) -> tuple[bytes, str]:
    """Answer one request.

    Returns:
        The response's body and content type; an empty body for an empty request (HTTP 204).

    Raises:
        UnsupportedContentType, UnsupportedAccept, DataError: for HTTP 415, 406 and 400.
    """
    answer = accepted(accept, XGBOOST.accept)
    if not body.strip():
        return b"", answer
    table = decode(body, content_type, XGBOOST.inference_types, model.features)
    raw = predict_table(model.boosters, table)
    names = os.environ.get("SAGEMAKER_INFERENCE_OUTPUT", "")
    if names:
        return encode(select(raw, names, model), answer), answer
    if answer == "text/csv":
        scores = [str(score) for score in raw.tolist()]
        batch = os.environ.get("SAGEMAKER_BATCH", "").lower() not in ("", "0", "false")
        return ("\n".join(scores) + "\n" if batch else ",".join(scores)).encode(), answer
    return encode([{"score": score} for score in raw.tolist()], answer), answer


def select(raw: Any, names: str, model: Model) -> list[dict[str, Any]]:
    """The values named, comma-separated, for each row of predictions.

    Raises:
        DataError: an unknown name.
    """
    wanted = [name.strip() for name in names.split(",")]
    for name in wanted:
        if name not in SELECTABLE:
            raise DataError(
                f"SAGEMAKER_INFERENCE_OUTPUT: '{name}' is not known; expected names among "
                f"{', '.join(SELECTABLE)}"
            )
    values = _values(raw, model)
    nothing = ["nan"] * len(raw)
    columns = [values.get(name, nothing) for name in wanted]
    return [dict(zip(wanted, row, strict=True)) for row in zip(*columns, strict=True)]


def _values(raw: Any, model: Model) -> dict[str, list[Any]]:
    """Every selectable value that the objective has, each a list by row."""
    objective = model.objective
    if not objective.startswith(("binary:", "multi:")):
        return {"predicted_score": raw.tolist()}
    by_class = raw if raw.ndim == 2 else np.column_stack([1 - raw, raw])
    score = raw.max(1) if raw.ndim == 2 else raw
    values: dict[str, list[Any]] = {
        "predicted_label": classes_of(raw, objective).tolist(),
        "labels": [list(range(model.classes))] * len(raw),
        "raw_score": score.tolist(),
        "raw_scores": [[label] for label in raw.tolist()]
        if objective == "multi:softmax"
        else by_class.tolist(),
    }
    if objective in PROBABILISTIC:
        values |= {"probability": score.tolist(), "probabilities": by_class.tolist()}
    return values
