"""Codes that show whose a login on GitHub is."""

import sqlalchemy as sa
from alembic import op

from storage.columns import PlainText

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("link_codes", sa.Column("proves", PlainText))
