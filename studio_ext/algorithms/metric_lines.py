"""The metric lines of a job's log, as clients of SageMaker's algorithms parse them."""

from __future__ import annotations

import os

from studio_ext.algorithms.job import log


def host() -> str:
    return os.environ.get("SM_CURRENT_HOST", "algo-1")


def quality(
    channel: str, name: str, value: float, kind: str = "loss", *, epoch: int | None = None
) -> None:
    """One metric: ``#quality_metric: host=algo-1, epoch=0, train rmse <loss>=0.5``.

    Args:
        kind: ``loss`` or ``score``.
        epoch: from 0, for metrics on the way.
    """
    when = "" if epoch is None else f"epoch={epoch}, "
    log(f"#quality_metric: host={host()}, {when}{channel} {name} <{kind}>={value:.6g}")


def progress(done: int, whole: int, of: str = "epochs") -> None:
    """How much is done, in per cent."""
    log(f"#progress_metric: host={host()}, completed {100 * done / whole:.6g} % of {of}")


def throughput(rows: float, seconds: float) -> None:
    """How many rows were trained on in a second."""
    rate = rows / max(seconds, 1e-9)
    log(f"#throughput_metric: host={host()}, train throughput={rate} records/second")


def test_score(name: str, value: float) -> None:
    """``#test_score (algo-1, RMSE): 0.5``."""
    log(f"#test_score ({host()}, {name}): {value:.6g}")


def pattern(channel: str, name: str) -> str:
    """The regular expression of ``quality`` lines, the value as its group; any epoch."""
    return rf"#quality_metric: host=\S+, (?:epoch=\d+, )?{channel} {name} <\S+>=(\S+)"
