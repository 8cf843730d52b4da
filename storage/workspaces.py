"""The workspace of a transaction and what holds for all of it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from pydantic import TypeAdapter
from sqlalchemy import select, update

from model.language import Code
from storage.tables import WORKSPACES
from storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class WorkspaceSettings:
    """What holds in a workspace; what was never set has the value here, so a default can change for all."""

    bots: tuple[str, ...] = ()  # names and addresses that count as bots besides those marked [bot]
    stale_days: int = 14
    weights: tuple[tuple[str, Decimal], ...] = ()  # of the priority; empty: the usual ones
    language: Code | None = None  # where a member has chosen none; None: the installation's
    zone: str | None = None
    country: str = ""  # two letters: whose holidays are no working days; empty: none
    people_in_channels: bool = False  # whether reports that several read name single persons
    never_to_model: tuple[str, ...] = ()  # names of sources whose records no language model may see
    audit_days: int = 90
    runs_days: int = 365
    inbox_days: int = 30  # events that are done, and exported files
    most_members: int = 1000
    most_reports: int = 500
    most_sources: int = 100
    most_runs_a_day: int = 500
    most_questions_a_day: int = 1000
    most_runs_at_once: int = 4  # the seats that the claim counts
    most_schedules: int = 200
    schedule_minutes: int = 60  # how often a schedule may fire at most
    schedule_minutes_admin: int = 5  # the same for the schedules of admins
    models: tuple[str, ...] = ()  # names of language models: the first that answers words reports; empty: none is asked
    usd_a_run: Decimal = Decimal("0.25")  # what models may cost at most, in US dollars: for one run,
    usd_a_day: Decimal = Decimal(1)  # for the runs of one member within a day,
    usd_a_month: Decimal = Decimal(20)  # and for all of the workspace in a month
    discord_roles: tuple[tuple[str, str], ...] = ()  # (role here, name or id of a role of the server)


_SETTINGS: TypeAdapter[WorkspaceSettings] = TypeAdapter(WorkspaceSettings)


class Workspaces:
    """The settings of this one workspace."""

    def __init__(self, transaction: Transaction) -> None:
        self._in = transaction

    async def settings(self) -> WorkspaceSettings:
        """Return what was set, or what holds while nothing was."""
        row = await self._in.first(select(WORKSPACES.c.settings).where(WORKSPACES.c.id == self._in.workspace))
        return settings_of(None if row is None else row.settings)

    async def change(self, settings: WorkspaceSettings) -> None:
        """Keep new settings."""
        text = _SETTINGS.dump_json(settings, exclude_defaults=True).decode()
        await self._in.change(update(WORKSPACES).where(WORKSPACES.c.id == self._in.workspace).values(settings=text))


def settings_of(stored: str | None) -> WorkspaceSettings:
    """Return the settings that a workspace's row holds."""
    return WorkspaceSettings() if stored is None else _SETTINGS.validate_json(stored)
