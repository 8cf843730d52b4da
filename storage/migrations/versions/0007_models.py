"""Language models and what they cost."""

import sqlalchemy as sa
from alembic import op

from storage.columns import PlainText, UtcDateTime

revision = "0007"
down_revision = "0006"


def _workspace(*, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column("workspace_id", PlainText, sa.ForeignKey("workspaces.id"), nullable=False, primary_key=primary_key)


def _member() -> sa.Column[str]:
    return sa.Column("member_id", PlainText, sa.ForeignKey("members.id"), nullable=False)


def upgrade() -> None:
    op.create_table(
        "models",
        sa.Column("id", PlainText, primary_key=True),
        _workspace(),
        _member(),
        sa.Column("name", PlainText, nullable=False),
        sa.Column("kind", PlainText, nullable=False),
        sa.Column("config", sa.LargeBinary, nullable=False),
        sa.Column("added", UtcDateTime, nullable=False),
        sa.UniqueConstraint("workspace_id", "name"),
    )
    op.create_table(
        "usage",
        sa.Column("id", PlainText, primary_key=True),
        _workspace(),
        _member(),
        sa.Column("run_id", PlainText),
        sa.Column("model", PlainText, nullable=False),
        sa.Column("asked", UtcDateTime, nullable=False),
        sa.Column("state", PlainText, nullable=False),
        sa.Column("micros", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("fresh", "cached", "kept", "said")),
    )
    op.create_index(op.f("ix_usage_workspace_id_asked"), "usage", ["workspace_id", "asked"])
    op.create_index(op.f("ix_usage_workspace_id_run_id"), "usage", ["workspace_id", "run_id"])
    op.create_table(
        "caps_told",
        _workspace(primary_key=True),
        sa.Column("cap", PlainText, primary_key=True),
        sa.Column("period", PlainText, primary_key=True),
    )
