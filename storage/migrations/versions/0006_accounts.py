"""Accounts: a Slack team, a Discord server or a terminal may be brought into another one's workspace."""

import sqlalchemy as sa
from alembic import op

from storage.columns import PlainText

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("platform", PlainText, nullable=False),
        sa.Column("account", PlainText, nullable=False),
        sa.Column("workspace_id", PlainText, nullable=False),
        sa.PrimaryKeyConstraint("platform", "account", name="pk_accounts"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_accounts_workspace_id"),
        sa.UniqueConstraint("workspace_id", "platform", name="uq_accounts_workspace_id_platform"),
    )
    op.execute("INSERT INTO accounts (platform, account, workspace_id) SELECT platform, account, id FROM workspaces")
    op.add_column("link_codes", sa.Column("opens", sa.Boolean()))
