"""Members as they stand in rows."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row

from model.ids import MemberId
from model.member import Member, Preferences, Role

PREFERENCES: TypeAdapter[Preferences] = TypeAdapter(Preferences)
MEMBER_COLUMNS = ("id", "workspace_id", "name", "role", "language", "zone", "preferences", "gone")


def member_of(row: Row[*tuple[Any, ...]]) -> Member:
    """Return the member that a row is; whoever has left is nobody, whatever role the row has kept."""
    chosen = Preferences() if row.preferences is None else PREFERENCES.validate_json(row.preferences)
    gone = row.gone is not None
    role = Role.NOBODY if gone else Role(row.role)
    return Member(MemberId(row.id), row.workspace_id, row.name, role, row.language, row.zone, chosen, gone)
