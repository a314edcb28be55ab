from __future__ import annotations

import base64
from pathlib import Path

import joblib
import pytest

from tests.notebooks.conftest import Execute, pictures, text

PNG = b"\x89PNG\r\n"


def test_the_line_through_thirteen_points(
    execute: Execute, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SM_MODEL_DIR", str(tmp_path / "model"))
    notebook = execute("tutorials/linear_regression.ipynb")
    assert text(notebook, "fit").splitlines()[:2] == [
        "slope: 0.67129519",
        "intercept: 0.65306531",
    ]
    (picture,) = pictures(notebook).values()
    assert base64.b64decode(picture.data["image/png"]).startswith(PNG)
    model = joblib.load(tmp_path / "model" / "model.joblib")
    assert model.predict([[1.0]]) == pytest.approx(0.67129519 + 0.65306531)
