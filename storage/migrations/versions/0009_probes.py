"""When probes are due."""

import sqlalchemy as sa
from alembic import op

from storage.columns import PlainText, UtcDateTime

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "probes",
        sa.Column("source_id", PlainText, primary_key=True),
        sa.Column("workspace_id", PlainText, sa.ForeignKey("workspaces.id"), nullable=False),
        sa.Column("next_due", UtcDateTime, nullable=False),
        sa.Column("state", PlainText, nullable=False),
        sa.Column("owner", PlainText),
        sa.Column("lease_until", UtcDateTime),
        sa.Column("fence", sa.Integer, nullable=False),
    )
    op.create_index(op.f("ix_probes_next_due"), "probes", ["next_due"])
