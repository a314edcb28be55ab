"""papermill is imported without the engines that other packages register."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import entrypoints
asked, real = [], entrypoints.get_group_all
def spy(group, *more, **options):
    asked.append(group)
    return real(group, *more, **options)
entrypoints.get_group_all = spy
import studio_ext.kernels.papermill
assert entrypoints.get_group_all is spy, "it was not put back"
print(*asked)
"""


def test_no_engine_of_others_is_loaded() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True, timeout=120
    )
    asked = done.stdout.split()
    assert "papermill.engine" not in asked
    assert asked, "papermill asks for its readers and writers: else the spy saw nothing"
