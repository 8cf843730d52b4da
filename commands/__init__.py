"""What people can say, and the door."""

from __future__ import annotations

from typing import Any

from commands import (
    arb,
    ask,
    audit,
    backup,
    destination,
    home,
    keys,
    model,
    people,
    report,
    schedule,
    settings,
    source,
    source_figures,
    source_hook,
    target,
    template,
    usage,
)
from commands.command import Command

COMMANDS: tuple[Command[Any], ...] = (
    *report.COMMANDS,
    *source.COMMANDS,
    *source_figures.COMMANDS,
    *source_hook.COMMANDS,
    *template.COMMANDS,
    *schedule.COMMANDS,
    *target.COMMANDS,
    *destination.COMMANDS,
    *model.COMMANDS,
    *ask.COMMANDS,
    *arb.COMMANDS,
    *home.COMMANDS,
    *people.COMMANDS,
    *settings.COMMANDS,
    *usage.COMMANDS,
    *keys.COMMANDS,
    *audit.COMMANDS,
    *backup.COMMANDS,
)
