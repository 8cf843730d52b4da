"""Sources as the house keeps them, and what their collectors may reach."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter

from model.clock import Clock, SystemClock
from model.ids import MemberId, SourceId, WorkspaceId
from model.language import Message
from model.outside import Allowance, Outside, WayOut
from model.window import Window


@dataclass(frozen=True, slots=True)
class Reading:
    """What a source brought when it was read whole."""

    window: Window | None  # that it was read for; None: for no report
    began: datetime
    parts: int  # so many parts it had
    since: datetime | None = None  # before that instant things may be missing
    allowance: Allowance | None = None  # what was left of the requests that the service allows
    mark: str = ""  # of the configuration that it was read with


READING: TypeAdapter[Reading] = TypeAdapter(Reading)


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
    owner: MemberId | None = None  # who added it; None: nobody kept that
    reading: Reading | None = None  # the last whole one
    failing: datetime | None = None  # since when it cannot be read whole
    mark: str = ""  # of its configuration: another one has another mark


@dataclass(frozen=True, slots=True)
class Reach:
    """What the operator lets collectors touch."""

    git_roots: tuple[Path, ...]  # repositories must lie under one of these
    way_out: WayOut | None = None  # None: nothing outside may be asked
    outside: Outside | None = None  # the lane of one workspace
    clock: Clock = field(default_factory=SystemClock)
    data_roots: tuple[Path, ...] = ()  # databases and files to read must lie under one of these
    home: Path | None = None  # where ARB keeps its own data: nothing there is a source
    deadline: float = 900.0  # seconds that one source may take

    def within(self, workspace: WorkspaceId) -> Reach:
        """Return the same reach over a workspace's own lane out."""
        return replace(self, outside=self.way_out.lane(workspace) if self.way_out else None)
