"""Sources as the house keeps them, and what their collectors may reach."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from model.ids import SourceId
from model.language import Message


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
