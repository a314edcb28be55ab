from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio_ext.algorithms.data import Data
from studio_ext.algorithms.xgboost import serving, training
from studio_ext.algorithms.xgboost.evaluation import evaluate
from studio_ext.algorithms.xgboost.folds import folds
from studio_ext.formats.errors import DataError
from studio_ext.formats.table import Table
from tests.algorithms.conftest import split


def test_folds_are_even_in_classes_and_cover_every_row_once() -> None:
    strata = np.array([0] * 50 + [1] * 10)
    found = list(folds(60, 5, 2, strata, np.random.default_rng(0)))
    assert len(found) == 10
    for repetition in (found[:5], found[5:]):
        assert sorted(np.concatenate([outside for _, outside in repetition])) == list(range(60))
        for inside, outside in repetition:
            assert strata[outside].sum() == 2
            assert not set(inside) & set(outside)
    assert found[0][1].tolist() != found[5][1].tolist()


@pytest.mark.parametrize(
    ("name", "given", "columns"),
    [
        ("digits", {"objective": "multi:softprob", "num_class": "10"}, 11),
        ("diabetes", {}, 2),
    ],
)
def test_cross_validation(
    name: str, given: dict[str, str], columns: int, capsys: pytest.CaptureFixture[str]
) -> None:
    data = split(name)
    given = {"num_round": "4", "_kfold": "3", "_num_cv_round": "2", "max_depth": "3", **given}
    fit = training.train(given, data, "model", "output", {})
    out = capsys.readouterr().out
    assert len(fit.models) == 6
    assert sorted(path.name for path in Path("model").iterdir()) == [
        f"xgboost-model-{number}" for number in range(6)
    ]
    assert [line for line in out.splitlines() if line.startswith("fold ")][-1] == "fold 6 of 6"
    assert out.splitlines()[-1].startswith("[4]#011train-")
    rows = np.loadtxt("output/predictions.csv", delimiter=",")
    labels = np.concatenate([table.labels for table in data.tables.values()])  # type: ignore[misc]
    assert rows.shape == (len(labels), columns)
    np.testing.assert_allclose(rows[:, 0], labels)
    assert evaluate(fit, data).metrics["validation"]
    body = ",".join(f"{value:.9g}" for value in data.train.features[0]).encode()
    assert serving.predict(serving.load("model"), body, "text/csv", "application/json")[0]


def test_what_cannot_be_cut() -> None:
    table = Table(np.ones((2, 1), np.float32), np.zeros(2, np.float32))
    for given, message in (
        ({"_kfold": "3"}, "_kfold: '3' folds of 2 rows"),
        ({"_kfold": "2", "objective": "rank:ndcg"}, "folds would cut the lists"),
    ):
        with pytest.raises(DataError, match=message):
            training.train({"num_round": "1", **given}, Data({"train": table}), "m", "o", {})
