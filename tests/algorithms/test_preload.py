from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from studio_ext.algorithms import preload

ROOT = Path(__file__).parents[2]
CODE = """
import os
from studio_ext.algorithms import preload
preload.warm()
print(len(os.listdir("/proc/self/task")))
"""


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="counts threads as Linux does")
def test_preloading_starts_no_thread() -> None:
    env = {**os.environ, **preload.ENVIRONMENT, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", CODE], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "1"
