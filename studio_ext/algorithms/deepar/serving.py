"""Serve DeepAR as plain functions: forecasts as means, quantiles and sample paths.

A JSON request brings its own ``configuration``; JSON Lines, as batch transform sends them, take it
from the environment variable ``DEEPAR_INFERENCE_CONFIG``.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from studio_ext.algorithms.deepar.contract import DEEPAR
from studio_ext.algorithms.deepar.reading import json_lines
from studio_ext.algorithms.deepar.series import Series
from studio_ext.algorithms.extras import need
from studio_ext.algorithms.requests import JSON, JSONLINES, accepted
from studio_ext.formats.channel import ContentType
from studio_ext.formats.errors import DataError, UnsupportedContentType

need("torch", "deep")

from studio_ext.algorithms.deepar.model import Model  # noqa: E402

OUTPUTS = ("mean", "quantiles", "samples")
DEFAULT = {
    "num_samples": 100,
    "output_types": ["mean", "quantiles"],
    "quantiles": [f"0.{tenth}" for tenth in range(1, 10)],
}
VARIABLE = "DEEPAR_INFERENCE_CONFIG"
MOST_SAMPLES = 100_000


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a request wants of each forecast; quantiles by their name in the request."""

    samples: int
    outputs: tuple[str, ...]
    quantiles: Mapping[str, float]

    @classmethod
    def parse(cls, given: Any, where: str) -> Configuration:
        """Of the documented object; what it leaves out has the documented default.

        Raises:
            DataError: names the key, the value found and what was expected.
        """
        if not isinstance(given, dict) or not given.keys() <= DEFAULT.keys():
            raise DataError(
                f"{where} is {json.dumps(given)}; expected an object with {', '.join(DEFAULT)}"
            )
        whole = DEFAULT | given
        samples, outputs = whole["num_samples"], whole["output_types"]
        if type(samples) is not int or not 1 <= samples <= MOST_SAMPLES:
            raise DataError(
                f"{where}: num_samples is {json.dumps(samples)}; expected an integer from 1 to "
                f"{MOST_SAMPLES}"
            )
        if not isinstance(outputs, list) or not outputs or not all(o in OUTPUTS for o in outputs):
            raise DataError(
                f"{where}: output_types is {json.dumps(outputs)}; expected some of "
                f"{', '.join(OUTPUTS)}"
            )
        return cls(samples, tuple(outputs), _levels(whole["quantiles"], where))

    def answer(self, paths: Any) -> dict[str, Any]:
        """One prediction of sample paths, shape (samples, horizon)."""
        found: dict[str, Any] = {}
        if "quantiles" in self.outputs:
            rows = np.quantile(paths, list(self.quantiles.values()), axis=0)
            found["quantiles"] = {
                name: row.tolist() for name, row in zip(self.quantiles, rows, strict=True)
            }
        if "samples" in self.outputs:
            found["samples"] = paths.astype(float).tolist()
        if "mean" in self.outputs:
            found["mean"] = paths.mean(0, dtype=np.float64).tolist()
        return found


def _levels(given: Any, where: str) -> dict[str, float]:
    try:
        if not isinstance(given, list):
            raise TypeError("no list")
        levels = {str(one): float(one) for one in given}
        if not all(0 < level < 1 for level in levels.values()):
            raise ValueError("out of range")
    except (TypeError, ValueError) as error:
        raise DataError(
            f"{where}: quantiles is {json.dumps(given)}; expected numbers above 0 and below 1, "
            f'such as ["0.5", "0.9"]'
        ) from error
    return levels


def load(model_dir: str | Path) -> Model:
    """The model of a directory that ``model.tar.gz`` was unpacked into.

    Raises:
        DataError: there is no ``model_algo-1``, or it cannot be read.
    """
    return Model.load(model_dir)


def predict(
    model: Model, body: bytes, content_type: str | None, accept: str | None
) -> tuple[bytes, str]:
    """Answer one request, in its own content type unless another is asked for.

    Returns:
        The response's body and content type; an empty body for an empty request (HTTP 204).

    Raises:
        UnsupportedContentType, UnsupportedAccept, DataError: for HTTP 415, 406 and 400.
    """
    kind = ContentType.parse(content_type or JSON).name
    if kind not in DEEPAR.inference_types:
        raise UnsupportedContentType(
            f"content type '{content_type}' is not supported; expected "
            f"{', '.join(DEEPAR.inference_types)}"
        )
    answer = accepted(accept, sorted(DEEPAR.accept, key=lambda one: one != kind))
    if not body.strip():
        return b"", answer
    series, configuration = _lines(body) if kind == JSONLINES else _request(body)
    for number, one in enumerate(series, 1):
        model.layout.check(one, f"instance {number}", model.layout.horizon)
    paths = model.forecasts(series, configuration.samples)
    predictions = [configuration.answer(one) for one in paths]
    if answer == JSONLINES:
        return "".join(f"{json.dumps(one)}\n" for one in predictions).encode(), answer
    return json.dumps({"predictions": predictions}).encode(), answer


def _lines(body: bytes) -> tuple[list[Series], Configuration]:
    text = os.environ.get(VARIABLE) or "{}"
    try:
        given = json.loads(text)
    except ValueError as error:
        raise DataError(f"{VARIABLE} is not valid JSON ({error})") from error
    series = list(json_lines(io.BytesIO(body), "request"))
    return series, Configuration.parse(given, VARIABLE)


def _request(body: bytes) -> tuple[list[Series], Configuration]:
    try:
        content = json.loads(body)
    except ValueError as error:
        raise DataError(f"the request is not valid JSON ({error})") from error
    instances = content.get("instances") if isinstance(content, dict) else None
    if not isinstance(instances, list) or not instances:
        raise DataError('the request has no list "instances"; expected {"instances": [...]}')
    series = [Series.parse(one, f"instance {i}") for i, one in enumerate(instances, 1)]
    return series, Configuration.parse(content.get("configuration", {}), "configuration")
