"""When each probe is due, and how it stands."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table

from storage.columns import PlainText, UtcDateTime
from storage.tables.base import METADATA, workspace

# One row a source of that kind; what it found stands in the source's records.
PROBES = Table(
    "probes",
    METADATA,
    Column("source_id", PlainText, primary_key=True),
    workspace(),
    Column("next_due", UtcDateTime, nullable=False),
    Column("state", PlainText, nullable=False),  # opaque to all but the prober
    Column("owner", PlainText),
    Column("lease_until", UtcDateTime),
    Column("fence", Integer, nullable=False),
    Index(None, "next_due"),
)
