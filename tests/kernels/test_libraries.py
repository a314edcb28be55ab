"""Libraries with threads, processes and state of their own, in forks as in fresh kernels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .conftest import Ran

DATA = """
import warnings; warnings.simplefilter('ignore')
import numpy as np
rng = np.random.default_rng(0); X = rng.normal(size=(2000, 20))
y = (X[:, 0] + rng.normal(size=2000) > 0).astype(int)
"""
CELLS = {
    "data": DATA,
    "forest": (
        "from sklearn.ensemble import RandomForestClassifier as R\n"
        "print(R(20, n_jobs=2, random_state=0).fit(X, y).predict(X).sum())"
    ),
    "loky": (
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.model_selection import cross_val_score\n"
        "print(cross_val_score(LogisticRegression(), X, y, cv=2, n_jobs=2).round(6))"
    ),
    "openmp": (
        "from sklearn.ensemble import HistGradientBoostingClassifier as H\n"
        "print(H(max_iter=10, random_state=0).fit(X, y).predict(X).sum())"
    ),
    "xgboost": (
        "import xgboost\n"
        "print(xgboost.XGBClassifier(n_estimators=5, nthread=2).fit(X, y).predict(X).sum())"
    ),
    "kmeans": "from sklearn.cluster import KMeans; print(KMeans(3, random_state=0).fit(X).n_iter_)",
    "pools": (
        "import threadpoolctl\n"
        "print(sorted({(i['user_api'], i['num_threads'])"
        " for i in threadpoolctl.threadpool_info()}))"
    ),
    "product": (  # how many threads worked for it
        "import os\n"
        "def ticks():\n"
        "    tasks = os.listdir('/proc/self/task')\n"
        "    lines = [open(f'/proc/self/task/{t}/stat').read().split() for t in tasks]\n"
        "    return {t: int(line[13]) + int(line[14]) for t, line in zip(tasks, lines)}\n"
        "a = np.random.default_rng(0).random((1500, 1500)); before = ticks()\n"
        "for _ in range(3): a @ a\n"
        "print(sum(now - before.get(t, 0) >= 5 for t, now in ticks().items()))"
    ),
    "style": "import matplotlib.pyplot as p; print(p.isinteractive(), p.rcParams['figure.dpi'])",
}


@pytest.fixture(scope="module")
def ran(
    run: Callable[..., Ran], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, str], Ran]:
    done: dict[tuple[str, str], Ran] = {}

    def once(engine: str, threads: str) -> Ran:
        if (engine, threads) not in done:
            folder = tmp_path_factory.mktemp("job") / "notebook"
            env = {"OMP_NUM_THREADS": threads} if threads else {}
            done[engine, threads] = run(folder, *CELLS.values(), engine=engine, env=env)
        return done[engine, threads]

    return once


def shown(ran: Ran, name: str) -> Any:
    cell = ran.nb.cells[list(CELLS).index(name)]
    return "".join(o.get("text", "") for o in cell.outputs if o.get("name") == "stdout")


@pytest.mark.slow
@pytest.mark.parametrize(("engine", "threads"), [("fork", ""), ("inprocess", ""), ("fork", "1")])
def test_same_numbers(ran: Callable[..., Ran], engine: str, threads: str) -> None:
    fresh, forked = ran("stock", threads), ran(engine, threads)
    assert (fresh.outcome["state"], forked.outcome["state"]) == ("completed", "completed")
    assert forked.outcome["engine"] == engine
    for name in CELLS:
        assert shown(forked, name) == shown(fresh, name), name
    assert shown(fresh, "forest")
    assert forked.leftovers == []
