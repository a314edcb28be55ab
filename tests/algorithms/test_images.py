"""The images that the sagemaker SDK names are algorithms here."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from studio_ext.algorithms import catalogue

SDK = os.environ.get("STUDIO_TEST_SDK_PYTHON", sys.executable)
REGIONS = ("us-east-1", "eu-west-1", "ap-northeast-1", "us-gov-west-1")
VERSIONS = {"xgboost": ("1", "latest", "0.90-2", "1.2-1", "1.5-1", "1.7-1")}
ASK = """
import json, logging, sys
logging.disable(logging.WARNING)
from sagemaker import image_uris
print(json.dumps([
    image_uris.retrieve(name, region, version=version)
    for name, region, version in json.loads(sys.argv[1])
]))
"""


def test_what_the_sdk_retrieves_is_found() -> None:
    asked = [
        (algorithm.name, region, version)
        for algorithm in catalogue.ALGORITHMS
        for region in REGIONS
        for version in VERSIONS.get(algorithm.name, ("1",))
    ]
    done = subprocess.run([SDK, "-c", ASK, json.dumps(asked)], capture_output=True, text=True)
    if "No module named 'sagemaker'" in done.stderr:
        pytest.skip("no sagemaker SDK; set STUDIO_TEST_SDK_PYTHON to a Python that has it")
    assert done.returncode == 0, done.stderr
    uris = json.loads(done.stdout.splitlines()[-1])
    for (name, _, _), uri in zip(asked, uris, strict=True):
        assert catalogue.resolve(uri).name == name, uri
