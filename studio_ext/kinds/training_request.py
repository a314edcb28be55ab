"""CreateTrainingJob's request: what is refused, and in which words."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..algorithms.hyperparameters import HyperparameterError
from ..bucket import channels
from ..bucket.objects import Objects
from ..bucket.uri import S3Uri
from ..errors import ValidationException
from ..frameworks.launch import SOURCE, Launch, LaunchError
from . import code
from .instances import instance

DAY = 86_400

# Fields that promise something which nothing here keeps. They are refused, not ignored.
REFUSED: Mapping[str, str] = {
    "VpcConfig": "jobs run in no VPC here; leave it out",
    "EnableNetworkIsolation": "jobs reach the network here; leave it out or set it to false",
    "EnableInterContainerTrafficEncryption": "a job has one container here; leave it out",
    "ServerlessJobConfig": "give AlgorithmSpecification and ResourceConfig instead",
    "ModelPackageConfig": "it goes with ServerlessJobConfig; leave it out",
    "MlflowConfig": "no MLflow server is offered; leave it out",
    "SessionChainingConfig": "roles are not enforced here; leave it out",
    "OutputDataConfig.KmsKeyId": "objects are not encrypted here; leave it out",
    "ResourceConfig.VolumeKmsKeyId": "disks are not encrypted here; leave it out",
    "ResourceConfig.InstanceGroups": "give InstanceType and InstanceCount instead",
    "ResourceConfig.TrainingPlanArn": "capacity is not reserved here; leave it out",
    "ResourceConfig.InstancePreferences": "give InstanceType and InstanceCount instead",
    "AlgorithmSpecification.AlgorithmName": "give TrainingImage instead",
    "AlgorithmSpecification.ContainerEntrypoint": "give a notebook as TrainingImage instead",
    "AlgorithmSpecification.ContainerArguments": "give a notebook as TrainingImage instead",
    "AlgorithmSpecification.TrainingImageConfig": "images are not pulled here; leave it out",
}


def check(params: Mapping[str, Any], objects: Objects, roots: Sequence[Path]) -> None:
    """Refuse what cannot be run as asked.

    Args:
        params: as the API's model has them.
        roots: folders whose notebooks may be run by path.

    Raises:
        AwsError: names the field, its value and what was expected.
    """
    for path, why in REFUSED.items():
        value = _at(params, path)
        if value not in (None, "", False):
            raise ValidationException(f"{path} is not offered: {why}")
    specification = params.get("AlgorithmSpecification") or {}
    image = specification.get("TrainingImage")
    if not image:
        raise ValidationException(
            "AlgorithmSpecification.TrainingImage is missing: expected the URI of a "
            "built-in algorithm's image or of a notebook"
        )
    given = params.get("HyperParameters") or {}
    found = code.resolve(image, objects, roots)
    _check_resources(params, found)
    if found.framework is not None:
        _check_script(given, params.get("Environment") or {}, objects)
    elif found.algorithm is None:
        _check_names(given)
        _check_kernel((params.get("Environment") or {}).get(code.KERNEL))
    else:
        try:
            found.algorithm.check(given)
        except HyperparameterError as error:
            raise ValidationException(str(error)) from None
    for each in specification.get("MetricDefinitions") or ():
        _check_pattern(each)
    _check_data(params, found, objects)


def _check_resources(params: Mapping[str, Any], found: code.Code) -> None:
    resources = params.get("ResourceConfig") or {}
    kind, count = resources.get("InstanceType"), resources.get("InstanceCount")
    if not kind or not count:
        raise ValidationException(
            "ResourceConfig: expected InstanceType (such as ml.m5.large) and InstanceCount 1"
        )
    try:
        instance(kind)
    except ValueError as error:
        raise ValidationException(f"ResourceConfig.InstanceType: {error}") from None
    if count > 1:
        why = found.algorithm.max_instances_reason if found.algorithm else "expected 1"
        raise ValidationException(f"ResourceConfig.InstanceCount {count}: {why}; expected 1")
    stopping = params.get("StoppingCondition") or {}
    longest = stopping.get("MaxRuntimeInSeconds", DAY)
    if "MaxWaitTimeInSeconds" in stopping:
        if not params.get("EnableManagedSpotTraining"):
            raise ValidationException(
                "StoppingCondition.MaxWaitTimeInSeconds: expected only with "
                "EnableManagedSpotTraining true"
            )
        if stopping["MaxWaitTimeInSeconds"] < longest:
            raise ValidationException(
                f"StoppingCondition.MaxWaitTimeInSeconds "
                f"{stopping['MaxWaitTimeInSeconds']}: expected at least "
                f"MaxRuntimeInSeconds ({longest})"
            )


def _check_data(params: Mapping[str, Any], found: code.Code, objects: Objects) -> None:
    mode = params["AlgorithmSpecification"]["TrainingInputMode"]
    config = params.get("InputDataConfig") or ()
    channels.check(config, mode=mode, pipe=found.algorithm is not None)
    if found.algorithm is not None:
        _check_channels(found.algorithm, config)
    for channel in config:
        source = channel["DataSource"]["S3DataSource"]
        uri = S3Uri.parse(source["S3Uri"])
        _need_bucket(objects, f"channel {channel['ChannelName']!r}", uri)
        if next(objects.list(uri.bucket, uri.key), None) is None:
            raise ValidationException(
                f"No S3 objects found under S3 URL {str(uri)!r} given in input data source "
                f"of channel {channel['ChannelName']!r}; look with: aws s3 ls {uri}"
            )
    for where in ("OutputDataConfig.S3OutputPath", "CheckpointConfig.S3Uri"):
        text = _at(params, where)
        if text is not None:
            _need_bucket(objects, where, _uri(where, text))


def _uri(where: str, text: str) -> S3Uri:
    """The URI in a field. What S3 would call its fault is SageMaker's ValidationException."""
    try:
        return S3Uri.parse(text)
    except ValidationException as error:
        raise ValidationException(f"{where}: {error.message}") from None


