"""Texts to learn from: an artificial language with known relations, and docstrings."""

from __future__ import annotations

import ast
import importlib.util
import random
import re
from pathlib import Path
from typing import Any

COUNTRIES = 10
KINDS = ("country", "capital", "coin")
RELATED = (
    ("border", "army", "president"),
    ("mayor", "street", "metro"),
    ("bank", "exchange", "price"),
)


def language(sentences: int = 3000, seed: int = 0) -> list[str]:
    """Sentences on countries, capitals and coins that belong together by number."""
    rng, found = random.Random(seed), []
    for _ in range(sentences):
        number, kind = rng.randrange(COUNTRIES), rng.randrange(3)
        words = [f"{KINDS[kind]}{number}", *rng.choices(RELATED[kind], k=2)]
        words += [f"about{number}x{rng.randrange(3)}" for _ in range(2)]
        words += [f"filler{rng.randrange(60)}" for _ in range(2)]
        rng.shuffle(words)
        found.append(" ".join(words))
    return found


def moods(sentences: int = 300, seed: int = 0) -> list[str]:
    """Labelled sentences that are easy to tell."""
    rng, found = random.Random(seed), []
    words = {"good": ["fine", "great", "lovely", "bright"], "bad": ["poor", "sad", "dull", "grim"]}
    for _ in range(sentences):
        mood = rng.choice(list(words))
        tokens = rng.choices(words[mood], k=3) + rng.choices(["a", "day", "is", "the"], k=4)
        rng.shuffle(tokens)
        found.append(f"__label__{mood} {' '.join(tokens)}")
    return found


def docstrings(packages: tuple[str, ...], most: int = 500) -> list[tuple[int, str]]:
    """(number of the package, sentence) of real text: lines of the packages' docstrings."""
    rows = []
    for number, package in enumerate(packages):
        spec = importlib.util.find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        lines: list[str] = []
        folder = Path(spec.origin).parent
        for file in sorted([*folder.glob("*.py"), *folder.glob("*/*.py")]):
            if len(lines) >= most:
                break
            if "test" in str(file) or file.stat().st_size > 80_000:
                continue
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
                    lines += _sentences(ast.get_docstring(node) or "")
        rows += [(number, line) for line in lines[:most]]
    return rows


def _sentences(text: str) -> list[str]:
    found: list[str] = []
    for paragraph in re.split(r"\n\s*\n", text):
        words = re.findall(r"[a-z]+", paragraph.lower())
        if len(words) >= 10:
            found.append(" ".join(words[:40]))
    return found


def channel(name: str, lines: list[str]) -> dict[str, Any]:
    """A text channel in the working directory."""
    folder = Path(name)
    folder.mkdir(exist_ok=True)
    (folder / "data.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return {"path": str(folder), "content_type": "text/plain"}
