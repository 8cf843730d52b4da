"""Installations: workspaces that let our app in by themselves, with their tokens, and installations that were begun."""

import sqlalchemy as sa
from alembic import op

from storage.columns import PlainText, UtcDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "installations",
        sa.Column("workspace_id", PlainText, sa.ForeignKey("workspaces.id"), primary_key=True),
        sa.Column("tokens", sa.LargeBinary()),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("scopes", PlainText, nullable=False),
        sa.Column("installed", UtcDateTime, nullable=False),
        sa.Column("expires", UtcDateTime),
        sa.Column("renews", sa.Boolean(), nullable=False),
        sa.Column("closed", UtcDateTime),
        sa.Column("problem", PlainText),
        sa.Column("owner", PlainText),
        sa.Column("lease_until", UtcDateTime),
        sa.Column("fence", sa.Integer(), nullable=False),
    )
    op.create_table(
        "install_states",
        sa.Column("state", PlainText, primary_key=True),
        sa.Column("browser", PlainText, nullable=False),
        sa.Column("expires", UtcDateTime, nullable=False),
    )
    op.create_index(op.f("ix_install_states_expires"), "install_states", ["expires"])
