"""The model's patterns mean the same in a browser."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest
import regex

from studio_ext import awsmodel
from studio_ext.wire.patterns import ecmascript, matches

MODEL = awsmodel.load("sagemaker")
PATTERNS = sorted(
    {traits["pattern"] for traits in MODEL._raw["shapes"].values() if "pattern" in traits}
)
VALUES = (
    "", "a", "a-b", "A_b.c", "-a", "a-", "a b", "s3://bucket/key", "https://a.b/c", "1.2.3", "*",
    "arn:aws:iam::123456789012:role/Role", "arn:aws-cn:sagemaker:cn-north-1:123456789012:model/a",
    "683313688378.dkr.ecr.us-east-1.amazonaws.com/x:1", "\u00e9\ud55c\uae00", "tag:key@x", "x" * 70,
    "a\nb", "\t", "ml.m5.large", "12", "2020-01-01", "a/b/c", "..", "[]", "a]b", "\U0001f600",
    "$a{1}",
)  # fmt: skip


def test_all_of_them_are_translated() -> None:
    assert len(PATTERNS) > 200
    assert [one for one in PATTERNS if ecmascript(one) is None] == []


def test_they_match_what_they_matched() -> None:
    """By a third reader of both; what a browser says is asked below."""
    for one in PATTERNS:
        flags = 0 if r"\p{" in one else regex.ASCII
        if "uD800" in one:
            continue  # a pair of surrogates, which only a browser reads as one letter
        translated = regex.compile(ecmascript(one), flags)
        for value in VALUES:
            if not value.endswith("\n"):
                found = translated.search(value) is not None
                assert found == matches(one, value), (one, value)


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_a_browser_reads_them_so() -> None:
    cases = [[ecmascript(one), value, matches(one, value)] for one in PATTERNS for value in VALUES]
    script = """
      const cases = JSON.parse(require('fs').readFileSync(0));
      const wrong = cases.filter(
        ([one, value, right]) => new RegExp(one, 'u').test(value) !== right
      );
      console.log(JSON.stringify(wrong));
    """
    ran = subprocess.run(
        ["node", "-e", script], input=json.dumps(cases), capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == []


@pytest.mark.parametrize(
    ("java", "browsers"),
    [
        (r"[a-z\-_]+", r"^(?:[a-z\-_]+)$"), (r"\-a\_b\:", "^(?:-a_b:)$"),
        (r"a\/b", r"^(?:a\/b)$"), (r"[\p{Alnum}\.]", r"^(?:[a-zA-Z0-9\.])$"),
        (r"x${1,3}", "^(?:x{1,3})$"), (r"[\p{L}]", r"^(?:[\p{L}])$"),
    ],
)  # fmt: skip
def test_escapes_that_mean_nothing_go(java: str, browsers: str) -> None:
    assert ecmascript(java) == browsers


@pytest.mark.parametrize("java", [r"(?i)a", r"a*+b", r"[a-z&&[^b]]", r"\Aa\z", r"(?>a)", r"(a)\1"])
def test_what_cannot_be_said_is_left_out(java: str) -> None:
    assert ecmascript(java) is None
