"""Which images run as MXNet, and what is said of the others."""

from __future__ import annotations

import re

import pytest

from studio_ext.algorithms.catalogue import UnknownImage
from studio_ext.frameworks import catalogue

REGISTRY = "763104351884.dkr.ecr.us-east-1.amazonaws.com"

# As image_uris.retrieve of sagemaker 2.257 answers, for training.
IMAGES = (
    f"{REGISTRY}/mxnet-training:1.9.0-cpu-py38",
    f"{REGISTRY}/mxnet-training:1.9-cpu-py38",
    f"{REGISTRY}/mxnet-training:1.8.0-gpu-py37",
    f"{REGISTRY}/mxnet-training:1.6.0-cpu-py3",
    "727897471807.dkr.ecr.cn-north-1.amazonaws.com.cn/mxnet-training:1.4.1-cpu-py3",
    "520713654638.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-mxnet:1.3.0-cpu-py3",
    f"{REGISTRY}/mxnet-training:1.9.0-gpu-py38-cu112-ubuntu20.04-sagemaker",
)


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_of_any_registry(image: str) -> None:
    found = catalogue.find(image)
    assert found is not None
    assert found.name == "mxnet"


@pytest.mark.parametrize("image", ["sagemaker-xgboost:1.7-1", "s3://a/b.ipynb", "mxnet:1.9.0", ""])
def test_what_is_not_a_frameworks(image: str) -> None:
    assert catalogue.find(image) is None


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ("mxnet-inference:1.9.0-cpu-py38", "for inference; the one for training is mxnet-training"),
        ("sagemaker-mxnet-serving:1.4.0-cpu-py3", "MXNet's for inference"),
        ("sagemaker-mxnet:1.4.0-cpu-py2", "has the tag '1.4.0-cpu-py2', which does not run here"),
        ("sagemaker-mxnet:1.2.1-cpu-py3", "expected a version from 1.3 on for Python 3"),
        ("mxnet-training:2.0.0-cpu-py38", "has the tag '2.0.0-cpu-py38'"),
    ],
)
def test_what_cannot_train_says_why(image: str, message: str) -> None:
    with pytest.raises(UnknownImage, match=re.escape(message)):
        catalogue.find(f"{REGISTRY}/{image}")


def test_who_asked_for_something_else_is_told() -> None:
    framework = catalogue.FRAMEWORKS[0]
    version, gpu = catalogue.notices(IMAGES[2], framework)
    assert version == "the image has MXNet 1.8.0, the script runs with MXNet 1.9.1"
    assert "mxnet.gpu() fails" in gpu
    assert catalogue.notices("mxnet-training:1.9.1-cpu-py38", framework) == []
