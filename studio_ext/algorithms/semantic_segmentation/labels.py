"""What the values of a mask mean: the label map.

``{"scale": "3"}`` divides them; ``{"map": {"0": 5}}`` says which value of the mask (5) each class
(0) has. Values that no class has, and 255, are passed over.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from studio_ext.formats.errors import DataError

VOID = 255


def table(channels: Mapping[str, Mapping[str, Any]], name: str) -> Any:
    """The class of every value of a channel's masks: uint8 of shape (256,).

    Args:
        name: ``train`` or ``validation``; its map is ``<name>_label_map.json`` in ``label_map``.

    Raises:
        DataError: the file is no label map.
    """
    values = np.arange(256)
    if "label_map" not in channels:
        return values.astype(np.uint8)
    file = Path(channels["label_map"]["path"]) / f"{name}_label_map.json"
    if not file.is_file():
        return values.astype(np.uint8)
    try:
        content = json.loads(file.read_text())
        if "map" in content:
            found = np.full(256, VOID)
            for label, value in content["map"].items():
                found[int(value)] = int(label)
        else:
            scale = float(content.get("scale", 1))
            if scale <= 0:
                raise ValueError(f"scale {scale:g}")
            found = np.where(values == VOID, VOID, np.floor(values / scale)).astype(int)
        if found.min() < 0 or found.max() > VOID:
            raise ValueError("a class above 255")
    except (ValueError, TypeError, AttributeError, IndexError) as error:
        raise DataError(
            f'{file.name} is no label map ({error}); expected {{"scale": "3"}} or '
            f'{{"map": {{"0": 5, "1": 0}}}}'
        ) from error
    return found.astype(np.uint8)
