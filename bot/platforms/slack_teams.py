"""Teams that let the app in, or take it out."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from bot.app import App
from bot.platforms.elsewhere import tell_owners
from bot.platforms.slack_heard import Heard, at
from model.delivery import Address, Platform
from model.errors import DeliveryError, DestinationUnavailable
from model.ids import WorkspaceId
from model.language import Message
from model.member import Role
from storage.database import Urgency
from storage.installations import Tokens
from storage.places import WHOLE
from writers.slack_api import SlackApi

_log = logging.getLogger(__name__)
_TITLE = Message("The bot was taken out of a Slack workspace")


class Teams:
    """What happens to the workspaces of teams."""

    def __init__(self, app: App, api: SlackApi) -> None:
        self._db = app.workshop.db
        self._loops = app.loops
        self._api = api

    async def installed(self, account: str, user: str, tokens: Tokens, scopes: Sequence[str]) -> None:
        """Keep what a team gave, make who installed its owner unless it has one, and send there again.

        Raises:
            StorageBusy, StorageBroken: it is to be installed once more.
        """
        workspace = await self._db.entrances.enter(Platform.SLACK, account)
        await self._db.installations.keep(workspace, tokens, scopes)
        if user:
            async with self._db.write(workspace) as stores:
                await stores.members.meet(Platform.SLACK, user, user, Role.ADMIN, follows=True)
        for one, of in await self._workspaces(account):
            async with self._db.write(of, Urgency.ACK) as stores:
                await stores.places.open(Address(Platform.SLACK, one, WHOLE))
        _log.info("team %s of Slack has let the bot in", account)
        self._loops.ring("outbox")

    async def gone(self, heard: Heard) -> None:
        """Send nothing more to a team that has taken the app out, and tell its owners where they can be reached.

        What Slack says may be about others' tokens, or come late, after the app was let in again: so it is asked once.

        Raises:
            StorageBusy, StorageBroken: then the outbox finds out by itself, within five calls.
        """
        was_taken_out = at(heard.data, "event", "type") == "app_uninstalled"
        tokens = heard.data["event"].get("tokens")
        if not was_taken_out and not (isinstance(tokens, Mapping) and tokens.get("bot")):
            return  # somebody's own
        organisation, _, team = heard.account.partition(".")
        found = await self._db.installations.of(Platform.SLACK, heard.account)
        if found is None and team:
            found = await self._db.installations.of(Platform.SLACK, organisation)
        if await self._still_in(heard.account):
            _log.info("team %s of Slack has the bot, whatever was said of it", heard.account)
            return
        reason = (
            Message("The app was taken out of the Slack workspace {team}.", {"team": heard.account})
            if was_taken_out
            else Message("Slack does not take the tokens of the workspace {team} any more.", {"team": heard.account})
        )
        if found is not None:
            await self._db.installations.close(found, reason)
        for account, workspace in await self._workspaces(heard.account if found is None else found.account):
            await self._left(account, workspace, reason)
        self._loops.ring("outbox")

    async def _still_in(self, account: str) -> bool:
        try:
            await self._api.call(account, "auth.test", {})
        except DestinationUnavailable:
            return True  # nobody knows: the next call tells
        except DeliveryError as error:
            return not error.of_account
        return True

    async def _left(self, account: str, workspace: WorkspaceId, reason: Message) -> None:
        whole = Address(Platform.SLACK, account, WHOLE)
        async with self._db.write(workspace) as stores:
            was_open = await stores.places.close(whole, reason, whole=True)
        _log.info("team %s of Slack has put the bot out", account)
        if was_open:
            await tell_owners(self._db, workspace, whole, _TITLE, reason)

    async def _workspaces(self, account: str) -> Sequence[tuple[str, WorkspaceId]]:
        """Return the workspaces of a team, or of all teams of an organisation."""
        own = await self._db.entrances.workspace(Platform.SLACK, account)
        its = await self._db.entrances.of_organisation(Platform.SLACK, account)
        return [*([] if own is None else [(account, own)]), *its]
