from __future__ import annotations

import gzip
import json
import re
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from studio_ext.algorithms.deepar import loop, pictures, training
from studio_ext.algorithms.deepar.calendar import lags_of, stamps
from studio_ext.algorithms.deepar.contract import DEEPAR, LIKELIHOODS
from studio_ext.algorithms.deepar.likelihoods import distribution
from studio_ext.algorithms.deepar.lstm import Layers
from studio_ext.algorithms.deepar.series import SeriesData
from studio_ext.algorithms.deepar.training import Fit
from studio_ext.algorithms.hyperparameters import HyperparameterError
from studio_ext.formats.errors import DataError, UnsupportedContentType
from tests.algorithms.deepar.data import daily, hold_out, series

TINY = {
    "time_freq": "1D", "context_length": "7", "prediction_length": "5", "epochs": "2",
    "num_cells": "6", "mini_batch_size": "16", "num_eval_samples": "20", "learning_rate": "0.01",
}  # fmt: skip
LONGER = {"epochs": "20", "num_cells": "12", "mini_batch_size": "64", "learning_rate": "0.03",
          "num_layers": "1"}  # fmt: skip


def fit(data: SeriesData | None = None, **given: str) -> Fit:
    return training.train(TINY | given, data or hold_out(daily(), 5), "model")


def featured(seed: int = 0) -> SeriesData:
    """Two kinds of series, and a feature that says what comes."""
    rng = np.random.default_rng(seed)
    every = []
    for number in range(8):
        known = rng.normal(size=(1, 60)).astype(np.float32)
        target = 10 + 5 * (number % 2) + 3 * known[0]
        every.append(series(target, cat=[number % 2], dynamic=known))
    return hold_out(every, 5)


CHANGES: list[tuple[str, str, dict[str, str]]] = [
    ("time_freq", "12H", {}),
    ("context_length", "3", {}),
    ("prediction_length", "3", {}),
    ("epochs", "1", {}),
    ("cardinality", "ignore", {}),
    ("cardinality", "[4]", {}),
    ("dropout_rate", "0.5", {}),
    ("early_stopping_patience", "1", {"learning_rate": "0.8", "epochs": "12"}),
    ("embedding_dimension", "3", {}),
    ("learning_rate", "0.001", {}),
    *(("likelihood", name, {}) for name in ("gaussian", "deterministic-L1")),
    ("mini_batch_size", "8", {}),
    ("num_cells", "5", {}),
    ("num_dynamic_feat", "ignore", {}),
    ("num_layers", "1", {}),
]


@pytest.mark.parametrize(("name", "value", "others"), CHANGES)
def test_a_hyperparameter_changes_the_model(name: str, value: str, others: dict[str, str]) -> None:
    data = featured()
    without = fit(data, **others)
    given = fit(data, **others, **{name: value})
    assert given.history["train"]["loss"] != without.history["train"]["loss"]


def test_the_same_data_gives_the_same_model() -> None:
    torch.rand(3)
    first = fit()
    torch.rand(5)
    assert fit().metrics == first.metrics


def test_what_only_judges() -> None:
    few, many = fit(num_eval_samples="5"), fit(test_quantiles="[0.05, 0.5]")
    assert few.history == many.history
    assert few.metrics["test"] != many.metrics["test"]
    names = [name for name in many.metrics["test"] if name.startswith("wQ")]
    assert names == ["wQuantileLoss[0.05]", "wQuantileLoss[0.5]"]


def test_no_hyperparameter_is_forgotten() -> None:
    tested_ones = {name for name, _, _ in CHANGES} | {"num_eval_samples", "test_quantiles"}
    assert {h.name for h in DEEPAR.hyperparameters} == tested_ones


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_every_likelihood_learns(likelihood: str) -> None:
    kind = {"negative-binomial": "counts", "beta": "shares"}.get(likelihood, "level")
    every = daily(kind=kind)
    done = fit(hold_out(every, 5), likelihood=likelihood, **LONGER)
    actual = np.array([one.target[-5:] for one in every])
    assert done.metrics["test"]["RMSE"] < 0.6 * actual.std()
    losses = done.history["train"]["loss"]
    assert losses[-1] < losses[0]
    drawn = done.backtest.quantile(0.9) - done.backtest.quantile(0.1)
    assert (drawn == 0).all() if likelihood == "deterministic-L1" else (drawn > 0).mean() > 0.9
    if likelihood == "negative-binomial":
        assert (done.backtest.quantile(0.5) % 0.5 == 0).all()


