"""Schedules and their slots, destinations and what is delivered to them, what the installation does once."""

import sqlalchemy as sa
from alembic import op

from storage.columns import PlainText, UtcDateTime

revision = "0003"
down_revision = "0002"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("runs", sa.Column("destinations", PlainText))
    op.add_column("runs", sa.Column("schedule_id", PlainText))
    op.add_column("runs", sa.Column("slot", PlainText))
    op.add_column("runs", sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"))
    op.drop_index("ix_runs_state_number", "runs")
    op.create_index("ix_runs_state_workspace_id_number", "runs", ["state", "workspace_id", "number"])
    _runs()
    _schedules()
    _destinations()
    _deliveries()
    _places()
    _duties()


def _runs() -> None:
    op.create_table(
        "progress",
        sa.Column("run_id", PlainText, nullable=False),
        sa.Column("workspace_id", PlainText, nullable=False),
        sa.Column("step", PlainText, nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("of", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("run_id", name="pk_progress"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_progress_run_id"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_progress_workspace_id"),
    )


def _schedules() -> None:
    op.create_table(
        "schedules",
        sa.Column("id", PlainText, nullable=False),
        sa.Column("workspace_id", PlainText, nullable=False),
        sa.Column("member_id", PlainText, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("report_id", PlainText, nullable=False),
        sa.Column("said", PlainText, nullable=False),
        sa.Column("rule", PlainText, nullable=False),
        sa.Column("zone", PlainText, nullable=False),
        sa.Column("country", PlainText, nullable=False),
        sa.Column("on_holiday", PlainText, nullable=False),
        sa.Column("wishes", PlainText, nullable=False),
        sa.Column("destinations", PlainText, nullable=False),
        sa.Column("state", PlainText, nullable=False),
        sa.Column("why_paused", PlainText),
        sa.Column("next_slot", PlainText),
        sa.Column("next_due", UtcDateTime),
        sa.Column("created", UtcDateTime, nullable=False),
        sa.Column("restored", UtcDateTime),
        sa.PrimaryKeyConstraint("id", name="pk_schedules"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_schedules_workspace_id"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_schedules_member_id"),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name="fk_schedules_report_id"),
        sa.UniqueConstraint("workspace_id", "number", name="uq_schedules_workspace_id_number"),
    )
    op.create_index("ix_schedules_state_next_due", "schedules", ["state", "next_due"])
    op.create_index("ix_schedules_workspace_id_state_next_due", "schedules", ["workspace_id", "state", "next_due"])
    op.create_table(
        "slots",
        sa.Column("schedule_id", PlainText, nullable=False),
        sa.Column("slot", PlainText, nullable=False),
        sa.Column("workspace_id", PlainText, nullable=False),
        sa.Column("due", UtcDateTime, nullable=False),
        sa.Column("state", PlainText, nullable=False),
        sa.Column("decided", UtcDateTime, nullable=False),
        sa.Column("run_id", PlainText),
        sa.Column("reason", PlainText),
        sa.PrimaryKeyConstraint("schedule_id", "slot", name="pk_slots"),
        sa.ForeignKeyConstraint(["schedule_id"], ["schedules.id"], name="fk_slots_schedule_id"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_slots_workspace_id"),
    )
    op.create_index("ix_slots_workspace_id_due", "slots", ["workspace_id", "due"])


def _destinations() -> None:
    op.create_table(
        "destinations",
        sa.Column("id", PlainText, nullable=False),
        sa.Column("workspace_id", PlainText, nullable=False),
        sa.Column("member_id", PlainText, nullable=False),
        sa.Column("name", PlainText, nullable=False),
        sa.Column("kind", PlainText, nullable=False),
        sa.Column("config", sa.LargeBinary(), nullable=False),
        sa.Column("added", UtcDateTime, nullable=False),
        sa.Column("paused", UtcDateTime),
        sa.Column("problem", PlainText),
        sa.PrimaryKeyConstraint("id", name="pk_destinations"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_destinations_workspace_id"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_destinations_member_id"),
        sa.UniqueConstraint("workspace_id", "name", name="uq_destinations_workspace_id_name"),
    )


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("number", _NUMBER, nullable=False),
        sa.Column("id", PlainText, nullable=False),
        sa.Column("workspace_id", PlainText, nullable=False),
        sa.Column("run_id", PlainText),
        sa.Column("root", PlainText),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("platform", PlainText, nullable=False),
        sa.Column("account", PlainText, nullable=False),
        sa.Column("target", PlainText, nullable=False),
        sa.Column("thread", PlainText),
        sa.Column("payload", PlainText, nullable=False),
        sa.Column("language", PlainText, nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("shown", sa.Integer(), nullable=False),
        sa.Column("state", PlainText, nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("created", UtcDateTime, nullable=False),
        sa.Column("not_before", UtcDateTime, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("began", UtcDateTime),
        sa.Column("owner", PlainText),
        sa.Column("lease_until", UtcDateTime),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("receipt", PlainText),
        sa.Column("failure", PlainText),
        sa.Column("repeated", sa.Boolean(), nullable=False),
        sa.Column("doubt", sa.Boolean(), nullable=False),
        sa.Column("settled", UtcDateTime),
        sa.PrimaryKeyConstraint("number", name="pk_deliveries"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_deliveries_workspace_id"),
        sa.UniqueConstraint("id", name="uq_deliveries_id"),
    )
    op.create_index(
        "ix_deliveries_platform_account_target_state", "deliveries", ["platform", "account", "target", "state"]
    )
    op.create_index("ix_deliveries_state_not_before", "deliveries", ["state", "not_before"])
    op.create_index("ix_deliveries_workspace_id_run_id", "deliveries", ["workspace_id", "run_id"])


def _places() -> None:
    op.create_table(
        "places",
        sa.Column("workspace_id", PlainText, nullable=False),
        sa.Column("platform", PlainText, nullable=False),
        sa.Column("account", PlainText, nullable=False),
        sa.Column("target", PlainText, nullable=False),
        sa.Column("free_at", UtcDateTime),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("closed", UtcDateTime),
        sa.PrimaryKeyConstraint("workspace_id", "platform", "account", "target", name="pk_places"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_places_workspace_id"),
    )


def _duties() -> None:
    op.create_table(
        "duties",
        sa.Column("name", PlainText, nullable=False),
        sa.Column("done", UtcDateTime),
        sa.Column("problem", PlainText),
        sa.Column("owner", PlainText),
        sa.Column("lease_until", UtcDateTime),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_duties"),
    )
