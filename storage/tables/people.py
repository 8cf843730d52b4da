"""People, what they chose, and what they are asked at the door."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, UniqueConstraint

from storage.columns import PlainText, UtcDateTime
from storage.tables.base import METADATA, member, workspace

WORKSPACES = Table(
    "workspaces",
    METADATA,
    Column("id", PlainText, primary_key=True),
    Column("platform", PlainText, nullable=False),
    Column("account", PlainText, nullable=False),  # the platform's own name for what it was made for
    Column("settings", PlainText),  # JSON; none while nothing was changed
    Column("created", UtcDateTime, nullable=False),
    Column("audit_anchor", PlainText),  # JSON: number and hash of the last audit row that was pruned
    UniqueConstraint("platform", "account"),
)

# Where each account of a platform is: in the workspace that was made for it, or in the one that it was brought into.
ACCOUNTS = Table(
    "accounts",
    METADATA,
    Column("platform", PlainText, primary_key=True),
    Column("account", PlainText, primary_key=True),
    workspace(),
    UniqueConstraint("workspace_id", "platform"),
)

MEMBERS = Table(
    "members",
    METADATA,
    Column("id", PlainText, primary_key=True),
    workspace(),
    Column("name", PlainText, nullable=False),
    Column("role", Integer, nullable=False),
    Column("language", PlainText),
    Column("zone", PlainText),
    Column("created", UtcDateTime, nullable=False),
    Column("preferences", PlainText),  # JSON; none while nothing was chosen
    Column("erased", UtcDateTime),
    # The role that what somebody is on his platform gives him, and may change; none: he was given his role here.
    Column("standing", Integer),
    Column("merged", PlainText),  # the member whom this one turned out to be
    Column("gone", UtcDateTime),  # since when he is on none of the platforms any more on which he spoke
    Index(None, "workspace_id"),
)

IDENTITIES = Table(
    "identities",
    METADATA,
    workspace(primary_key=True),
    Column("platform", PlainText, primary_key=True),
    Column("account_user", PlainText, primary_key=True),  # who it is there
    member(),
    Column("chosen", UtcDateTime),  # when he last said that he means this workspace, where his platform does not
    Column("gone", UtcDateTime),  # since when he is not there any more
    Column("look", UtcDateTime),  # when his platform is to be asked what he is there; none: where it matters, at once
    Index(None, "look"),
)

LINK_CODES = Table(
    "link_codes",
    METADATA,
    workspace(primary_key=True),
    Column("code", PlainText, primary_key=True),  # SHA-256 of the code
    member(),
    Column("expires", UtcDateTime, nullable=False),
    Column("opens", Boolean),  # whether it lets another account into the workspace; else it ties two members
    Column("proves", PlainText),  # or whether it shows on GitHub that a login is its member's
)

# A person's own key seals what the audit says in words; destroying it erases the person and leaves the chain whole.
PERSON_KEYS = Table(
    "person_keys",
    METADATA,
    workspace(primary_key=True),
    Column("member_id", PlainText, ForeignKey("members.id"), primary_key=True),
    Column("key", LargeBinary, nullable=False),  # sealed
)

ACTIONS = Table(
    "actions",
    METADATA,
    Column("id", PlainText, primary_key=True),
    workspace(),
    member(nullable=True),  # none: whoever may press it
    Column("action", LargeBinary, nullable=False),  # sealed
    Column("place", LargeBinary),  # sealed: where a form was asked for
    Column("form", LargeBinary),  # sealed: the form as it was shown, to show it once more
    Column("expires", UtcDateTime, nullable=False),
)

INBOX = Table(
    "inbox",
    METADATA,
    workspace(primary_key=True),
    Column("event", PlainText, primary_key=True),
    member(),
    Column("said", LargeBinary),  # sealed; forgotten when done
    Column("owner", PlainText),  # none: its owner died and nobody has taken it up yet
    Column("done", Boolean, nullable=False),
    Column("received", UtcDateTime, nullable=False),
    Index(None, "done", "received"),
)

AUDIT = Table(
    "audit",
    METADATA,
    workspace(primary_key=True),
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
