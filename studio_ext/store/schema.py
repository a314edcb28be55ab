"""The tables, as SQLAlchemy Core sees them; ``migrations`` creates and changes them."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

# SQLite counts up for good (AUTOINCREMENT) only on a column declared INTEGER PRIMARY KEY.
_Serial = BigInteger().with_variant(Integer, "sqlite")
_Json = JSON().with_variant(JSONB(), "postgresql")

resources = Table(
    "resources",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("arn", Text, nullable=False),
    Column("status", Text, nullable=False, server_default=""),
    Column("created", Double, nullable=False),
    Column("modified", Double, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("body", _Json, nullable=False),
    UniqueConstraint("kind", "region", "key", name="resources_key"),
    # Each list order of the API is one index; the name rides along so that NameContains is
    # answered from the index without touching the bodies.
    Index("resources_created", "kind", "region", "created", "id", "name", "status"),
    Index("resources_modified", "kind", "region", "modified", "id", "name", "status"),
    Index("resources_name", "kind", "region", "name", "id", "status"),
    Index("resources_status", "kind", "region", "status", "name", "id", "created"),
    Index("resources_state", "kind", "region", "status", "id"),
    Index("resources_arn", "arn"),
    sqlite_autoincrement=True,
)

transitions = Table(
    "transitions",
    metadata,
    Column("seq", _Serial, primary_key=True, autoincrement=True),
    Column("resource_id", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("action", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("message", Text, nullable=False, server_default=""),
    Column("at", Double, nullable=False),
    Index("transitions_resource", "resource_id", "seq"),
    sqlite_autoincrement=True,
)

tags = Table(
    "tags",
    metadata,
    Column("arn", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

attempts = Table(
    "attempts",
    metadata,
    # The token fences: it only ever grows, so a later attempt always outranks an earlier one.
    Column("token", _Serial, primary_key=True, autoincrement=True),
    Column("resource_id", BigInteger, nullable=False),
    Column("number", Integer, nullable=False),
    Column("directory", Text, nullable=False),
    Column("claimed", Double, nullable=False),
    Column("pid", BigInteger, nullable=True),
    Column("pid_started", BigInteger, nullable=True),
    Column("stop_asked", Double, nullable=True),
    Column("ended", Double, nullable=True),
    Column("outcome", Text, nullable=False, server_default=""),
    Index("attempts_resource", "resource_id", "token"),
    # An attempt that has not ended is the lease on its job: the database allows one.
    Index(
        "attempts_lease",
        "resource_id",
        unique=True,
        sqlite_where=text("ended IS NULL"),
        postgresql_where=text("ended IS NULL"),
    ),
    sqlite_autoincrement=True,
)

# What S3 keeps beside an object's bytes. A row counts only while the file has the same size and
# time: a file that somebody edited by hand is another object.
objects = Table(
    "objects",
    metadata,
    Column("bucket", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("headers", _Json, nullable=False),
)