def test_a_known_feature_and_a_category_help() -> None:
    told = fit(featured(), **LONGER).metrics["test"]["RMSE"]
    blind = fit(featured(), **LONGER, num_dynamic_feat="ignore").metrics["test"]["RMSE"]
    assert told < 0.6 * blind


def test_missing_values_are_not_learnt_from() -> None:
    every = daily(points=80)
    for one in every:
        one.target[10:20] = np.nan
        one.target[-2] = np.nan
    done = fit(hold_out(every, 5))
    assert np.isfinite(done.metrics["test"]["RMSE"])
    spoilt = hold_out([series(np.nan_to_num(one.target)) for one in every], 5)
    assert fit(spoilt).metrics["test"]["RMSE"] != done.metrics["test"]["RMSE"]


def test_short_series_are_left_out_with_a_notice(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [{"start": "2024-01-01", "target": [1, 2, 3]}, {"start": "2024-01-01 00:00:00",
             "target": list(range(30))}]  # fmt: skip
    Path("train.json").write_text("\n".join(json.dumps(line) for line in lines))
    data = training.read_data(TINY, {"train": {"path": "train.json", "content_type": None}})
    assert "notice: 1 time series of channel 'train' are left out" in capsys.readouterr().out
    assert np.isfinite(fit(data).metrics["train"]["final_loss"])


def test_zoneout_keeps_old_states() -> None:
    torch.manual_seed(0)
    layers, inputs = Layers(3, 5, 2, 0.3), torch.randn(4, 6, 3)
    assert not torch.equal(layers(inputs)[0], layers(inputs)[0])
    layers.eval()
    whole, _ = layers(inputs)
    first, states = layers(inputs[:2])
    second, _ = layers(inputs[2:], states)
    torch.testing.assert_close(torch.cat([first, second]), whole)


def test_without_zoneout_it_is_torchs_lstm() -> None:
    torch.manual_seed(0)
    layers, theirs = Layers(3, 5, 1, 0.0), torch.nn.LSTM(3, 5)
    i, f, g, o = theirs.weight_hh_l0.detach().chunk(4)
    layers.recurrent[0].data = torch.cat([i, f, o, g]).t().contiguous()
    i, f, g, o = theirs.weight_ih_l0.detach().chunk(4)
    layers.inputs[0].weight.data = torch.cat([i, f, o, g])
    i, f, g, o = (theirs.bias_ih_l0 + theirs.bias_hh_l0).detach().chunk(4)
    layers.inputs[0].bias.data = torch.cat([i, f, o, g])
    inputs = torch.randn(7, 2, 3)
    torch.testing.assert_close(layers(inputs)[0], theirs(inputs)[0])


@pytest.mark.parametrize("name", [name for name in LIKELIHOODS if name != "deterministic-L1"])
def test_a_distribution_scales(name: str) -> None:
    numbers = torch.randn(4, 3)
    one = distribution(name, numbers, torch.ones(4)).mean
    ten = distribution(name, numbers, torch.full((4,), 10.0)).mean
    torch.testing.assert_close(ten, one if name == "beta" else 10 * one, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("frequency", "lags", "second"),
    [
        ((1, "M"), {1, 12, 24, 36}, "2024-02-01T00:00"),
        ((1, "W"), {1, 52}, "2024-01-08T00:00"),
        ((1, "D"), {1, 7, 28, 364}, "2024-01-02T00:00"),
        ((1, "H"), {1, 24, 168}, "2024-01-01T01:00"),
        ((5, "min"), {1, 12, 288, 2016}, "2024-01-01T00:05"),
        ((30, "min"), {1, 2, 48, 336}, "2024-01-01T00:30"),
    ],
)
def test_frequencies(frequency: Any, lags: set[int], second: str) -> None:
    assert lags <= set(lags_of(frequency, 10_000))
    assert max(lags_of(frequency, 10)) < 10
    assert str(stamps(np.datetime64("2024-01-01", "s"), frequency, 0, 2)[1]) == second


def test_the_log_is_as_clients_parse_it(capsys: pytest.CaptureFixture[str]) -> None:
    done = fit()
    out = capsys.readouterr().out
    found = {m.name: [float(v) for v in re.findall(m.regex, out)] for m in DEEPAR.metrics}
    test = done.metrics["test"]
    assert found["test:RMSE"] == [pytest.approx(test["RMSE"], rel=1e-4)]
    assert found["test:mean_wQuantileLoss"] == [pytest.approx(test["mean_wQuantileLoss"], rel=1e-4)]
    assert found["train:loss"] == pytest.approx(done.history["train"]["loss"], rel=1e-4)
    assert found["train:final_loss"] == found["train:loss"][-1:]
    assert "#progress_metric: host=algo-1, completed 50 % of epochs" in out
    assert re.search(r"#throughput_metric: host=algo-1, train throughput=\S+ records/second", out)
    assert "#test_score (algo-1, wQuantileLoss[0.9]): " in out


def test_metrics_are_those_of_their_definition() -> None:
    done = fit()
    actual, found = done.backtest.actual, done.backtest
    below = found.quantile(0.3)
    pinball = np.where(actual > below, 0.3 * (actual - below), 0.7 * (below - actual))
    assert done.metrics["test"]["wQuantileLoss[0.3]"] == pytest.approx(
        2 * pinball.sum() / np.abs(actual).sum(), rel=1e-4
    )
    assert done.metrics["test"]["RMSE"] == pytest.approx(
        np.sqrt(np.mean((actual - found.mean) ** 2)), rel=1e-4
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"time_freq": "5m"}, "time_freq: '5m' is not valid; expected an integer followed by M"),
        ({"time_freq": "0H"}, "time_freq: '0H' is not valid"),
        ({"cardinality": "[2, x]"}, "expected auto, ignore or an array of positive integers"),
        ({"num_dynamic_feat": "-1"}, "expected auto, ignore or a positive integer"),
        ({"test_quantiles": "[0.5, 1]"}, "expected an array of numbers above 0 and below 1"),
        ({"likelihood": "poisson"}, "expected one of student-T, gaussian"),
        ({"dropout_rate": "1"}, "dropout_rate: '1' is not valid"),
        ({"prediction_length": "0"}, "expected an integer at least 1"),
    ],
)
def test_what_is_wrong_in_hyperparameters(given: dict[str, str], message: str) -> None:
    with pytest.raises(HyperparameterError) as caught:
        DEEPAR.check(TINY | given)
    assert message in str(caught.value)
    with pytest.raises(HyperparameterError, match="time_freq is missing"):
        DEEPAR.check({})


