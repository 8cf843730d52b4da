"""Chats: channels with an address of their own, forms that know where they were asked for, roles that follow a server."""

import sqlalchemy as sa
from alembic import op

from storage.columns import PlainText, UtcDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    _destinations()
    _door()
    _people()


def _destinations() -> None:
    for name in ("account", "target", "thread"):
        op.add_column("destinations", sa.Column(name, PlainText))
    op.execute("UPDATE destinations SET account = workspace_id, target = id")


def _door() -> None:
    op.add_column("actions", sa.Column("place", sa.LargeBinary()))
    op.add_column("actions", sa.Column("form", sa.LargeBinary()))


def _people() -> None:
    op.add_column("members", sa.Column("standing", sa.Integer()))
    op.add_column("identities", sa.Column("chosen", UtcDateTime))
    op.add_column("duties", sa.Column("mark", PlainText))
