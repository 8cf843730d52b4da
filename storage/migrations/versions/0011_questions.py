"""Questions about runs."""

import sqlalchemy as sa
from alembic import op

from storage.columns import PlainText, UtcDateTime

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "questions",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("id", PlainText, nullable=False, unique=True),
        sa.Column("workspace_id", PlainText, sa.ForeignKey("workspaces.id"), nullable=False),
        sa.Column("member_id", PlainText, sa.ForeignKey("members.id"), nullable=False),
        sa.Column("run_id", PlainText, nullable=False),
        sa.Column("event", PlainText, nullable=False),
        sa.Column("said", sa.LargeBinary, nullable=False),
        sa.Column("seat", PlainText),
        sa.Column("state", PlainText, nullable=False),
        sa.Column("asked", UtcDateTime, nullable=False),
        sa.Column("finished", UtcDateTime),
        sa.Column("owner", PlainText),
        sa.Column("lease_until", UtcDateTime),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("delivery_id", PlainText),
        sa.UniqueConstraint("workspace_id", "event"),
        sa.UniqueConstraint("workspace_id", "seat"),
    )
    op.create_index(op.f("ix_questions_state_number"), "questions", ["state", "number"])
    op.create_index(op.f("ix_questions_workspace_id_delivery_id"), "questions", ["workspace_id", "delivery_id"])
