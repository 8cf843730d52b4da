"""What every table is made of. Ids are UUIDv7 text made by us; each row but a workspace itself says whose it is."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, MetaData

from storage.columns import PlainText

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def workspace(*, primary_key: bool = False) -> Column[str]:
    """Return the column that says whose the row is."""
    return Column("workspace_id", PlainText, ForeignKey("workspaces.id"), nullable=False, primary_key=primary_key)


def member(*, nullable: bool = False) -> Column[str]:
    """Return the column of a member."""
    return Column("member_id", PlainText, ForeignKey("members.id"), nullable=nullable)
