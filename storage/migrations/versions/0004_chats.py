"""Where a named destination is: a channel of a chat has an address of its own."""

import sqlalchemy as sa
from alembic import op

from storage.columns import PlainText

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    _destinations()


def _destinations() -> None:
    for name in ("account", "target", "thread"):
        op.add_column("destinations", sa.Column(name, PlainText))
    op.execute("UPDATE destinations SET account = workspace_id, target = id")
