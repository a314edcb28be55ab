"""Factorization Machines beside the same model in PyTorch, and beside logistic regression."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from studio_ext.algorithms.data import Data
from studio_ext.algorithms.factorization_machines.training import train
from studio_ext.formats.table import Table
from tests.algorithms.conftest import split

GIVEN = {"num_factors": "8", "epochs": "12", "mini_batch_size": "50", "bias_lr": "0.02",
         "linear_lr": "0.02", "factors_lr": "0.02", "bias_wd": "0", "linear_wd": "0",
         "factors_wd": "0", "factors_init_sigma": "0.05"}  # fmt: skip


def digits(seed: int) -> Data:
    """Whether a digit is even, from its thresholded pixels: sparse and 0 or 1."""
    data = split("digits", seed, test=True)
    return Data(
        {
            name: Table(
                sparse.csr_matrix((data.tables[name].features > 7).astype(np.float32)),
                (np.asarray(data.tables[name].labels) % 2 == 0).astype(np.float32),
            )
            for name in ("train", "test")
        }
    )


def diabetes(seed: int) -> Data:
    """The labels in their deviations, the features as scikit-learn scales them times 20."""
    data = split("diabetes", seed, test=True)
    mean, spread = data.train.labels.mean(), data.train.labels.std()
    return Data(
        {
            name: Table(data.tables[name].features * 20, (data.tables[name].labels - mean) / spread)
            for name in ("train", "test")
        }
    )


def clicks(seed: int, rows: int = 20_000) -> Data:
    """Users and things with hidden factors: what a linear model cannot learn."""
    rng = np.random.default_rng(seed)
    users, things = rng.normal(size=(200, 4)), rng.normal(size=(100, 4))
    user, thing = rng.integers(0, 200, rows), rng.integers(0, 100, rows)
    chance = 1 / (1 + np.exp(-(users[user] * things[thing]).sum(1)))
    columns = np.column_stack([user, 200 + thing]).ravel()
    matrix = sparse.csr_matrix(
        (np.ones(2 * rows, np.float32), columns, np.arange(0, 2 * rows + 1, 2)), (rows, 300)
    )
    labels = (rng.random(rows) < chance).astype(np.float32)
    cut = int(0.8 * rows)
    return Data(
        {
            "train": Table(matrix[:cut], labels[:cut]),
            "test": Table(matrix[cut:], labels[cut:]),
        }
    )


def in_torch(data: Data, given: dict[str, str], seed: int) -> Any:
    """Scores of the test rows, by a dense machine with autograd and torch's Adam."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    features = torch.tensor(data.train.dense())
    labels = torch.tensor(np.asarray(data.train.labels))
    width, rate = features.shape[1], float(given["factors_lr"])
    factors = torch.nn.Parameter(0.05 * torch.randn(width, int(given["num_factors"])))
    linear, bias = torch.nn.Parameter(torch.zeros(width)), torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.Adam([factors, linear, bias], rate)
    binary = given["predictor_type"] == "binary_classifier"
    loss = torch.nn.functional.binary_cross_entropy_with_logits
    loss = loss if binary else torch.nn.functional.mse_loss

    def score(x: Any) -> Any:
        pairs = (x @ factors) ** 2 - (x * x) @ (factors * factors)
        return bias + x @ linear + pairs.sum(1) / 2

    size = int(given["mini_batch_size"])
    for _ in range(int(given["epochs"])):
        for rows in torch.randperm(len(labels)).split(size):
            optimizer.zero_grad()
            loss(score(features[rows]), labels[rows]).backward()
            optimizer.step()
    with torch.no_grad():
        return score(torch.tensor(data.tables["test"].dense())).numpy()


@pytest.mark.parametrize("name", ["digits", "diabetes", "clicks"])
def test_it_is_as_good_as_torch(name: str, quality: Callable[..., None]) -> None:
    ours, theirs, plain = [], [], []
    kind = "regressor" if name == "diabetes" else "binary_classifier"
    given = {**GIVEN, "predictor_type": kind}
    if name == "clicks":
        given |= {"mini_batch_size": "500", "epochs": "8"}
    for seed in range(3):
        data = {"digits": digits, "diabetes": diabetes, "clicks": clicks}[name](seed)
        test = data.tables["test"]
        done = train({**given, "feature_dim": str(data.train.columns)}, data, "model")
        raw, other = done.model.raw(test.features), in_torch(data, given, seed)
        if name == "diabetes":
            ours.append(done.metrics["test"]["rmse"])
            theirs.append(float(np.sqrt(np.mean((other - test.labels) ** 2))))
            continue
        ours.append(float(roc_auc_score(test.labels, raw)))
        theirs.append(float(roc_auc_score(test.labels, other)))
        linear = LogisticRegression(max_iter=50).fit(data.train.features, data.train.labels)
        plain.append(float(roc_auc_score(test.labels, linear.decision_function(test.features))))
    metric = "rmse" if name == "diabetes" else "AUC"
    quality("Factorization Machines", name, metric, ours, "torch", theirs, higher=metric == "AUC")
    if plain:
        quality("Factorization Machines", name, "AUC", ours, "LogisticRegression", plain)
