"""Every table of the first version."""

import sqlalchemy as sa
from alembic import op

from storage.columns import PlainText, UtcDateTime

revision = "0001"
down_revision = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _people()
    _collected()
    _runs()
    _steps()
    _said()


def _people() -> None:
    op.create_table(
        "workspaces",
        sa.Column("id", PlainText, nullable=False),
        sa.Column("platform", PlainText, nullable=False),
        sa.Column("account", PlainText, nullable=False),
        sa.Column("settings", PlainText),
        sa.Column("created", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_workspaces"),
        sa.UniqueConstraint("platform", "account", name="uq_workspaces_platform_account"),
    )
    op.create_table(
        "members",
        sa.Column("id", PlainText, nullable=False),
        sa.Column("workspace_id", PlainText, nullable=False),
        sa.Column("name", PlainText, nullable=False),
        sa.Column("role", sa.Integer(), nullable=False),
        sa.Column("language", PlainText),
        sa.Column("zone", PlainText),
        sa.Column("created", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_members_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_members"),
    )
    op.create_index("ix_members_workspace_id", "members", ["workspace_id"])
    op.create_table(
        "identities",
        sa.Column("workspace_id", PlainText, nullable=False),
        sa.Column("platform", PlainText, nullable=False),
        sa.Column("account_user", PlainText, nullable=False),
        sa.Column("member_id", PlainText, nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_identities_member_id"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_identities_workspace_id"),
        sa.PrimaryKeyConstraint("workspace_id", "platform", "account_user", name="pk_identities"),
    )


def _collected() -> None:
    op.create_table(
        "sources",
        sa.Column("number", _NUMBER, nullable=False),
        sa.Column("id", PlainText, nullable=False),
        sa.Column("workspace_id", PlainText, nullable=False),
        sa.Column("name", PlainText, nullable=False),
        sa.Column("kind", PlainText, nullable=False),
        sa.Column("config", sa.LargeBinary(), nullable=False),
        sa.Column("added", UtcDateTime, nullable=False),
        sa.Column("cursor", PlainText),
        sa.Column("last_good", UtcDateTime),
        sa.Column("problem", PlainText),
        sa.Column("problem_since", UtcDateTime),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_sources_workspace_id"),
        sa.PrimaryKeyConstraint("number", name="pk_sources"),
        sa.UniqueConstraint("id", name="uq_sources_id"),
        sa.UniqueConstraint("workspace_id", "name", name="uq_sources_workspace_id_name"),
    )
    op.create_table(
        "records",
        sa.Column("workspace_id", PlainText, nullable=False),
        sa.Column("source", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", PlainText, nullable=False),
        sa.Column("key", PlainText, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("ended", UtcDateTime),
        sa.Column("actor", PlainText),
        sa.Column("title", PlainText, nullable=False),
        sa.Column("url", PlainText),
        sa.Column("body", PlainText, nullable=False),
        sa.PrimaryKeyConstraint("source", "kind", "key", name="pk_records"),
    )
    op.create_index("ix_records_source_actor_at", "records", ["source", "actor", "at"])
    op.create_index("ix_records_source_ended_at", "records", ["source", "ended", "at"])


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("number", _NUMBER, nullable=False),
        sa.Column("id", PlainText, nullable=False),
        sa.Column("workspace_id", PlainText, nullable=False),
        sa.Column("name", PlainText, nullable=False),
        sa.Column("template", PlainText, nullable=False),
        sa.Column("sources", PlainText, nullable=False),
        sa.Column("source_set", PlainText, nullable=False),
        sa.Column("window_start", UtcDateTime, nullable=False),
        sa.Column("window_end", UtcDateTime, nullable=False),
        sa.Column("zone", PlainText, nullable=False),
        sa.Column("settings", PlainText, nullable=False),
        sa.Column("cause", PlainText, nullable=False),
        sa.Column("member_id", PlainText, nullable=False),
        sa.Column("state", PlainText, nullable=False),
        sa.Column("created", UtcDateTime, nullable=False),
        sa.Column("finished", UtcDateTime),
        sa.Column("failure", PlainText),
        sa.Column("hash", PlainText),
        sa.Column("owner", PlainText),
        sa.Column("lease_until", UtcDateTime),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_runs_member_id"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_runs_workspace_id"),
        sa.PrimaryKeyConstraint("number", name="pk_runs"),
        sa.UniqueConstraint("id", name="uq_runs_id"),
        sa.UniqueConstraint("workspace_id", "cause", name="uq_runs_workspace_id_cause"),
        sa.UniqueConstraint("workspace_id", "name", name="uq_runs_workspace_id_name"),
    )
    op.create_index("ix_runs_state_number", "runs", ["state", "number"])
    op.create_index("ix_runs_workspace_id_number", "runs", ["workspace_id", "number"])


def _steps() -> None:
    op.create_table(
        "steps",
        sa.Column("run_id", PlainText, nullable=False),
        sa.Column("name", PlainText, nullable=False),
        sa.Column("workspace_id", PlainText, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("finished", UtcDateTime, nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_steps_run_id"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_steps_workspace_id"),
        sa.PrimaryKeyConstraint("run_id", "name", name="pk_steps"),
    )


def _said() -> None:
    op.create_table(
        "actions",
        sa.Column("id", PlainText, nullable=False),
        sa.Column("workspace_id", PlainText, nullable=False),
        sa.Column("member_id", PlainText),
        sa.Column("action", sa.LargeBinary(), nullable=False),
        sa.Column("expires", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_actions_member_id"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_actions_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_actions"),
    )
    op.create_table(
        "inbox",
        sa.Column("workspace_id", PlainText, nullable=False),
        sa.Column("event", PlainText, nullable=False),
        sa.Column("member_id", PlainText, nullable=False),
        sa.Column("said", sa.LargeBinary()),
        sa.Column("owner", PlainText),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("received", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_inbox_member_id"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_inbox_workspace_id"),
        sa.PrimaryKeyConstraint("workspace_id", "event", name="pk_inbox"),
    )
    op.create_index("ix_inbox_done_received", "inbox", ["done", "received"])
    op.create_table(
        "blobs",
        sa.Column("workspace_id", PlainText, nullable=False),
        sa.Column("id", PlainText, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("stored", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_blobs_workspace_id"),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_blobs"),
    )
