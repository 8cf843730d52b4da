"""Processes on several machines, and until when the others hold them for alive."""

import sqlalchemy as sa
from alembic import op

from storage.columns import PlainText, UtcDateTime

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "owners",
        sa.Column("id", PlainText, primary_key=True),
        sa.Column("lease_until", UtcDateTime, nullable=False),
    )