GOOD = '{"start": "2024-01-01", "target": [1,2,3,4,5,6]}\n'


@pytest.mark.parametrize(
    ("given", "text", "message"),
    [
        ({}, "{\n", "train.json: line 1 is not valid JSON"),
        ({}, "[1]", "line 1 is [1]; expected an object with start, target"),
        ({}, '{"target": [1]}', "line 1 has no start; expected start and target"),
        ({}, GOOD + '{"start": "monday", "target": [1]}', "line 2: start is 'monday'; expected"),
        ({}, '{"start": "2024-01-01 00:00:00Z", "target": [1]}', "without a time zone"),
        ({}, '{"start": "2024-01-01", "target": []}', "target is empty"),
        ({}, '{"start": "2024-01-01", "target": [1, "x"]}', "could not convert string to float"),
        ({}, '{"start": "2024-01-01", "target": [1, 1e99]}', "an infinite value at point 2"),
        ({}, '{"start": "2024-01-01", "target": [[1]]}', "expected a list of numbers"),
        ({}, '{"start": "2024-01-01", "target": [1], "cat": [-1]}', "expected whole numbers"),
        ({}, '{"start": "2024-01-01", "target": [1], "dynamic_feat": [[1], [1, 2]]}',
         "lists of different lengths"),
        ({}, '{"start": "2024-01-01", "target": [1], "dynamic_feat": [["NaN"]]}',
         "dynamic_feat 0 is missing at point 1"),
        ({}, GOOD.replace("}", ', "dynamic_feat": [[1]]}'), "has 1 points in dynamic_feat"),
        ({}, GOOD + GOOD.replace("}", ', "cat": [1]}'), "series 2 has 1 values in cat"),
        ({"cardinality": "[2]"}, GOOD, "has 0 values in cat; expected 1"),
        ({"cardinality": "[2]"}, GOOD.replace("}", ', "cat": [2]}'), "a whole number from"),
        ({"num_dynamic_feat": "2"}, GOOD, "has 0 dynamic_feat; expected 2"),
        ({"likelihood": "beta"}, GOOD, "has the target 1; expected numbers above 0 and below 1"),
        ({"likelihood": "negative-binomial"}, GOOD.replace("5", "5.5"), "has the target 5.5"),
        ({}, '{"start": "2024-01-01", "target": [1, 2]}', "no time series of more than"),
        ({}, "\n\n", "has no time series"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_data(given: dict[str, str], text: str, message: str) -> None:
    Path("train.json").write_text(text)
    with pytest.raises(DataError) as caught:
        training.read_data(TINY | given, {"train": {"path": "train.json"}})
    assert message in str(caught.value)


def test_what_is_wrong_in_channels() -> None:
    Path("a.txt").write_text(GOOD)
    with pytest.raises(UnsupportedContentType, match=r"a\.txt has the content type 'text/csv'"):
        training.read_data(TINY, {"train": {"path": "a.txt", "content_type": "text/csv"}})
    with pytest.raises(DataError, match="channel 'train' is missing"):
        training.read_data(TINY, {"test": {"path": "a.txt"}})
    with pytest.raises(DataError, match="channel 'validation' is not known"):
        training.read_data(TINY, {"validation": {"path": "a.txt"}})


def test_every_format_reads_the_same() -> None:
    records = [
        {"start": "2024-01-01 00:00:00", "target": [1.0, None, 3.0, 4, 5, 6], "cat": [1],
         "dynamic_feat": [[0.5] * 6]},
        {"start": "2024-02-01 12:30:00", "target": [1.5] * 7, "cat": [0],
         "dynamic_feat": [[1.5] * 7]},
    ]  # fmt: skip
    text = "\n".join(json.dumps(record) for record in records).replace("null", '"NaN"')
    Path("json").mkdir()
    Path("json/_SUCCESS").write_text("x")
    Path("json/a.json").write_text(text)
    Path("a.json.gz").write_bytes(gzip.compress(text.encode()))
    frame = pd.DataFrame(records)
    frame.to_parquet("a.parquet", compression="gzip")
    frame.assign(start=pd.to_datetime(frame["start"])).to_parquet("b.parquet")
    found = []
    for path in ("json", "a.json.gz", "a.parquet", "b.parquet"):
        data = training.read_data(TINY, {"train": {"path": path, "content_type": "json"}})
        assert "time_freq" not in repr(data.summary())
        found.append([(s.start, s.target.tolist(), s.cat, s.dynamic.tolist()) for s in data.train])
    assert repr(found[0]) == repr(found[1]) == repr(found[2]) == repr(found[3])
    assert np.isnan(found[0][0][1][1])


def test_a_model_that_diverges_says_so() -> None:
    with pytest.raises(DataError, match="training diverged"):
        fit(learning_rate="1e30", likelihood="gaussian", epochs="3")
    assert not Path("model").exists()


def test_a_stopped_job_keeps_its_model(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = loop.Training._epoch

    def stop(self: loop.Training, optimizer: Any) -> float:
        if self.losses:
            signal.raise_signal(signal.SIGINT)
        return whole(self, optimizer)

    monkeypatch.setattr(loop.Training, "_epoch", stop)
    with pytest.raises(KeyboardInterrupt):
        fit()
    assert [path.name for path in Path("model").iterdir()] == ["model_algo-1"]


def test_pictures() -> None:
    done = fit()
    fans = pictures.fans(done.backtest)
    assert "Forecasts of the last 5 points of 8 test series" in repr(fans)
    assert len(fans.png) > 3000
    assert "Share of true values at or below each quantile: 0.1: " in repr(
        pictures.calibration(done.backtest)
    )
