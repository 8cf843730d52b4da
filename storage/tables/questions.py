"""Questions about runs, until they are answered and for as long as events are kept."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, UniqueConstraint

from storage.columns import PlainText, UtcDateTime
from storage.tables.base import METADATA, member, workspace

QUESTIONS = Table(
    "questions",
    METADATA,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),  # in the order of asking
    Column("id", PlainText, nullable=False, unique=True),
    workspace(),
    member(),  # who asks
    Column("run_id", PlainText, nullable=False),
    Column("event", PlainText, nullable=False),
    Column("said", LargeBinary, nullable=False),  # sealed: its words, where the answer goes
    Column("seat", PlainText),  # stands for the place while the question is open: one has it at a time
    Column("state", PlainText, nullable=False),  # waiting, working, done, stopped
    Column("asked", UtcDateTime, nullable=False),
    Column("finished", UtcDateTime),
    Column("owner", PlainText),
    Column("lease_until", UtcDateTime),
    Column("fence", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("delivery_id", PlainText),  # the message that is its answer
    UniqueConstraint("workspace_id", "event"),
    UniqueConstraint("workspace_id", "seat"),
    Index(None, "state", "number"),
    Index(None, "workspace_id", "delivery_id"),
)
