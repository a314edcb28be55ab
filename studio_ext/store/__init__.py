"""State: resources, their transitions, tags, attempts; one SQLite file or a PostgreSQL database.

``Store`` opens it, ``Transaction`` changes it, ``Query`` pages through it.
"""

from .query import Condition, Cursor, Page, Query
from .rows import Attempt, Resource, Transition
from .store import Reader, Store, Transaction

__all__ = [
    "Attempt",
    "Condition",
    "Cursor",
    "Page",
    "Query",
    "Reader",
    "Resource",
    "Store",
    "Transaction",
    "Transition",
]