def _need_bucket(objects: Objects, where: str, uri: S3Uri) -> None:
    if not objects.has_bucket(uri.bucket):
        raise ValidationException(
            f"{where}: bucket {uri.bucket!r} does not exist; "
            f"make it with: aws s3 mb s3://{uri.bucket}"
        )


def _at(params: Mapping[str, Any], path: str) -> Any:
    found: Any = params
    for name in path.split("."):
        found = (found or {}).get(name)
    return found


def _check_names(given: Mapping[str, str]) -> None:
    for name in given:
        if not name.isidentifier() or keyword.iskeyword(name):
            raise ValidationException(
                f"HyperParameters: {name!r} cannot be a notebook's parameter; "
                "expected a Python name such as learning_rate"
            )


def _check_script(
    given: Mapping[str, str], environment: Mapping[str, str], objects: Objects
) -> None:
    try:
        launch = Launch.of(given, environment)
    except LaunchError as error:
        raise ValidationException(str(error)) from None
    uri = _uri(f"HyperParameters: {SOURCE}", launch.source)
    _need_bucket(objects, f"HyperParameters: {SOURCE}", uri)
    if not objects.exists(uri.bucket, uri.key):
        raise ValidationException(
            f"HyperParameters: {SOURCE} {launch.source!r} is not there; upload it with: "
            f"tar czf sourcedir.tar.gz -C FOLDER . && aws s3 cp sourcedir.tar.gz {uri}"
        )


def _check_kernel(name: str | None) -> None:
    if name is None:
        return
    from jupyter_client.kernelspec import KernelSpecManager

    known = KernelSpecManager().find_kernel_specs()
    if name not in known:
        raise ValidationException(
            f"Environment: {code.KERNEL} is {name!r}; expected one of "
            f"{', '.join(sorted(known))}; list them with: jupyter kernelspec list"
        )


def _check_pattern(definition: Mapping[str, str]) -> None:
    text = definition["Regex"]
    try:
        groups = re.compile(text).groups
    except re.error as error:
        raise ValidationException(
            f"MetricDefinitions: {definition['Name']!r} has the regular expression {text!r}, "
            f"which is wrong: {error}"
        ) from None
    if groups < 1:
        raise ValidationException(
            f"MetricDefinitions: {definition['Name']!r} has the regular expression {text!r}; "
            "expected one group around the number, such as loss=([0-9.]+)"
        )


def _check_channels(algorithm: Any, config: Sequence[Mapping[str, Any]]) -> None:
    known = {channel.name: channel for channel in algorithm.channels}
    given = {channel["ChannelName"]: channel for channel in config}
    for name, channel in given.items():
        if name not in known:
            raise ValidationException(
                f"channel {name!r} is not one of {algorithm.name}'s: {', '.join(known)}"
            )
        kind = channel.get("ContentType")
        bare = (kind or "").split(";")[0].strip().lower()
        if kind and bare not in known[name].content_types:
            raise ValidationException(
                f"channel {name!r}: {algorithm.name} does not read ContentType {kind!r}; "
                f"expected one of {', '.join(known[name].content_types)}"
            )
    for name, wanted in known.items():
        if wanted.required and name not in given:
            raise ValidationException(
                f"InputDataConfig: {algorithm.name} needs the channel {name!r}"
            )
