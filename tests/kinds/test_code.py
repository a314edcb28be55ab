"""What an image names."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio_ext.errors import ValidationException
from studio_ext.kinds import code
from studio_ext.kinds.job import Surroundings

from .jobs import BUCKET, XGBOOST, surroundings


@pytest.fixture
def around(tmp_path: Path) -> Surroundings:
    return surroundings(tmp_path)


def resolve(image: str, around: Surroundings) -> code.Code:
    return code.resolve(image, around.objects, around.roots())


def test_an_algorithm_has_a_notebook_that_came_with_studio(around: Surroundings) -> None:
    found = resolve(XGBOOST, around)
    assert found.algorithm is not None
    assert found.algorithm.name == "xgboost"
    assert Path(found.notebook).is_file()
    with pytest.raises(FileNotFoundError, match=r"notebooks/none.ipynb did not come"):
        code.shipped("none.ipynb")


def test_a_notebook_in_a_bucket(around: Surroundings) -> None:
    uri = f"s3://{BUCKET}/code/own.ipynb"
    assert resolve(uri, around) == code.Code(uri)


def test_a_notebook_under_a_served_folder(around: Surroundings, tmp_path: Path) -> None:
    path = tmp_path / "root" / "a b%.ipynb"
    path.write_text("{}")
    for image in ("a b%.ipynb", "./a b%.ipynb", str(path), path.as_uri()):
        assert resolve(image, around) == code.Code(str(path))
    (tmp_path / "root" / "link.ipynb").symlink_to(path)
    assert resolve("link.ipynb", around) == code.Code(str(path))


@pytest.mark.parametrize(
    "image", ["../out.ipynb", "x/../../out.ipynb", "link.ipynb", "deep/out.ipynb", "dir.ipynb"]
)
def test_nothing_outside_is_reached(around: Surroundings, tmp_path: Path, image: str) -> None:
    (tmp_path / "out.ipynb").write_text("{}")
    root = tmp_path / "root"
    (root / "link.ipynb").symlink_to(tmp_path / "out.ipynb")
    (root / "deep").symlink_to(tmp_path)
    (root / "dir.ipynb").mkdir()
    with pytest.raises(ValidationException, match=f"{image}.* is in no folder .*{root}"):
        resolve(image, around)


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("s3://here/none.ipynb", "aws s3 cp none.ipynb s3://here/none.ipynb"),
        ("s3://nowhere/a.ipynb", "is not there"),
        ("s3://here/../a.ipynb", "'s3://here/../a.ipynb'"),
        ("mine:latest", "s3://bucket/name.ipynb or folder/name.ipynb"),
    ],
)
def test_what_names_nothing(around: Surroundings, image: str, words: str) -> None:
    with pytest.raises(ValidationException) as refused:
        resolve(image, around)
    assert words in refused.value.message
    assert refused.value.code == "ValidationException"


def test_without_served_folders_it_says_how_to_serve_one(around: Surroundings) -> None:
    with pytest.raises(ValidationException, match=r"\(none; start with: studio start --root DIR"):
        code.resolve("a.ipynb", around.objects, ())
