"""What a job runs: an algorithm's notebook or the user's own, named by ``TrainingImage``.

====================================================  ===========================================
``…dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5``  a built-in algorithm, any region
``…/mxnet-training:1.9.0-cpu-py38``                   a framework, for a script of the user's
``s3://bucket/folder/mine.ipynb``                     a notebook in a bucket
``folder/mine.ipynb`` or ``file:///root/mine.ipynb``  a notebook under a folder that Studio serves
====================================================  ===========================================
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ..algorithms import catalogue
from ..algorithms.algorithm import Algorithm
from ..bucket.objects import Objects
from ..bucket.uri import S3Uri
from ..errors import ValidationException
from ..frameworks import catalogue as frameworks
from ..frameworks.framework import Framework

# The variable in a job's Environment that names the kernel of its notebook, instead of its own.
KERNEL = "STUDIO_KERNEL"


@dataclass(frozen=True, slots=True)
class Code:
    """A notebook: a path or an ``s3://`` URI, and what it belongs to, unless it is the user's."""

    notebook: str
    algorithm: Algorithm | None = None
    framework: Framework | None = None

    @property
    def is_shipped(self) -> bool:
        """Whether the notebook is one of ours, which knows its job."""
        return self.algorithm is not None or self.framework is not None


def shipped(name: str) -> Path:
    """The path of a notebook that came with Studio, such as ``algorithms/xgboost.ipynb``."""
    package = Path(__file__).parents[1]
    for root in (package / "_shipped" / "notebooks", package.parent / "notebooks"):
        if (root / name).is_file():
            return root / name
    raise FileNotFoundError(f"notebooks/{name} did not come with this installation")


def resolve(image: str, objects: Objects, roots: Sequence[Path]) -> Code:
    """What ``image`` names.

    Args:
        roots: folders whose notebooks may be run by path.

    Raises:
        ValidationException: names the image and what was expected.
    """
    if image.endswith(".ipynb"):
        if image.startswith("s3://"):
            return Code(_object(image, objects))
        return Code(str(_file(image, roots)))
    try:
        framework = frameworks.find(image)
        if framework is not None:
            return Code(str(shipped(framework.notebook)), framework=framework)
        algorithm = catalogue.resolve(image)
    except catalogue.UnknownImage as error:
        raise ValidationException(
            f"{error}; a notebook of yours runs as s3://bucket/name.ipynb or folder/name.ipynb"
        ) from None
    return Code(str(shipped(algorithm.notebook)), algorithm)


def _object(text: str, objects: Objects) -> str:
    try:
        uri = S3Uri.parse(text)
    except ValidationException as error:
        raise ValidationException(f"notebook {error.message}") from None
    if not objects.has_bucket(uri.bucket) or not objects.exists(uri.bucket, uri.key):
        raise ValidationException(
            f"notebook {text!r} is not there; upload it with: aws s3 cp "
            f"{os.path.basename(uri.key)} {text}"
        )
    return str(uri)


def _file(text: str, roots: Sequence[Path]) -> Path:
    path = Path(unquote(urlsplit(text).path) if text.startswith("file://") else text)
    for root in roots:
        inside = Path(os.path.realpath(root))
        found = Path(os.path.realpath(inside / path))  # a link must not lead outside either
        if found.is_relative_to(inside) and found.is_file():
            return found
    served = ", ".join(str(root) for root in roots) or "none; start with: studio start --root DIR"
    raise ValidationException(f"notebook {text!r} is in no folder that Studio serves ({served})")
