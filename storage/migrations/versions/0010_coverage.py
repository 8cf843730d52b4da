"""Whose a source is, what it brought last, and whether its owner knows that it cannot be read."""

import sqlalchemy as sa
from alembic import op

from storage.columns import PlainText, UtcDateTime

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("sources", sa.Column("member_id", PlainText))
    op.add_column("sources", sa.Column("reading", PlainText))
    op.add_column("sources", sa.Column("failing", UtcDateTime))
    op.add_column("sources", sa.Column("told", UtcDateTime))
