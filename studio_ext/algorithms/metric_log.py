"""Lines of the log that SageMaker's clients parse."""

from __future__ import annotations

import os

from studio_ext.algorithms.job import log


def host() -> str:
    return os.environ.get("SM_CURRENT_HOST", "algo-1")


def quality(channel: str, name: str, value: float, *, kind: str = "loss", epoch: int = -1) -> None:
    """``#quality_metric: host=algo-1, epoch=0, train loss <loss>=0.5``; no epoch below 0."""
    at = f"epoch={epoch}, " if epoch >= 0 else ""
    log(f"#quality_metric: host={host()}, {at}{channel} {name} <{kind}>={value:.6g}")


def progress(done: int, epochs: int) -> None:
    log(f"#progress_metric: host={host()}, completed {100 * done / epochs:.6g} % of epochs")


def throughput(records: float, seconds: float) -> None:
    log(
        f"#throughput_metric: host={host()}, train throughput={records / seconds:.6g} "
        f"records/second"
    )


def test_score(name: str, value: float) -> None:
    """``#test_score (algo-1, RMSE): 0.5``."""
    log(f"#test_score ({host()}, {name}): {value:.6g}")
