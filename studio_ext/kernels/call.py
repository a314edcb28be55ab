"""A call in a fresh process: what ``client.spawn`` starts where nothing can be forked."""

from __future__ import annotations

import json
import os
import sys

from studio_ext.kernels.forkserver import call


def main() -> None:
    """Read the request from the descriptor in ``sys.argv[1]`` and do it."""
    with os.fdopen(int(sys.argv[1]), "rb") as stream:
        order = json.load(stream)
    sys.argv = [order["target"]]
    call(order["target"], order["args"])
