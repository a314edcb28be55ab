"""Speed and quality of the algorithms on 100,000 rows of 30 features, against their peers.

    python -m tests.benchmarks.algorithms [rows]

Ours and the peer are run in turn, so that both meet the same neighbours; the medians and the
median of their ratios are printed. CPU counts, wall time is beside it.
"""

from __future__ import annotations

import contextlib
import io
import os
import statistics
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the runner sets it, before any import

import numpy as np

from studio_ext.algorithms import job, pictures
from studio_ext.algorithms.data import Data
from studio_ext.algorithms.linear_learner import training as linear
from studio_ext.algorithms.xgboost import evaluation, training
from studio_ext.formats import recordio
from studio_ext.formats.channel import read_channel
from studio_ext.formats.table import Table

Work = Callable[[], Any]
REPEATS = 3
COLUMNS = 30


def xgboost_job(
    hyperparameters: Mapping[str, str], channels: Mapping[str, Mapping[str, Any]], folder: Path
) -> dict[str, float]:
    """A training job's work without its notebook: read, train, judge, draw, save, pack.

    Returns:
        Seconds by stage.
    """
    clock, stages = time.perf_counter(), {}

    def done(stage: str) -> None:
        nonlocal clock
        now = time.perf_counter()
        stages[stage] = now - clock
        clock = now

    model, output = folder / "model", folder / "output"
    data = training.read_data(hyperparameters, channels)
    data.summary()._repr_html_()
    done("read")
    fit = training.train(hyperparameters, data, model, output, channels)
    done("train")
    report = evaluation.evaluate(fit, data)
    report.save(output)
    report.table()._repr_html_()
    done("judge")
    pictures.learning_curves(fit.history, first=fit.first_round, best=fit.best_round)
    pictures.outcome(report)
    pictures.importance(report)
    done("draw")
    for name, source in (("model.tar.gz", model), ("output.tar.gz", output)):
        with tarfile.open(folder / name, "w:gz", compresslevel=6) as archive:
            for file in sorted(source.iterdir()):
                archive.add(file, file.name)
    done("pack")
    return stages


def timed(work: Work) -> tuple[float, float, Any]:
    """(CPU seconds, wall seconds, result), without what it prints."""
    cpu, wall = time.process_time(), time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        result = work()
    return time.process_time() - cpu, time.perf_counter() - wall, result


def against(name: str, ours: Work, peers: Mapping[str, Work]) -> None:
    """Run ours and each peer in turn and print a line for each."""
    runs: dict[str, list[tuple[float, float, Any]]] = {"ours": [], **{peer: [] for peer in peers}}
    for _ in range(REPEATS):
        for who, work in (("ours", ours), *peers.items()):
            runs[who].append(timed(work))
    for who, found in runs.items():
        cpu, wall = (statistics.median(run[i] for run in found) for i in (0, 1))
        ratio = statistics.median(
            mine[0] / its[0] for mine, its in zip(runs["ours"], found, strict=True)
        )
        beside = "" if who == "ours" else f"   ours / it {ratio:5.2f} (CPU)"
        quality = found[-1][2]
        noted = f"   {quality}" if isinstance(quality, str) else ""
        print(f"{name:<24} {who:<28} cpu {cpu:7.3f} s  wall {wall:7.3f} s{beside}{noted}")


def make(rows: int) -> Data:
    from sklearn.datasets import make_classification

    features, labels = make_classification(
        rows, COLUMNS, n_informative=12, n_redundant=5, flip_y=0.02, random_state=0
    )
    features, labels = features.astype(np.float32), labels.astype(np.float32)
    cut = int(0.8 * rows)
    return Data(
        {
            "train": Table(features[:cut], labels[:cut]),
            "validation": Table(features[cut:], labels[cut:]),
        }
    )


