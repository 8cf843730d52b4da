"""API keys: programs bring them along, in the name of a member."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from model.ids import MemberId, WorkspaceId
from model.member import Role

Scope = Literal["ingest", "read"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
# What the key's owner has to be at the moment of its use.
NEEDS: dict[Scope, Role] = {"ingest": Role.EDITOR, "read": Role.VIEWER}


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is listed; the key itself is shown once and kept nowhere."""

    id: str
    name: str
    mark: str  # how it begins
    member: MemberId  # in whose name it asks
    may: tuple[Scope, ...]
    made: datetime
    expires: datetime
    revoked: datetime | None = None
    used: datetime | None = None
    requests: int = 0

    def good(self, now: datetime) -> bool:
        """Tell whether it still opens anything."""
        return self.revoked is None and now < self.expires


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """Whose key a request brought."""

    workspace: WorkspaceId
    tenants: tuple[str, ...]  # the accounts whose workspace it is, as their platforms call them
    key: ApiKey
    role: Role  # the owner's, of this moment
