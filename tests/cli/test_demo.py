"""``studio demo``: the main job, as it is printed."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat

from ..daemon import Studio
from .conftest import Verb


def test_the_demo(studio: Verb, at_home: Studio) -> None:
    code, out, err = studio("demo")
    assert (code, err) == (0, "")
    metrics = dict(re.findall(r"^  (\S+:\S+) +([0-9.]+)$", out, re.MULTILINE))
    assert float(metrics["validation:merror"]) < 0.1
    assert float(metrics["validation:mlogloss"]) < 0.3
    model = re.search(r"model +s3://(\S+/model\.tar\.gz)$", out, re.MULTILINE)
    page = re.search(r"notebook +(\S+\.ipynb)$", out, re.MULTILINE)
    assert model
    assert page
    assert (at_home.home.buckets / model[1]).stat().st_size > 10_000
    read = nbformat.read(Path(page[1]), as_version=4)
    nbformat.validate(read)
    pictures = [out for cell in read.cells for out in cell.get("outputs", ())
                if "image/png" in out.get("data", {})]  # fmt: skip
    assert len(pictures) >= 3
    assert Path(page[1]).stat().st_mode & 0o777 in (0o600, 0o644)
    header = (at_home.home.buckets / "studio-demo/digits/train.csv").read_text().split("\n")[0]
    assert header.startswith("label,pixel_0_0,")
