"""Sources as the house keeps them, and what their collectors may reach."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from model.clock import Clock, SystemClock
from model.ids import SourceId, WorkspaceId
from model.language import Message
from model.outside import Outside, WayOut


@dataclass(frozen=True, slots=True)
class Source:
    """One place that records are collected from; its configuration stays sealed in the store."""

    id: SourceId
    name: str
    kind: str
    added: datetime
    last_good: datetime | None = None  # when it was last read whole
    problem: Message | None = None  # why it was not, or what about it is not known
    problem_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """What the operator lets collectors touch."""

    git_roots: tuple[Path, ...]  # repositories must lie under one of these
    way_out: WayOut | None = None  # None: nothing outside may be asked
    outside: Outside | None = None  # the lane of one workspace
    clock: Clock = field(default_factory=SystemClock)

    def within(self, workspace: WorkspaceId) -> Reach:
        """Return the same reach over a workspace's own lane out."""
        return replace(self, outside=self.way_out.lane(workspace) if self.way_out else None)
