"""Sources, their records, and files."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, UniqueConstraint

from storage.columns import PlainText, UtcDateTime
from storage.tables.base import METADATA, workspace

SOURCES = Table(
    "sources",
    METADATA,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),  # short, for the records' indexes
    Column("id", PlainText, nullable=False, unique=True),
    workspace(),
    Column("name", PlainText, nullable=False),
    Column("kind", PlainText, nullable=False),
    Column("config", LargeBinary, nullable=False),  # sealed
    Column("added", UtcDateTime, nullable=False),
    Column("cursor", PlainText),  # opaque to all but its collector
    Column("last_good", UtcDateTime),
    Column("problem", PlainText),  # a Message as JSON
    Column("problem_since", UtcDateTime),
    Column("member_id", PlainText),  # who added it: he is told when it breaks; none of those from before that was kept
    Column("reading", PlainText),  # what it brought when it was last read whole, as JSON
    Column("failing", UtcDateTime),  # since when it cannot be read whole
    Column("told", UtcDateTime),  # when its owner was told of that
    UniqueConstraint("workspace_id", "name"),
)

# A million rows, so the indexes are few and narrow: the source's number comes first and stands for the workspace.
# No foreign keys: each page is written under its source's own row, and a source takes its records along when it goes.
RECORDS = Table(
    "records",
    METADATA,
    Column("workspace_id", PlainText, nullable=False),
    Column("source", BigInteger, primary_key=True, autoincrement=False),  # sources.number
    Column("kind", PlainText, primary_key=True),
    Column("key", PlainText, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("ended", UtcDateTime),
    Column("actor", PlainText),
    Column("title", PlainText, nullable=False),
    Column("url", PlainText),
    Column("body", PlainText, nullable=False),  # JSON
    Index(None, "source", "ended", "at"),
    Index(None, "source", "actor", "at"),
)

BLOBS = Table(
    "blobs",
    METADATA,
    workspace(primary_key=True),
    Column("id", PlainText, primary_key=True),  # SHA-256 of the bytes
    Column("data", LargeBinary, nullable=False),
    Column("stored", UtcDateTime, nullable=False),
)
