"""People who have left, and when their platforms are asked what they are."""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcDateTime

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("members", sa.Column("gone", UtcDateTime))
    op.add_column("identities", sa.Column("gone", UtcDateTime))
    op.add_column("identities", sa.Column("look", UtcDateTime))
    op.create_index("ix_identities_look", "identities", ["look"])
