"""Schedules and their slots, destinations and what is delivered to them, what the installation does once."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, UniqueConstraint

from storage.columns import PlainText, UtcDateTime
from storage.tables.base import METADATA, member, workspace

SCHEDULES = Table(
    "schedules",
    METADATA,
    Column("id", PlainText, primary_key=True),
    workspace(),
    member(),  # who answers for it
    Column("number", Integer, nullable=False),  # 1, 2, 3 … in the workspace
    Column("report_id", PlainText, ForeignKey("reports.id"), nullable=False),
    Column("said", PlainText, nullable=False),  # the rule as it was typed
    Column("rule", PlainText, nullable=False),  # JSON
    Column("zone", PlainText, nullable=False),
    Column("country", PlainText, nullable=False),  # whose holidays; empty: none
    Column("on_holiday", PlainText, nullable=False),  # post, skip, move
    Column("wishes", PlainText, nullable=False),  # JSON
    Column("destinations", PlainText, nullable=False),  # names, as a JSON list
    Column("state", PlainText, nullable=False),  # active, paused
    Column("why_paused", PlainText),  # a Message as JSON
    Column("next_slot", PlainText),
    Column("next_due", UtcDateTime),
    Column("created", UtcDateTime, nullable=False),
    Column(
        "restored", UtcDateTime
    ),  # it came from a backup: its slots from then on are still to be listed, and its next one found
    UniqueConstraint("workspace_id", "number"),
    Index(None, "state", "next_due"),  # where anything is due
    Index(None, "workspace_id", "state", "next_due"),  # what is due there
)

# What became of each due instant: whoever inserts the row has it.
SLOTS = Table(
    "slots",
    METADATA,
    Column("schedule_id", PlainText, ForeignKey("schedules.id"), primary_key=True),
    Column("slot", PlainText, primary_key=True),  # civil time
    workspace(),
    Column("due", UtcDateTime, nullable=False),
    Column("state", PlainText, nullable=False),  # ran, missed, skipped
    Column("decided", UtcDateTime, nullable=False),
    Column("run_id", PlainText),
    Column("reason", PlainText),  # a Message as JSON
    Index(None, "workspace_id", "due"),
)

DESTINATIONS = Table(
    "destinations",
    METADATA,
    Column("id", PlainText, primary_key=True),
    workspace(),
    member(),  # who added it: he is told when it says no
    Column("name", PlainText, nullable=False),
    Column("kind", PlainText, nullable=False),  # a platform
    Column("account", PlainText),  # with target and thread its address; every row has these two
    Column("target", PlainText),
    Column("thread", PlainText),
    Column("config", LargeBinary, nullable=False),  # sealed
    Column("added", UtcDateTime, nullable=False),
    Column("paused", UtcDateTime),  # since it said no for good
    Column("problem", PlainText),  # a Message as JSON
    UniqueConstraint("workspace_id", "name"),
)

DELIVERIES = Table(
    "deliveries",
    METADATA,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),  # in the order of making
    Column("id", PlainText, nullable=False, unique=True),
    workspace(),
    Column("run_id", PlainText),
    Column("root", PlainText),  # the delivery this is a part of
    Column("part", Integer, nullable=False),
    Column("platform", PlainText, nullable=False),
    Column("account", PlainText, nullable=False),
    Column("target", PlainText, nullable=False),
    Column("thread", PlainText),
    Column("payload", PlainText, nullable=False),  # JSON; frozen until it is revised
    Column("language", PlainText, nullable=False),
    Column("wanted", Integer, nullable=False),
    Column("shown", Integer, nullable=False),
    Column("state", PlainText, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("created", UtcDateTime, nullable=False),
    Column("not_before", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("began", UtcDateTime),  # the first send
    Column("owner", PlainText),
    Column("lease_until", UtcDateTime),
    Column("fence", Integer, nullable=False),
    Column("receipt", PlainText),  # JSON
    Column("failure", PlainText),  # a Message as JSON
    Column("repeated", Boolean, nullable=False),
    Column("doubt", Boolean, nullable=False),  # the last send may have arrived
    Column("settled", UtcDateTime),
    Index(None, "state", "not_before"),
    Index(None, "workspace_id", "run_id"),
    Index(None, "platform", "account", "target", "state"),
)

# How a place is to be treated: when it may be sent to again, and whether it says no to everything.
PLACES = Table(
    "places",
    METADATA,
    workspace(primary_key=True),
    Column("platform", PlainText, primary_key=True),
    Column("account", PlainText, primary_key=True),
    Column("target", PlainText, primary_key=True),  # empty: the account as a whole
    Column("free_at", UtcDateTime),
    Column("refusals", Integer, nullable=False),  # in a row
    Column("closed", UtcDateTime),  # the breaker is open since
)

# What the installation does once, whoever of its processes does it: the daily backup, the daily tidying.
DUTIES = Table(
    "duties",
    METADATA,
    Column("name", PlainText, primary_key=True),
    Column("done", UtcDateTime),  # when it was last done well
    Column("problem", PlainText),  # a Message as JSON: why it was not, the last time
    Column("mark", PlainText),  # what it was last done for, where that matters
    Column("owner", PlainText),
    Column("lease_until", UtcDateTime),
    Column("fence", Integer, nullable=False),
)

# Processes on several machines: until when the others hold each for alive. On one machine the kernel says it.
OWNERS = Table(
    "owners",
    METADATA,
    Column("id", PlainText, primary_key=True),
    Column("lease_until", UtcDateTime, nullable=False),
)
