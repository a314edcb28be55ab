"""``studio env``: hands the running daemon's endpoint and key to ``identity``."""

from __future__ import annotations

import argparse

from ..identity import command
from .client import Api


def env(options: argparse.Namespace) -> int:
    if options.undo:
        return command.run(options, None, None)
    api = Api()
    return command.run(options, api.endpoint, api.credential)
