from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from studio_ext.algorithms import catalogue
from studio_ext.algorithms.hyperparameters import HyperparameterError, Kind, defaults

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5", "xgboost"),
        ("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1", "xgboost"),
        ("257758044811.dkr.ecr.us-east-2.amazonaws.com/sagemaker-xgboost:1.2-2-cpu-py3", "xgboost"),
        ("811284229777.dkr.ecr.us-east-1.amazonaws.com/xgboost:latest", "xgboost"),
        ("382416733822.dkr.ecr.us-east-1.amazonaws.com/linear-learner:1", "linear-learner"),
        ("387376663083.dkr.ecr.cn-north-1.amazonaws.com.cn/linear-learner:1", "linear-learner"),
        ("linear-learner", "linear-learner"),
        ("localhost:5000/sagemaker-xgboost:1.7-1", "xgboost"),
        (
            "1.dkr.ecr.eu-west-1.amazonaws.com/linear-learner@sha256:" + "a" * 64,
            "linear-learner",
        ),
    ],
)
def test_images_of_any_registry(image: str, name: str) -> None:
    assert catalogue.resolve(image).name == name
    assert catalogue.find(image) is catalogue.named(name)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ("1.dkr.ecr.us-east-1.amazonaws.com/kmeanz:1", "not a built-in algorithm; known are"),
        ("1.dkr.ecr.us-east-1.amazonaws.com/me/xgboost:1", "not a built-in algorithm"),
        ("", "image '' is not a built-in"),
        ("x/../xgboost", "not a built-in"),
        ("sagemaker-xgboost:nightly", "has the tag 'nightly', which is not known for xgboost"),
    ],
)
def test_other_images(image: str, message: str) -> None:
    with pytest.raises(catalogue.UnknownImage, match=re.escape(message)) as caught:
        catalogue.resolve(image)
    assert image in str(caught.value)
    assert catalogue.find(image) is None


def test_unknown_name() -> None:
    with pytest.raises(catalogue.UnknownImage, match="'nobody' is not a built-in"):
        catalogue.named("nobody")


def test_the_catalogue_imports_no_numerical_library() -> None:
    heavy = {"numpy", "pandas", "xgboost", "scipy", "matplotlib", "faiss", "fasttext", "torch"}
    code = f"import sys, studio_ext.algorithms.catalogue as c; print({heavy} & sys.modules.keys())"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("algorithm", catalogue.ALGORITHMS, ids=lambda a: a.name)
def test_what_an_algorithm_promises_is_there(algorithm: catalogue.Algorithm) -> None:
    assert (ROOT / "notebooks" / algorithm.notebook).is_file()
    assert (ROOT / Path(*algorithm.package.split(".")) / "training.py").is_file()
    assert (ROOT / Path(*algorithm.package.split(".")) / "serving.py").is_file()
    names = [h.name for h in algorithm.hyperparameters]
    assert len(names) == len(set(names))
    defaults(algorithm.hyperparameters)  # each is valid by its own rules
    for one in algorithm.hyperparameters:
        assert one.help.endswith("."), one.name
        assert (one.kind is Kind.CATEGORICAL) == bool(one.choices), one.name
        assert algorithm.hyperparameter(one.name) is one
    for definition in algorithm.metric_definitions():
        assert re.compile(definition["Regex"]).groups == 1
    assert not algorithm.metrics or {m.name for m in algorithm.metrics if m.tunable}


def test_check_names_rules_too() -> None:
    with pytest.raises(HyperparameterError, match="num_class is missing"):
        catalogue.named("xgboost").check({"num_round": "1", "objective": "multi:softmax"})
