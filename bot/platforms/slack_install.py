"""Installation by a team itself (OAuth 2): there and back, in one browser, within ten minutes, once.

https://docs.slack.dev/authentication/installing-with-oauth
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urljoin

from bot.app import App
from bot.platforms.slack_heard import at
from bot.platforms.slack_teams import Teams
from bot.platforms.slack_tokens import TeamTokens
from model.delivery import Platform
from model.errors import DeliveryError, StorageBroken, StorageBusy
from model.language import Message
from writers.slack_api import SlackApi
from writers.slack_scopes import SCOPES

_log = logging.getLogger(__name__)
START, BACK = "/slack/install", "/slack/oauth_redirect"
_AUTHORIZE = "../oauth/v2/authorize"  # from where the API is: https://slack.com/oauth/v2/authorize
_ANY = "*"


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody who installs is told."""

    title: Message
    line: Message
    status: int = 200


_BEGIN = Message("Begin again at {path}.", {"path": START})
_AGAIN = Told(
    Message("That took too long, or was begun elsewhere"),
    Message(
        "An installation is finished in the browser it was begun in, within ten minutes, once. {begin}",
        {"begin": _BEGIN},
    ),
    400,
)
_NOTHING = Told(Message("Nothing was installed"), Message("It was cancelled in Slack. {begin}", {"begin": _BEGIN}))
_BUSY = Told(Message("The storage is busy"), Message("Nothing was installed. {begin}", {"begin": _BEGIN}), 503)


class Installing:
    """Takes a team in."""

    def __init__(self, app: App, api: SlackApi) -> None:
        if not isinstance(api.tokens, TeamTokens):
            raise TypeError("nobody keeps the tokens of teams")
        self._db = app.workshop.db
        self._settings = app.settings
        self._api = api
        self._tokens = api.tokens
        self._teams = Teams(app, api)

    async def begin(self) -> tuple[str, str]:
        """Return where in Slack somebody goes, and what his browser is to keep. Raises StorageBusy."""
        state, browser = await self._db.installations.begin()
        told = {"client_id": self._settings.slack_client_id or "", "scope": ",".join(SCOPES), "state": state}
        url = urljoin(self._settings.slack_api_url, _AUTHORIZE)
        return f"{url}?{urlencode({**told, **self._back()})}", browser

    async def finish(self, asked: Mapping[str, str], browser: str) -> Told:
        """Take in the team that Slack sends somebody back from."""
        try:
            if not await self._db.installations.came_back(asked.get("state", ""), browser):
                return _AGAIN
            if not asked.get("code"):
                return _NOTHING
            return await self._taken_in(await self._tokens.exchanged({"code": asked["code"], **self._back()}))
        except DeliveryError as error:
            _log.warning("a team of Slack could not be taken in: %s", error)
            line = Message("{why} {begin}", {"why": error.message, "begin": _BEGIN})
            return Told(Message("Slack did not finish the installation"), line, 502)
        except (StorageBusy, StorageBroken) as error:
            _log.warning("a team of Slack could not be taken in: %s", error)
            return _BUSY

    async def _taken_in(self, given: Mapping[str, Any]) -> Told:
        tokens = self._tokens.read(given)
        whole = given.get("is_enterprise_install") is True
        account = at(given, "enterprise" if whole else "team", "id")
        if not account:
            raise DeliveryError("Slack did not say which workspace it is.")
        name = {"team": at(given, "enterprise" if whole else "team", "name") or account, "id": account}
        if not await self._may(account, at(given, "enterprise", "id")):
            await self._leave(account, tokens.access)
            line = Message("Whoever runs this bot can let it in: by {id} in ARB_SLACK_TEAMS. Then begin again.", name)
            return Told(Message("{team} may not install this bot", name), line, 403)
        scopes = [one for one in at(given, "scope").split(",") if one]
        await self._teams.installed(account, at(given, "authed_user", "id"), tokens, scopes)
        return Told(Message("The bot is in {team}", name), Message("Say {line} in Slack.", {"line": self._first()}))

    async def _may(self, account: str, enterprise: str) -> bool:
        may = self._settings.slack_teams
        return _ANY in may or account in may or (enterprise in may) or await self._is_own(account)

    async def _is_own(self, account: str) -> bool:
        """Tell whether it is the workspace of the operator's own token."""
        return self._settings.slack_bot_token is not None and await self._api.own_team() == account

    async def _leave(self, account: str, token: str) -> None:
        """Take the app out of a team that may not have it; one that had it before keeps it."""
        _log.warning("team %s of Slack may not install the bot", account)
        known = await self._db.installations.of(Platform.SLACK, account)
        if known is not None and known.closed is None:
            return
        try:
            await self._tokens.leave(token)
        except DeliveryError as error:
            _log.info("the app is still in team %s of Slack: %s", account, error)

    def _back(self) -> Mapping[str, str]:
        url = self._settings.public_url
        return {"redirect_uri": f"{url.rstrip('/')}{BACK}"} if url else {}

    def _first(self) -> str:
        return f"/{self._settings.command_prefix}arb start"
