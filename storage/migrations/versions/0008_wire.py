"""Keys of programs, addresses that others push to, and what they have pushed."""

import sqlalchemy as sa
from alembic import op

from storage.columns import PlainText, UtcDateTime

revision = "0008"
down_revision = "0007"


def _workspace(*, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column("workspace_id", PlainText, sa.ForeignKey("workspaces.id"), nullable=False, primary_key=primary_key)


def _member() -> sa.Column[str]:
    return sa.Column("member_id", PlainText, sa.ForeignKey("members.id"), nullable=False)


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", PlainText, primary_key=True),
        _workspace(),
        _member(),
        *(sa.Column(name, PlainText, nullable=False) for name in ("name", "mark")),
        sa.Column("digest", PlainText, nullable=False, unique=True),
        sa.Column("old_digest", PlainText, unique=True),
        sa.Column("old_until", UtcDateTime),
        sa.Column("may", PlainText, nullable=False),
        sa.Column("made", UtcDateTime, nullable=False),
        sa.Column("expires", UtcDateTime, nullable=False),
        sa.Column("revoked", UtcDateTime),
        sa.Column("used", UtcDateTime),
        sa.Column("requests", sa.BigInteger, nullable=False),
        sa.Column("warned", UtcDateTime),
        sa.UniqueConstraint("workspace_id", "name"),
    )
    op.create_table(
        "hooks",
        sa.Column("id", PlainText, primary_key=True),
        _workspace(),
        _member(),
        sa.Column("source_id", PlainText, sa.ForeignKey("sources.id"), nullable=False, unique=True),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("made", UtcDateTime, nullable=False),
    )
    op.create_table(
        "pushed",
        _workspace(primary_key=True),
        sa.Column("hook_id", PlainText, primary_key=True),
        sa.Column("event", PlainText, primary_key=True),
        *(sa.Column(name, PlainText, nullable=False) for name in ("number", "kind", "digest")),
        sa.Column("body", sa.LargeBinary),
        *(sa.Column(name, sa.Boolean, nullable=False) for name in ("done", "unread")),
        sa.Column("received", UtcDateTime, nullable=False),
    )
    op.create_index(op.f("ix_pushed_done_number"), "pushed", ["done", "number"])
    op.create_index(op.f("ix_pushed_workspace_id_hook_id_received"), "pushed", ["workspace_id", "hook_id", "received"])
