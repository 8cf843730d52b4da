"""Who speaks on Slack: what somebody is in a team is asked once he was heard, and again a day later.

Guests, people of other companies in shared channels, and bots are nobody until an admin here says so.
https://docs.slack.dev/reference/methods/users.info
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from bot.platforms.slack_heard import at
from commands.event import Taken
from model.clock import Clock
from model.delivery import Platform
from model.errors import DeliveryError
from model.language import code_of
from model.member import Identity, Introduced, Role
from reports.answering import introduce
from storage.database import Database, Urgency
from writers.slack_api import SlackApi, SlackError

_log = logging.getLogger(__name__)
_DAY = 86_400.0  # seconds for which an answer holds
_PATIENCE = 5.0  # seconds to ask; then what was known before holds
_MOST = 10_000  # people whose asking is remembered
# Of whom Slack has never heard, or no more; whom the bot may not see, such as people of another company.
_STRANGE: Mapping[str, bool] = {"user_not_found": True, "user_not_visible": False}
_ADMIN = ("is_admin", "is_owner", "is_primary_owner")
_NOBODY = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger")

_Person = tuple[str, str]  # account and user


class People:
    """The people of the teams that have let the bot in."""

    def __init__(self, db: Database, api: SlackApi, clock: Clock) -> None:
        self._db = db
        self._api = api
        self._clock = clock
        self._asked: dict[_Person, float] = {}  # monotonic seconds, oldest first
        self._asking: dict[_Person, asyncio.Lock] = {}

    async def introduce(self, taken: Taken) -> bool:
        """Have somebody known here as what he is in his team; False where Slack has never said that of him.

        Raises StorageBusy.
        """
        person = taken.here.account, taken.user
        lock = self._asking.setdefault(person, asyncio.Lock())
        async with lock:  # who says much at once is asked for once
            if self._is_known(person):
                return True
            found = await self._found(*person)
            if found is not None:
                async with self._db.write(taken.member.workspace, Urgency.ACK) as stores:
                    await introduce(stores, taken.member.id, Identity(Platform.SLACK, taken.user), found)
                self._remember(person)
        if not lock.locked():
            self._asking.pop(person, None)
        return found is not None or taken.member.role is not Role.NOBODY

    def forget(self, account: str, user: str) -> None:
        """Ask anew what somebody is: he is not what he was."""
        self._asked.pop((account, user), None)

    async def ask(self, account: str, user: str) -> Introduced:
        """Return what somebody is in a team; raises DeliveryError or TimeoutError where Slack does not say it."""
        try:
            async with asyncio.timeout(_PATIENCE):
                told = {"user": user, "include_locale": "true"}
                answer = await self._api.call(account, "users.info", told)
        except SlackError as error:
            if error.code not in _STRANGE:
                raise
            return Introduced(Role.NOBODY, gone=_STRANGE[error.code])
        found = answer.data.get("user")
        return _introduced(found if isinstance(found, Mapping) else {}, account.rpartition(".")[2])

    async def _found(self, account: str, user: str) -> Introduced | None:
        try:
            return await self.ask(account, user)
        except (DeliveryError, TimeoutError) as error:
            _log.warning("what %s is in Slack's team %s is not known: %s", user, account, error)
        return None

    def _is_known(self, person: _Person) -> bool:
        asked = self._asked.get(person)
        return asked is not None and self._clock.monotonic() - asked < _DAY

    def _remember(self, person: _Person) -> None:
        self._asked.pop(person, None)
        self._asked[person] = self._clock.monotonic()
        if len(self._asked) > _MOST:
            del self._asked[next(iter(self._asked))]


def _introduced(user: Mapping[str, Any], team: str) -> Introduced:
    """Return what Slack says of somebody."""
    teams = (user.get("enterprise_user") or {}).get("teams") or ()
    foreign = at(user, "team_id") != team and team not in teams
    if foreign or any(user.get(one) for one in _NOBODY):
        role = Role.NOBODY
    else:
        role = Role.ADMIN if any(user.get(one) for one in _ADMIN) else Role.VIEWER
    handle = at(user, "name")
    name = at(user, "profile", "display_name") or at(user, "profile", "real_name") or at(user, "real_name") or handle
    language, zone = code_of(at(user, "locale")), _zone(at(user, "tz"))
    return Introduced(role, name, handle, language, zone, gone=bool(user.get("deleted")))


def _zone(name: str) -> str | None:
    try:
        return ZoneInfo(name).key if name else None
    except (KeyError, ValueError, OSError):  # a zone that is not found is a KeyError
        return None
