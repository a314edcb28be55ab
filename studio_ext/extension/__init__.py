"""The door in Jupyter: Jupyter's users reach the daemon through their own server.

AWS's API is forwarded below ``<base_url>studio/aws`` and ``<base_url>studio/s3/``. Beside it there
are five routes: ``status``, ``events``, ``model``, ``notebook`` and ``contents``.
"""

from .app import StudioApp

__all__ = ["StudioApp"]
