"""What comes in from outside: keys of programs, addresses that others push to, and what they have pushed."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, LargeBinary, Table, UniqueConstraint

from storage.columns import PlainText, UtcDateTime
from storage.tables.base import METADATA, member, workspace

API_KEYS = Table(
    "api_keys",
    METADATA,
    Column("id", PlainText, primary_key=True),
    workspace(),
    member(),  # in whose name it asks
    Column("name", PlainText, nullable=False),
    Column("mark", PlainText, nullable=False),  # how it begins, so that people can tell theirs apart
    Column("digest", PlainText, nullable=False, unique=True),  # SHA-256 of the whole key
    Column("old_digest", PlainText, unique=True),  # of the one before, which still works for a while
    Column("old_until", UtcDateTime),
    Column("may", PlainText, nullable=False),  # "ingest read"
    Column("made", UtcDateTime, nullable=False),
    Column("expires", UtcDateTime, nullable=False),
    Column("revoked", UtcDateTime),
    Column("used", UtcDateTime),  # when it was last used
    Column("requests", BigInteger, nullable=False),
    Column("warned", UtcDateTime),  # when its owner was told that it is about to expire
    UniqueConstraint("workspace_id", "name"),
)

HOOKS = Table(
    "hooks",
    METADATA,
    Column("id", PlainText, primary_key=True),  # 128 random bits: the end of its address
    workspace(),
    member(),  # who made it
    Column("source_id", PlainText, ForeignKey("sources.id"), nullable=False, unique=True),
    Column("secret", LargeBinary, nullable=False),  # sealed
    Column("made", UtcDateTime, nullable=False),
)

PUSHED = Table(
    "pushed",
    METADATA,
    workspace(primary_key=True),
    Column("hook_id", PlainText, primary_key=True),  # no foreign key: what came stays known when the hook goes
    Column("event", PlainText, primary_key=True),  # the sender's own id of it
    Column("number", PlainText, nullable=False),  # a UUIDv7: in the order of coming
    Column("kind", PlainText, nullable=False),  # what the sender calls it
    Column("body", LargeBinary),  # sealed; forgotten when done
    Column("digest", PlainText, nullable=False),  # SHA-256 of the body: the same id with another one is no repeat
    Column("done", Boolean, nullable=False),
    Column("unread", Boolean, nullable=False),  # it was done without an effect: it could not be read
    Column("received", UtcDateTime, nullable=False),
    Index(None, "done", "number"),
    Index(None, "workspace_id", "hook_id", "received"),
)
