"""Every table. Ids are UUIDv7 text made by us; each row but the workspace itself says whose it is."""

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
    MetaData,
    Table,
    UniqueConstraint,
)

from storage.columns import PlainText, UtcDateTime

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _workspace(*, primary_key: bool = False) -> Column[str]:
    return Column("workspace_id", PlainText, ForeignKey("workspaces.id"), nullable=False, primary_key=primary_key)


def _member(*, nullable: bool = False) -> Column[str]:
    return Column("member_id", PlainText, ForeignKey("members.id"), nullable=nullable)


WORKSPACES = Table(
    "workspaces",
    METADATA,
    Column("id", PlainText, primary_key=True),
    Column("platform", PlainText, nullable=False),
    Column("account", PlainText, nullable=False),  # the platform's own name for it
    Column("settings", PlainText),  # JSON; none while nothing was changed
    Column("created", UtcDateTime, nullable=False),
    Column("audit_anchor", PlainText),  # JSON: number and hash of the last audit row that was pruned
    UniqueConstraint("platform", "account"),
)

MEMBERS = Table(
    "members",
    METADATA,
    Column("id", PlainText, primary_key=True),
    _workspace(),
    Column("name", PlainText, nullable=False),
    Column("role", Integer, nullable=False),
    Column("language", PlainText),
    Column("zone", PlainText),
    Column("created", UtcDateTime, nullable=False),
    Column("preferences", PlainText),  # JSON; none while nothing was chosen
    Column("erased", UtcDateTime),
    Column("merged", PlainText),  # the member whom this one turned out to be
    Index(None, "workspace_id"),
)

IDENTITIES = Table(
    "identities",
    METADATA,
    _workspace(primary_key=True),
    Column("platform", PlainText, primary_key=True),
    Column("account_user", PlainText, primary_key=True),  # who it is there
    _member(),
)

SOURCES = Table(
    "sources",
    METADATA,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),  # short, for the records' indexes
    Column("id", PlainText, nullable=False, unique=True),
    _workspace(),
    Column("name", PlainText, nullable=False),
    Column("kind", PlainText, nullable=False),
    Column("config", LargeBinary, nullable=False),  # sealed
    Column("added", UtcDateTime, nullable=False),
    Column("cursor", PlainText),  # opaque to all but its collector
    Column("last_good", UtcDateTime),
    Column("problem", PlainText),  # a Message as JSON
    Column("problem_since", UtcDateTime),
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

RUNS = Table(
    "runs",
    METADATA,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),  # in the order of making
    Column("id", PlainText, nullable=False, unique=True),
    _workspace(),
    Column("name", PlainText, nullable=False),
    Column("template", PlainText, nullable=False),
    Column("sources", PlainText, nullable=False),  # ids, as a JSON list, in the order asked for
    Column("source_set", PlainText, nullable=False),  # the same ids, sorted: what `before` compares
    Column("window_start", UtcDateTime, nullable=False),
    Column("window_end", UtcDateTime, nullable=False),
    Column("zone", PlainText, nullable=False),
    Column("settings", PlainText, nullable=False),  # JSON
    Column("cause", PlainText, nullable=False),
    _member(),
    Column("state", PlainText, nullable=False),
    Column("created", UtcDateTime, nullable=False),
    Column("finished", UtcDateTime),
    Column("failure", PlainText),  # a Message as JSON
    Column("hash", PlainText),
    Column("owner", PlainText),
    Column("lease_until", UtcDateTime),
    Column("fence", Integer, nullable=False),
    Column("report_id", PlainText),  # the saved report; none: a template was run
    Column("erased", UtcDateTime),  # when a person was erased from it
    UniqueConstraint("workspace_id", "cause"),
    UniqueConstraint("workspace_id", "name"),
    Index(None, "state", "number"),
    Index(None, "workspace_id", "number"),
)

STEPS = Table(
    "steps",
    METADATA,
    Column("run_id", PlainText, ForeignKey("runs.id"), primary_key=True),
    Column("name", PlainText, primary_key=True),
    _workspace(),
    Column("data", LargeBinary, nullable=False),
    Column("finished", UtcDateTime, nullable=False),
    Column("seconds", Float, nullable=False),
)

ACTIONS = Table(
    "actions",
    METADATA,
    Column("id", PlainText, primary_key=True),
    _workspace(),
    _member(nullable=True),  # none: whoever may press it
    Column("action", LargeBinary, nullable=False),  # sealed
    Column("expires", UtcDateTime, nullable=False),
)

INBOX = Table(
    "inbox",
    METADATA,
    _workspace(primary_key=True),
    Column("event", PlainText, primary_key=True),
    _member(),
    Column("said", LargeBinary),  # sealed; forgotten when done
    Column("owner", PlainText),  # none: its owner died and nobody has taken it up yet
    Column("done", Boolean, nullable=False),
    Column("received", UtcDateTime, nullable=False),
    Index(None, "done", "received"),
)

BLOBS = Table(
    "blobs",
    METADATA,
    _workspace(primary_key=True),
    Column("id", PlainText, primary_key=True),  # SHA-256 of the bytes
    Column("data", LargeBinary, nullable=False),
    Column("stored", UtcDateTime, nullable=False),
)

REPORTS = Table(
    "reports",
    METADATA,
    Column("id", PlainText, primary_key=True),
    _workspace(),
    _member(),  # its owner
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
    _workspace(),
    Column("may", PlainText, nullable=False),  # view, edit
)

TEMPLATES = Table(
    "templates",
    METADATA,
    Column("id", PlainText, primary_key=True),
    _workspace(),
    _member(),  # its owner
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
    _workspace(),
    _member(),  # who wrote it
    Column("manifest", PlainText, nullable=False),  # TOML, its text sections' Jinja2 in it
    Column("written", UtcDateTime, nullable=False),
)

TARGETS = Table(
    "targets",
    METADATA,
    _workspace(primary_key=True),
    Column("metric", PlainText, primary_key=True),
    Column("keep", PlainText, nullable=False),  # at least, at most
    Column("bound", PlainText, nullable=False),  # a decimal number
    _member(),  # who set it
    Column("set", UtcDateTime, nullable=False),
)

LINK_CODES = Table(
    "link_codes",
    METADATA,
    _workspace(primary_key=True),
    Column("code", PlainText, primary_key=True),  # SHA-256 of the code
    _member(),
    Column("expires", UtcDateTime, nullable=False),
)

# A person's own key seals what the audit says in words; destroying it erases the person and leaves the chain whole.
PERSON_KEYS = Table(
    "person_keys",
    METADATA,
    _workspace(primary_key=True),
    Column("member_id", PlainText, ForeignKey("members.id"), primary_key=True),
    Column("key", LargeBinary, nullable=False),  # sealed
)

AUDIT = Table(
    "audit",
    METADATA,
    _workspace(primary_key=True),
    Column("number", Integer, primary_key=True),  # 1, 2, 3 … in the workspace
    Column("at", UtcDateTime, nullable=False),
    Column("member_id", PlainText, nullable=False),  # stays when the member is erased
    Column("event", PlainText, nullable=False),
    Column("command", PlainText, nullable=False),
    Column("outcome", PlainText, nullable=False),  # done, refused, failed
    Column("said", LargeBinary),  # the arguments, sealed under the person's key
    Column("hash", PlainText, nullable=False),  # over the row and the hash before it
    UniqueConstraint("workspace_id", "event"),
    Index(None, "workspace_id", "at"),
)
