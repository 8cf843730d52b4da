"""Tokens of the teams that have installed the app by themselves: kept sealed, and renewed hours before they run out.

A token that can be renewed is good for twelve hours; what renews it is good once, and Slack says of no grace. So one
process does it, by a lease in the row, with time for many tries; new tokens are stored before anybody uses them. Where
an answer is lost, the next try asks with the same token: Slack has not seen it, or refuses it, and then the old one is
good for the hours that are left, in which the owner can install again.
https://docs.slack.dev/authentication/using-token-rotation
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping, Sequence
from datetime import timedelta
from typing import Any

from pydantic import SecretStr

from delivery.telling import tell
from model.clock import Clock
from model.delivery import Platform
from model.errors import (
    DeliveryError,
    DestinationRefused,
    DestinationUnavailable,
    LostLease,
    SealBroken,
    StorageBroken,
    StorageBusy,
)
from model.language import Message
from storage.database import Database
from storage.installations import Installation, Tokens
from storage.owners import Owner
from writers.slack_api import INSTALL_AGAIN, SlackApi, SlackError

_log = logging.getLogger(__name__)
EVERY = 20.0  # seconds between two looks
_AHEAD = 4 * 3600.0  # seconds before they run out in which tokens are renewed
_LEASE = 60.0  # three times what one request may take
_SOON, _LATER = 60.0, 3600.0  # seconds until another try: Slack did not answer; the operator has to mend something
_ROUND = 20.0  # seconds after which a look takes nothing more
_LAST = timedelta(seconds=60)  # of a token's life, in which nothing is begun with it
_STORED_AGAIN = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)  # seconds between two tries to store what Slack gave
_GRACE = 8.0  # seconds for an answer that is on its way when the process is told to stop
_PATIENCE, _PAUSE = 15.0, 0.5  # seconds to wait for who renews it, in all and at once
# What does not get better by asking again: https://docs.slack.dev/reference/methods/oauth.v2.access
_OVER = frozenset({"invalid_refresh_token", "token_revoked", "token_expired", "account_inactive", "invalid_grant"})

_RUN_OUT = Message("The token of the Slack app ran out.")
_TITLE = Message("The Slack app has to be installed again")
_WHY = Message("Slack does not renew its token: {why} The one it has is good for a few hours at most.")


class TeamTokens:
    """The tokens that calls for a team are made with."""

    def __init__(
        self, db: Database, api: SlackApi, clock: Clock, client: tuple[str, SecretStr], owner: Owner | None
    ) -> None:
        self._db = db
        self._api = api
        self._clock = clock
        self._client = client
        self._owner = owner  # none: nothing is renewed here

    async def of(self, account: str) -> str | None:
        """Return the token of a team, or of the organisation that it belongs to.

        None where it gave none, or where it took the app out and the operator's own may be for it.

        Raises:
            DestinationRefused: the app was taken out, or its token ran out.
            DestinationUnavailable: it is being renewed.
        """
        try:
            found = await self._installation(account)
        except SealBroken as error:
            raise DestinationRefused("{why}", hint=error.hint, of_account=True, why=error.message) from None
        if found is None or (found.closed is not None and self._api.has_own):
            return None
        if found.tokens is not None and self._is_over(found.tokens):
            found = await self._renewed_here(found)
        if found.tokens is None or self._is_over(found.tokens):
            raise DestinationRefused("{why}", hint=INSTALL_AGAIN, of_account=True, why=found.problem or _RUN_OUT)
        return found.tokens.access

    async def teams(self) -> Sequence[str]:
        """Return the accounts that have the app installed."""
        return [one.account for one in await self._db.installations.all(Platform.SLACK) if one.closed is None]

    async def exchanged(self, more: Mapping[str, str]) -> Mapping[str, Any]:
        """Return what Slack gives for a code or what renews a token. Raises DeliveryError."""
        id, secret = self._client
        told = {"client_id": id, "client_secret": secret.get_secret_value(), **more}
        return (await self._api.ask("oauth.v2.access", told)).data

    async def leave(self, token: str) -> None:
        """Take the app out of the team of a token. Raises DeliveryError."""
        id, secret = self._client
        await self._api.leave(token, {"client_id": id, "client_secret": secret.get_secret_value()})

    def read(self, given: Mapping[str, Any]) -> Tokens:
        """Return the tokens that Slack gave. Raises DestinationUnavailable where it gave none."""
        access, refresh, lifetime = given.get("access_token"), given.get("refresh_token"), given.get("expires_in")
        if not isinstance(access, str) or not access or given.get("token_type") != "bot":
            raise DestinationUnavailable("Slack gave no token.")
        expires = self._clock.now() + timedelta(seconds=lifetime) if isinstance(lifetime, int) and lifetime else None
        return Tokens(access, refresh if isinstance(refresh, str) and refresh else None, expires)

    async def look(self) -> None:
        """Renew what runs out within hours; where Slack is slow, the rest has its turn a minute later."""
        until = self._clock.monotonic() + _ROUND
        for found in await self._db.installations.all(Platform.SLACK):
            if self._clock.monotonic() < until:
                await self._renew(found)

    async def _installation(self, account: str) -> Installation | None:
        found = await self._db.installations.of(Platform.SLACK, account)
        organisation, whole, _ = account.partition(".")
        if found is not None or not whole:
            return found
        return await self._db.installations.of(Platform.SLACK, organisation)

    def _is_over(self, tokens: Tokens) -> bool:
        return tokens.expires is not None and self._clock.now() >= tokens.expires - _LAST

    async def _renewed_here(self, found: Installation) -> Installation:
        """Return an installation whose token ran out while no process was there, once it was renewed."""
        until = self._clock.monotonic() + _PATIENCE
        while self._can_renew(found) and found.tokens is not None and self._is_over(found.tokens):
            if self._clock.monotonic() >= until:
                raise DestinationUnavailable("The token of {team} is being renewed.", team=found.account)
            if not await self._renew(found):
                await self._clock.sleep(_PAUSE)
            found = await self._installation(found.account) or found
        return found

    def _can_renew(self, found: Installation) -> bool:
        return self._owner is not None and found.renews

    async def _renew(self, found: Installation) -> bool:
        """Have the tokens of a team renewed, if it is time, and nobody else does; tell whether they were."""
        if self._owner is None or not found.renews or found.tokens is None or found.tokens.expires is None:
            return False
        if self._clock.now() < found.tokens.expires - timedelta(seconds=_AHEAD):
            return False
        held = await self._db.installations.claim(found, self._owner.id, self._owner.is_alive, _AHEAD, _LEASE)
        return held is not None and await self._to_its_end(self._asked(held))

    async def _to_its_end(self, work: Coroutine[Any, Any, bool]) -> bool:
        """Do something whole also where we are stopped meanwhile: an answer that nobody stores is lost for good."""
        task = asyncio.create_task(work)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait({task}, timeout=_GRACE)
            raise

    async def _asked(self, held: Installation) -> bool:
        """Ask Slack for new tokens, and keep them; tell whether there are some."""
        try:
            told = {"grant_type": "refresh_token", "refresh_token": (held.tokens and held.tokens.refresh) or ""}
            await self._kept(held, self.read(await self.exchanged(told)))
            return True
        except LostLease:
            _log.info("the token of Slack's team %s is another one by now", held.account)
        except DeliveryError as error:
            await self._not_renewed(held, error)
        return False

    async def _kept(self, held: Installation, tokens: Tokens) -> None:
        """Store new tokens, also where the storage is busy for a while: there are no others. Raises LostLease."""
        for pause in (*_STORED_AGAIN, None):
            try:
                await self._db.installations.renewed(held, tokens)
            except (StorageBusy, StorageBroken):
                if pause is None:
                    raise
                await self._clock.sleep(pause)
            else:
                _log.info("the token of Slack's team %s was renewed", held.account)
                return

    async def _not_renewed(self, held: Installation, error: DeliveryError) -> None:
        """Note why, and tell an owner where nothing but installing again helps."""
        _log.warning("the token of Slack's team %s was not renewed: %s", held.account, error)
        over = isinstance(error, SlackError) and error.code in _OVER
        refused = isinstance(error, SlackError)
        again = None if over else _LATER if refused else max(_SOON, error.retry_after or 0.0)
        try:
            await self._db.installations.not_renewed(held, error.message if refused else None, again)
        except LostLease:
            return
        if over:
            async with self._db.write(held.workspace) as stores:
                await tell(stores, None, _TITLE, Message(_WHY.text, {"why": error.message}), INSTALL_AGAIN)
