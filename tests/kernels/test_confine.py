"""A job's own ``/opt/ml``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import json, os, subprocess, sys
from pathlib import Path
from studio_ext.kernels.confine import bind_opt_ml
before = sorted(os.listdir('/opt'))
reason = bind_opt_ml(Path(sys.argv[1]))
inside = {}
if not reason:
    Path('/opt/ml/model/made').write_text('there')
    seen = subprocess.run(['cat', '/opt/ml/model/made'], capture_output=True, text=True).stdout
    inside = {'seen': seen, 'opt': sorted(os.listdir('/opt')), 'uid': os.getuid(),
              'full': [name for name in before if os.path.isdir(f'/opt/{name}')
                       and os.listdir(f'/opt/{name}')]}
print(json.dumps({'reason': reason, 'before': before, 'uid': os.getuid(), **inside}))
"""


def bind(folder: Path) -> dict[str, object]:
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(folder)], env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def test_the_folder_is_at_opt_ml_for_this_process_alone(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    outside = sorted(os.listdir("/opt"))
    full = [n for n in outside if Path(f"/opt/{n}").is_dir() and os.listdir(f"/opt/{n}")]
    found = bind(tmp_path)
    if found["reason"]:
        pytest.skip(str(found["reason"]))
    assert found["seen"] == "there"
    assert (tmp_path / "model" / "made").read_text() == "there"
    assert found["opt"] == sorted({*outside, "ml"})
    assert found["full"] == full
    assert found["uid"] == os.getuid()
    assert sorted(os.listdir("/opt")) == outside


def test_a_refusal_says_why_and_changes_nothing(tmp_path: Path) -> None:
    found = bind(tmp_path / "missing")
    assert found["reason"]
    assert found["uid"] == os.getuid()
