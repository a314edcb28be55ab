"""Which image is which algorithm.

SageMaker's algorithms are named by container images in registries that differ by region and
partition, such as ``683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5``. Here
the repository's name decides and the registry is not looked at; the tag must be one that AWS
documents, and the job's notebook runs with the library version installed.
"""

from __future__ import annotations

import re
from functools import cache

from studio_ext.algorithms.algorithm import Algorithm
from studio_ext.algorithms.blazingtext.contract import BLAZINGTEXT
from studio_ext.algorithms.deepar.contract import DEEPAR
from studio_ext.algorithms.factorization_machines.contract import FACTORIZATION_MACHINES
from studio_ext.algorithms.image_classification.contract import IMAGE_CLASSIFICATION
from studio_ext.algorithms.ipinsights.contract import IPINSIGHTS
from studio_ext.algorithms.kmeans.contract import KMEANS
from studio_ext.algorithms.knn.contract import KNN
from studio_ext.algorithms.lda.contract import LDA
from studio_ext.algorithms.linear_learner.contract import LINEAR_LEARNER
from studio_ext.algorithms.ntm.contract import NTM
from studio_ext.algorithms.object2vec.contract import OBJECT2VEC
from studio_ext.algorithms.object_detection.contract import OBJECT_DETECTION
from studio_ext.algorithms.pca.contract import PCA
from studio_ext.algorithms.random_cut_forest.contract import RANDOM_CUT_FOREST
from studio_ext.algorithms.semantic_segmentation.contract import SEMANTIC_SEGMENTATION
from studio_ext.algorithms.xgboost.contract import XGBOOST

ALGORITHMS: tuple[Algorithm, ...] = (
    XGBOOST,
    BLAZINGTEXT,
    DEEPAR,
    FACTORIZATION_MACHINES,
    IMAGE_CLASSIFICATION,
    IPINSIGHTS,
    KMEANS,
    KNN,
    LDA,
    LINEAR_LEARNER,
    NTM,
    OBJECT2VEC,
    OBJECT_DETECTION,
    PCA,
    RANDOM_CUT_FOREST,
    SEMANTIC_SEGMENTATION,
)

IMAGE = re.compile(
    r"(?:(?P<registry>[A-Za-z0-9.-]+\.[A-Za-z0-9.-]+(?::\d+)?|localhost:\d+)/)?"
    r"(?P<repository>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)"
    r"(?::(?P<tag>[\w][\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)


class UnknownImage(LookupError):
    """An image that is no built-in algorithm."""


def resolve(image: str) -> Algorithm:
    """The algorithm of an image URI of any registry, region and partition.

    Raises:
        UnknownImage: names the image and what is known.
    """
    found = IMAGE.fullmatch(image.strip())
    algorithm = _by_repository().get(found["repository"]) if found else None
    if found is None or algorithm is None:
        raise UnknownImage(
            f"image '{image}' is not a built-in algorithm; known are "
            f"{', '.join(sorted(_by_repository()))}"
        )
    if found["tag"] and not re.fullmatch(algorithm.tags, found["tag"]):
        raise UnknownImage(
            f"image '{image}' has the tag '{found['tag']}', which is not known for "
            f"{algorithm.name}; expected one that matches {algorithm.tags}"
        )
    return algorithm


def find(image: str) -> Algorithm | None:
    """``resolve``, or None for an image that names no built-in algorithm."""
    try:
        return resolve(image)
    except UnknownImage:
        return None


def named(name: str) -> Algorithm:
    """The algorithm of SageMaker's name, such as ``linear-learner``.

    Raises:
        UnknownImage: no algorithm has the name.
    """
    for algorithm in ALGORITHMS:
        if algorithm.name == name:
            return algorithm
    raise UnknownImage(
        f"'{name}' is not a built-in algorithm; known are {', '.join(a.name for a in ALGORITHMS)}"
    )


@cache
def _by_repository() -> dict[str, Algorithm]:
    return {image: algorithm for algorithm in ALGORITHMS for image in algorithm.images}
