"""Saved reports, templates, targets; runs and their steps."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
)

from storage.columns import PlainText, UtcDateTime
from storage.tables.base import METADATA, member, workspace

REPORTS = Table(
    "reports",
    METADATA,
    Column("id", PlainText, primary_key=True),
    workspace(),
    member(),  # its owner
    Column("name", PlainText, nullable=False),
    Column("definition", PlainText, nullable=False),  # JSON
    Column("state", PlainText, nullable=False),  # active, paused
    Column("created", UtcDateTime, nullable=False),
    Column("changed", UtcDateTime, nullable=False),
    Column("deleted", UtcDateTime),  # a deleted one can be brought back for a day
    Index(None, "workspace_id", "name"),
)

REPORT_SHARES = Table(
    "report_shares",
    METADATA,
    Column("report_id", PlainText, ForeignKey("reports.id"), primary_key=True),
    Column("member_id", PlainText, ForeignKey("members.id"), primary_key=True),
    workspace(),
    Column("may", PlainText, nullable=False),  # view, edit
)

TEMPLATES = Table(
    "templates",
    METADATA,
    Column("id", PlainText, primary_key=True),
    workspace(),
    member(),  # its owner
    Column("name", PlainText, nullable=False),
    Column("version", Integer, nullable=False),  # the newest one
    Column("shared", Boolean, nullable=False),  # whether all members may use it
    Column("created", UtcDateTime, nullable=False),
    Column("deleted", UtcDateTime),
    Index(None, "workspace_id", "name"),
)

TEMPLATE_VERSIONS = Table(
    "template_versions",
    METADATA,
    Column("template_id", PlainText, ForeignKey("templates.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    workspace(),
    member(),  # who wrote it
    Column("manifest", PlainText, nullable=False),  # TOML, its text sections' Jinja2 in it
    Column("written", UtcDateTime, nullable=False),
)

TARGETS = Table(
    "targets",
    METADATA,
    workspace(primary_key=True),
    Column("metric", PlainText, primary_key=True),
    Column("keep", PlainText, nullable=False),  # at least, at most
    Column("bound", PlainText, nullable=False),  # a decimal number
    member(),  # who set it
    Column("set", UtcDateTime, nullable=False),
)

RUNS = Table(
    "runs",
    METADATA,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),  # in the order of making
    Column("id", PlainText, nullable=False, unique=True),
    workspace(),
    Column("name", PlainText, nullable=False),
    Column("template", PlainText, nullable=False),
    Column("sources", PlainText, nullable=False),  # ids, as a JSON list, in the order asked for
    Column("source_set", PlainText, nullable=False),  # the same ids, sorted: what `before` compares
    Column("window_start", UtcDateTime, nullable=False),
    Column("window_end", UtcDateTime, nullable=False),
    Column("zone", PlainText, nullable=False),
    Column("settings", PlainText, nullable=False),  # JSON
    Column("cause", PlainText, nullable=False),
    member(),
    Column("state", PlainText, nullable=False),
    Column("created", UtcDateTime, nullable=False),
    Column("finished", UtcDateTime),
    Column("failure", PlainText),  # a Message as JSON
    Column("hash", PlainText),
    Column("owner", PlainText),
    Column("lease_until", UtcDateTime),
    Column("fence", Integer, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),  # claims that were not handed back
    Column("report_id", PlainText),  # the saved report; none: a template was run
    Column("erased", UtcDateTime),  # when a person was erased from it
    Column("destinations", PlainText),  # addresses, as a JSON list: where its card goes; none: nowhere
    Column("schedule_id", PlainText),  # none: somebody asked for it
    Column("slot", PlainText),  # the schedule's slot
    UniqueConstraint("workspace_id", "cause"),
    UniqueConstraint("workspace_id", "name"),
    Index(None, "state", "workspace_id", "number"),  # what the claim walks
    Index(None, "workspace_id", "number"),
)

STEPS = Table(
    "steps",
    METADATA,
    Column("run_id", PlainText, ForeignKey("runs.id"), primary_key=True),
    Column("name", PlainText, primary_key=True),
    workspace(),
    Column("data", LargeBinary, nullable=False),
    Column("finished", UtcDateTime, nullable=False),
    Column("seconds", Float, nullable=False),
)

# How far the step is that is worked on; for people who wait.
PROGRESS = Table(
    "progress",
    METADATA,
    Column("run_id", PlainText, ForeignKey("runs.id"), primary_key=True),
    workspace(),
    Column("step", PlainText, nullable=False),
    Column("done", Integer, nullable=False),
    Column("of", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
