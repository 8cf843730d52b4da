"""Language models: how they are reached, and what was asked of them at which cost."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, UniqueConstraint

from storage.columns import PlainText, UtcDateTime
from storage.tables.base import METADATA, member, workspace

MODELS = Table(
    "models",
    METADATA,
    Column("id", PlainText, primary_key=True),
    workspace(),
    member(),  # who added it
    Column("name", PlainText, nullable=False),
    Column("kind", PlainText, nullable=False),  # claude, gpt, gemini, custom
    Column("config", LargeBinary, nullable=False),  # sealed
    Column("added", UtcDateTime, nullable=False),
    UniqueConstraint("workspace_id", "name"),
)

# A row stands before its call is made, so that a process that dies in between leaves what it may have spent.
USAGE = Table(
    "usage",
    METADATA,
    Column("id", PlainText, primary_key=True),
    workspace(),
    member(),  # who asked for the run
    Column("run_id", PlainText),  # none: a test; a run may be long gone
    Column("model", PlainText, nullable=False),  # its vendor's name for it
    Column("asked", UtcDateTime, nullable=False),
    Column("state", PlainText, nullable=False),  # asked, counted, unknown
    Column("micros", BigInteger, nullable=False),  # millionths of a US dollar; while nobody knows: the most it may be
    Column("fresh", Integer, nullable=False),  # tokens of each kind
    Column("cached", Integer, nullable=False),
    Column("kept", Integer, nullable=False),
    Column("said", Integer, nullable=False),
    Index(None, "workspace_id", "asked"),
    Index(None, "workspace_id", "run_id"),
)

# Of which cap an admin was told, and for which time, so that he is told once.
CAPS_TOLD = Table(
    "caps_told",
    METADATA,
    workspace(primary_key=True),
    Column("cap", PlainText, primary_key=True),  # "run", "day <member>", "month"
    Column("period", PlainText, primary_key=True),  # "2026-11", "2026-11-28"
)
