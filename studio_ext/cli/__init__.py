"""The command ``studio``: a client of the API, and the start and end of the daemon."""

from .main import main

__all__ = ["main"]
