"""Word vectors beside people's judgement: Spearman's correlation on pairs such as WordSim-353's."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from studio_ext.algorithms.blazingtext.model import WordVectors
from studio_ext.formats.errors import DataError
from studio_ext.formats.files import data_files, open_plain

FILE = "eval.json"
Pairs = list[tuple[str, str, float]]


def read_pairs(channel: Mapping[str, Any]) -> dict[str, Pairs]:
    """Pairs of words and how alike people find them, by file.

    A line is two words and a number, between commas, tabs or spaces; a first line of titles is
    passed over.

    Raises:
        DataError: a line is something else; names the file and line.
    """
    found: dict[str, Pairs] = {}
    for file in data_files(Path(channel["path"]), "wordsim"):
        pairs: Pairs = []
        with open_plain(file) as handle:
            for number, raw in enumerate(handle, 1):
                cells = re.split(r"[,;\t ]+", raw.decode("utf-8-sig", "replace").strip())
                if cells == [""] or cells[0].startswith("#"):
                    continue
                try:
                    first, second, score = cells[0], cells[1], float(cells[2])
                except (IndexError, ValueError):
                    if number == 1:
                        continue
                    raise DataError(
                        f"{file.name}: line {number} is '{' '.join(cells)[:60]}'; expected two "
                        f"words and a number"
                    ) from None
                pairs.append((first.lower(), second.lower(), score))
        found[file.name] = pairs
    return found


def evaluate(vectors: WordVectors, files: Mapping[str, Pairs]) -> dict[str, Any]:
    """Spearman's rho of each file, and their mean as ``mean_rho``; nan where too few are known."""
    known = {word.lower(): row for word, row in zip(vectors.words, vectors.vectors, strict=True)}
    found: dict[str, Any] = {}
    for name, pairs in files.items():
        both = [(a, b, score) for a, b, score in pairs if a in known and b in known]
        found[name] = {
            "not_found": len(pairs) - len(both),
            "spearmans_rho": _rho(both, known),
            "total_pairs": len(pairs),
        }
    found["mean_rho"] = float(np.mean([one["spearmans_rho"] for one in found.values()]))
    return found


def _rho(pairs: Pairs, known: Mapping[str, Any]) -> float:
    from scipy.stats import rankdata

    if len(pairs) < 3:
        return float("nan")
    cosines = [
        known[a] @ known[b] / max(np.linalg.norm(known[a]) * np.linalg.norm(known[b]), 1e-12)
        for a, b, _ in pairs
    ]
    ranks = rankdata(cosines), rankdata([score for *_, score in pairs])
    if any(np.ptp(one) == 0 for one in ranks):
        return float("nan")
    return float(np.corrcoef(*ranks)[0, 1])


def save(found: Mapping[str, Any], part: Path) -> None:
    part.write_text(json.dumps(found, indent=4, sort_keys=True) + "\n")