def formats(data: Data, folder: Path) -> None:
    import pandas as pd

    table = data.train
    path = folder / "data.csv"
    pd.DataFrame(np.column_stack([np.asarray(table.labels), table.features])).to_csv(
        path, header=False, index=False
    )
    against(
        f"read csv, {path.stat().st_size >> 20} MB",
        lambda: read_channel("train", path, "text/csv"),
        {
            "pandas, float32": lambda: pd.read_csv(path, header=None, dtype=np.float32).to_numpy(),
            "numpy.loadtxt": lambda: np.loadtxt(path, np.float32, delimiter=","),
        },
    )
    few = slice(0, 20_000)
    packed = recordio.write(table.features[few], np.asarray(table.labels)[few])
    print(
        f"recordio, 20,000 rows write {timed(lambda: recordio.write(table.features[few]))[1]:.3f}"
        f" s, read {timed(lambda: recordio.read(packed, 'a'))[1]:.3f} s"
    )


def gradient_boosting(data: Data, folder: Path) -> None:
    import xgboost
    from sklearn.metrics import roc_auc_score

    test = data.held_out()[1]
    given = {"objective": "binary:logistic", "max_depth": 5, "eta": 0.2, "eval_metric": "auc"}

    def auc(scores: Any) -> str:
        return f"AUC {roc_auc_score(test.labels, scores):.4f}"

    def ours() -> str:
        words = {name: str(value) for name, value in given.items()} | {"num_round": "50"}
        fit = training.train(words, data, folder / "model", folder, {})
        return auc(evaluation.predict_table(fit.models, test))

    def native(threads: int) -> str:
        made = [xgboost.DMatrix(t.features, label=t.labels) for t in data.tables.values()]
        booster = xgboost.train(
            {**given, "nthread": threads},
            made[0],
            50,
            evals=list(zip(made, data.tables, strict=True)),
            verbose_eval=False,
        )
        return auc(booster.predict(made[1]))

    print(f"xgboost here takes {job.threads(data.train.rows * COLUMNS)} threads")
    against(
        "xgboost, 50 rounds",
        ours,
        {
            "xgboost.train, 1 thread": lambda: native(1),
            f"xgboost.train, {job.cores()} threads": lambda: native(job.cores()),
        },
    )


def linear_models(data: Data, folder: Path) -> None:
    from sklearn.linear_model import LogisticRegression, SGDClassifier
    from sklearn.metrics import roc_auc_score

    test = data.held_out()[1]

    def ours() -> str:
        fit = linear.train({"predictor_type": "binary_classifier"}, data, folder / "linear")
        return f"AUC {fit.metrics['validation']['roc_auc_score']:.4f}"

    def peer(model: Any) -> str:
        model.fit(data.train.features, data.train.labels)
        return f"AUC {roc_auc_score(test.labels, model.decision_function(test.features)):.4f}"

    against(
        "linear-learner, 32 models",
        ours,
        {
            "LogisticRegression": lambda: peer(LogisticRegression(max_iter=500)),
            "SGDClassifier, 15 epochs": lambda: peer(SGDClassifier(max_iter=15, tol=None)),
        },
    )


def digits(folder: Path) -> None:
    """The demo's job, stage by stage, in a warm process."""
    from sklearn.datasets import load_digits

    features, labels = load_digits(return_X_y=True)
    channels = {}
    for name, part in (("train", slice(0, 1400)), ("validation", slice(1400, None))):
        (folder / name).mkdir()
        rows = np.column_stack([labels[part], features[part]])
        np.savetxt(folder / name / "data.csv", rows, "%g", ",")
        channels[name] = {"path": str(folder / name), "content_type": "text/csv"}
    given = {"num_round": "30", "objective": "multi:softprob", "num_class": "10"}
    runs = [timed(lambda: xgboost_job(given, channels, folder)) for _ in range(REPEATS + 1)][1:]
    stages = {stage: statistics.median(run[2][stage] for run in runs) for stage in runs[0][2]}
    print(
        f"digits job as a function: wall {statistics.median(run[1] for run in runs):.3f} s, cpu "
        f"{statistics.median(run[0] for run in runs):.3f} s: "
        + ", ".join(f"{stage} {seconds * 1000:.0f} ms" for stage, seconds in stages.items())
    )


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    data = make(rows)
    print(f"{rows:,} rows x {COLUMNS}, {job.cores()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        formats(data, folder)
        gradient_boosting(data, folder)
        linear_models(data, folder)
        digits(folder)


if __name__ == "__main__":
    main()
