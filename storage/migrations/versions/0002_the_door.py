"""Saved reports, templates, targets, people's keys and the audit."""

import sqlalchemy as sa
from alembic import op

from storage.columns import PlainText, UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("workspaces", sa.Column("audit_anchor", PlainText))
    op.add_column("members", sa.Column("preferences", PlainText))
    op.add_column("members", sa.Column("erased", UtcDateTime))
    op.add_column("members", sa.Column("merged", PlainText))
    op.add_column("runs", sa.Column("report_id", PlainText))
    op.add_column("runs", sa.Column("erased", UtcDateTime))
    _reports()
    _templates()
    _people()
    _audit()


def _workspace(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=f"fk_{table}_workspace_id")


def _member(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=f"fk_{table}_member_id")


def _reports() -> None:
    op.create_table(
        "reports",
        sa.Column("id", PlainText, nullable=False),
        sa.Column("workspace_id", PlainText, nullable=False),
        sa.Column("member_id", PlainText, nullable=False),
        sa.Column("name", PlainText, nullable=False),
        sa.Column("definition", PlainText, nullable=False),
        sa.Column("state", PlainText, nullable=False),
        sa.Column("created", UtcDateTime, nullable=False),
        sa.Column("changed", UtcDateTime, nullable=False),
        sa.Column("deleted", UtcDateTime),
        sa.PrimaryKeyConstraint("id", name="pk_reports"),
        _workspace("reports"),
        _member("reports"),
    )
    op.create_index("ix_reports_workspace_id_name", "reports", ["workspace_id", "name"])
    op.create_table(
        "report_shares",
        sa.Column("report_id", PlainText, nullable=False),
        sa.Column("member_id", PlainText, nullable=False),
        sa.Column("workspace_id", PlainText, nullable=False),
        sa.Column("may", PlainText, nullable=False),
        sa.PrimaryKeyConstraint("report_id", "member_id", name="pk_report_shares"),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name="fk_report_shares_report_id"),
        _workspace("report_shares"),
        _member("report_shares"),
    )
    op.create_table(
        "targets",
        sa.Column("workspace_id", PlainText, nullable=False),
        sa.Column("metric", PlainText, nullable=False),
        sa.Column("keep", PlainText, nullable=False),
        sa.Column("bound", PlainText, nullable=False),
        sa.Column("member_id", PlainText, nullable=False),
        sa.Column("set", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "metric", name="pk_targets"),
        _workspace("targets"),
        _member("targets"),
    )


def _templates() -> None:
    op.create_table(
        "templates",
        sa.Column("id", PlainText, nullable=False),
        sa.Column("workspace_id", PlainText, nullable=False),
        sa.Column("member_id", PlainText, nullable=False),
        sa.Column("name", PlainText, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("created", UtcDateTime, nullable=False),
        sa.Column("deleted", UtcDateTime),
        sa.PrimaryKeyConstraint("id", name="pk_templates"),
        _workspace("templates"),
        _member("templates"),
    )
    op.create_index("ix_templates_workspace_id_name", "templates", ["workspace_id", "name"])
    op.create_table(
        "template_versions",
        sa.Column("template_id", PlainText, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("workspace_id", PlainText, nullable=False),
        sa.Column("member_id", PlainText, nullable=False),
        sa.Column("manifest", PlainText, nullable=False),
        sa.Column("written", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("template_id", "version", name="pk_template_versions"),
        sa.ForeignKeyConstraint(["template_id"], ["templates.id"], name="fk_template_versions_template_id"),
        _workspace("template_versions"),
        _member("template_versions"),
    )


def _people() -> None:
    op.create_table(
        "link_codes",
        sa.Column("workspace_id", PlainText, nullable=False),
        sa.Column("code", PlainText, nullable=False),
        sa.Column("member_id", PlainText, nullable=False),
        sa.Column("expires", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "code", name="pk_link_codes"),
        _workspace("link_codes"),
        _member("link_codes"),
    )
    op.create_table(
        "person_keys",
        sa.Column("workspace_id", PlainText, nullable=False),
        sa.Column("member_id", PlainText, nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "member_id", name="pk_person_keys"),
        _workspace("person_keys"),
        _member("person_keys"),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("workspace_id", PlainText, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("member_id", PlainText, nullable=False),
        sa.Column("event", PlainText, nullable=False),
        sa.Column("command", PlainText, nullable=False),
        sa.Column("outcome", PlainText, nullable=False),
        sa.Column("said", sa.LargeBinary()),
        sa.Column("hash", PlainText, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "number", name="pk_audit"),
        sa.UniqueConstraint("workspace_id", "event", name="uq_audit_workspace_id_event"),
        _workspace("audit"),
    )
    op.create_index("ix_audit_workspace_id_at", "audit", ["workspace_id", "at"])
