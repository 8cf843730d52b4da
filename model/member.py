"""People in a workspace and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from model.ids import MemberId, WorkspaceId
from model.language import Code


class Role(IntEnum):
    """Each role may do what the ones before it may."""

    VIEWER = 1
    EDITOR = 2
    ADMIN = 3
    OWNER = 4


@dataclass(frozen=True, slots=True)
class Member:
    """One person in one workspace; the role is read when a command runs, not when it was said."""

    id: MemberId
    workspace: WorkspaceId
    name: str
    role: Role
    language: Code | None  # None: the installation's
    zone: str | None
