"""People in a workspace and what they may do."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from enum import IntEnum
from zoneinfo import ZoneInfo

from model.ids import MemberId, WorkspaceId
from model.language import Code

GIT = "git"  # the platform of an identity that is an address in commits
GITHUB = "github"  # the same for a login, in lower case
UNSPOKEN = frozenset({GIT, GITHUB})  # nobody talks there
ERASED = "erased person"  # what stands where an erased person's name stood


class Role(IntEnum):
    """Each role may do what the ones before it may."""

    NOBODY = 0  # a platform's user whom nobody has let in: a guest, somebody from another company
    VIEWER = 1
    EDITOR = 2
    ADMIN = 3
    OWNER = 4


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a person chose besides language and zone; empty where nothing was chosen."""

    shown: str = ""  # the name in reports
    hours: str = ""  # "09:00-18:00": when he works
    country: str = ""  # two letters: whose holidays are his
    quiet: str = ""  # "22:00-07:00": when he wants no messages
    former: tuple[str, ...] = ()  # names that older runs may still show

    def called(self, shown: str) -> Preferences:
        """Return the same with another name, the one before remembered."""
        known = dict.fromkeys((*self.former, self.shown))
        return replace(self, shown=shown, former=tuple(name for name in known if name and name != shown))

    def quiet_until(self, now: datetime, zone: str) -> datetime | None:
        """Return when the quiet hours that `now` lies in end, in UTC; None outside of them."""
        if not self.quiet:
            return None
        begin, end = (time.fromisoformat(part) for part in self.quiet.split("-"))
        here = now.astimezone(ZoneInfo(zone))
        clock = here.time()
        if not (begin <= clock < end if begin < end else clock >= begin or clock < end):
            return None
        day = here.date() + timedelta(days=clock >= end)
        wall = datetime.combine(day, end, ZoneInfo(zone))
        return max(wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1))  # a time that comes twice: the later one


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is on a platform, or in commits."""

    platform: str
    user: str
    gone: bool = field(default=False, compare=False)  # he is not there any more


@dataclass(frozen=True, slots=True)
class Introduced:
    """What a platform says of somebody; empty where it says nothing."""

    standing: Role  # what he is there gives him this role here
    name: str = ""
    handle: str = ""  # a short name by which he may have been known before
    language: Code | None = None
    zone: str | None = None
    groups: tuple[str, ...] = ()  # what he belongs to there, where a role here may go with that
    gone: bool = False  # he is not there any more: deactivated, put out, or he left


@dataclass(frozen=True, slots=True)
class Member:
    """One person in one workspace; the role is read when a command runs, not when it was said."""

    id: MemberId
    workspace: WorkspaceId
    name: str
    role: Role
    language: Code | None  # None: the installation's
    zone: str | None
    preferences: Preferences = Preferences()
    gone: bool = False  # he has left every platform on which he spoke

    @property
    def shown(self) -> str:
        """Return the name that reports and lists give the person."""
        return self.preferences.shown or self.name
