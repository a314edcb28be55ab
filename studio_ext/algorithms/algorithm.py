"""What Studio knows of a built-in algorithm without running it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from studio_ext.algorithms.hyperparameters import Hyperparameter, HyperparameterError, check

Rules = Callable[[Mapping[str, Any]], list[str]]


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric that the algorithm prints; ``regex`` has its value as group 1, as CloudWatch has."""

    name: str
    regex: str
    maximize: bool
    tunable: bool = True

    def definition(self) -> dict[str, str]:
        """As ``AlgorithmSpecification.MetricDefinitions`` has it."""
        return {"Name": self.name, "Regex": self.regex}


@dataclass(frozen=True, slots=True)
class Channel:
    """An input channel.

    Attributes:
        content_types: that it may have, the default first.
        modes: input modes; a channel in Pipe mode is read from files too.
    """

    name: str
    content_types: tuple[str, ...]
    required: bool = False
    modes: tuple[str, ...] = ("File", "FastFile", "Pipe")


def no_rules(values: Mapping[str, Any]) -> list[str]:
    """Of an algorithm whose hyperparameters do not depend on each other."""
    return []


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One algorithm.

    Attributes:
        name: as SageMaker names it, such as ``linear-learner``.
        title: for people.
        images: repository names of its images, such as ``sagemaker-xgboost``.
        tags: regular expression of the image tags known.
        package: the module with ``training`` and ``serving``.
        notebook: the job's notebook, relative to the shipped notebooks.
        hyperparameters: its specification.
        rules: what the hyperparameters must satisfy together, as a list of problems.
        metrics: that it prints and that a tuning job may choose as objective.
        channels: that a training job may have; others are refused.
        inference_types: content types of requests.
        accept: content types of responses, the default first.
        max_instances: a training job may ask for, with the reason.
    """

    name: str
    title: str
    images: tuple[str, ...]
    tags: str
    package: str
    notebook: str
    hyperparameters: tuple[Hyperparameter, ...]
    metrics: tuple[Metric, ...]
    channels: tuple[Channel, ...]
    inference_types: tuple[str, ...]
    accept: tuple[str, ...]
    rules: Rules = no_rules
    max_instances: int = 1
    max_instances_reason: str = field(
        default="this algorithm uses all cores of one machine and is not distributed here"
    )

    def check(self, given: Mapping[str, str]) -> dict[str, Any]:
        """The typed values of a request's hyperparameters.

        Raises:
            HyperparameterError: names each hyperparameter that is wrong, and what was expected.
        """
        values = check(self.hyperparameters, given)
        problems = self.rules(values)
        if problems:
            raise HyperparameterError("; ".join(problems))
        return values

    def metric_definitions(self) -> list[dict[str, str]]:
        return [metric.definition() for metric in self.metrics]

    def hyperparameter(self, name: str) -> Hyperparameter | None:
        return next((h for h in self.hyperparameters if name in (h.name, *h.aliases)), None)
