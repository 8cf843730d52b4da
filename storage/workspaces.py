"""The workspace of a transaction and what holds for all of it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from pydantic import TypeAdapter
from sqlalchemy import select, update

from storage.tables import WORKSPACES
from storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class WorkspaceSettings:
    """What reports of a workspace start from."""

    bots: tuple[str, ...] = ()  # names and addresses that count as bots besides those marked [bot]
    stale_days: int = 14
    weights: tuple[tuple[str, Decimal], ...] = ()  # of the priority; empty: the usual ones


_SETTINGS: TypeAdapter[WorkspaceSettings] = TypeAdapter(WorkspaceSettings)


class Workspaces:
    """The settings of this one workspace."""

    def __init__(self, transaction: Transaction) -> None:
        self._in = transaction

    async def settings(self) -> WorkspaceSettings:
        """Return what was set, or what holds while nothing was."""
        row = await self._in.first(select(WORKSPACES.c.settings).where(WORKSPACES.c.id == self._in.workspace))
        return WorkspaceSettings() if row is None or row.settings is None else _SETTINGS.validate_json(row.settings)

    async def change(self, settings: WorkspaceSettings) -> None:
        """Keep new settings."""
        text = _SETTINGS.dump_json(settings).decode()
        await self._in.change(update(WORKSPACES).where(WORKSPACES.c.id == self._in.workspace).values(settings=text))
